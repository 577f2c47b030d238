import { Inject, type Type } from '@nestjs/common';
import { Resolver } from '@nestjs/graphql';
import {
  Clock,
  DecisionContext,
  EventLog,
  Journal,
  isCurrency,
  Refused,
  unknownCurrency,
  type Field,
  type Fields,
  type Report,
} from '@baton/kernel';
import type { CallerIdentity } from '../access';
import { ReadModels, referenceInstantOf, type AsOf, type Connection, type PageQuestion } from '../documents';
import { CATALOGUE, SENDERS, type EventCatalogue } from '../platform.module';
import type { ReportContext } from '../report';
import { Runner, type Sender } from '../runner';
import { pageArguments } from './connection';
import { wordOf } from './enums';
import { Heavy } from './heavy';
import { NodeLoader } from './nodes';
import { argumentTypeOf, atCut, nodeTypes, pageAtCut, pageTypeOf, valueTypeOf, withCut } from './object-types';
import { addQuery, readArguments, type QueryArgument } from './queries';

const MAX_LENGTH: Readonly<Partial<Record<Field['kind'], number>>> = { id: 128, text: 500, dayOrInstant: 50 };
const MAX_ITEMS = 100;

/** @throws Refused `graphql/invalid-argument`, `money/unknown-currency` with the path of the argument at fault */
export const checkArguments = (fields: Fields, given: Readonly<Record<string, unknown>>, path = ''): void => {
  for (const [name, field] of Object.entries(fields)) {
    const value = given[name];
    if (value === undefined || value === null) continue;
    const values = field.options.list ? (value as readonly unknown[]) : [value];
    const refuse = (what: string) => new Refused('graphql/invalid-argument', `${name} ${what}.`, `${path}${name}`);
    if (values.length > MAX_ITEMS) throw refuse(`takes at most ${MAX_ITEMS} items`);
    for (const one of values) checkValue(field, one, `${path}${name}`, refuse);
  }
};
const checkValue = (
  { kind, options, object }: Field,
  value: unknown,
  path: string,
  refuse: (what: string) => Refused,
): void => {
  const { min = -Infinity, max = MAX_LENGTH[kind] ?? Infinity } = options;
  if (object) checkArguments(object.fields, value as Readonly<Record<string, unknown>>, `${path}.`);
  if (kind === 'currency' && !isCurrency(value as string)) throw unknownCurrency(value as string, path);
  if (kind === 'id' && value === '') throw refuse('must not be empty');
  if (typeof value === 'string' && value.length > max) throw refuse(`must have at most ${max} characters`);
  if (typeof value === 'number' && (value < min || value > max))
    throw refuse(
      Number.isFinite(min) && Number.isFinite(max)
        ? `must be from ${min} to ${max}`
        : Number.isFinite(min)
          ? `must be at least ${min}`
          : `must be at most ${max}`,
    );
  if (kind === 'filter') {
    const {
      in: among = [],
      notIn = [],
      startsWith = '',
    } = value as Readonly<Record<'in' | 'notIn', string[]>> & { readonly startsWith?: string };
    if (Math.max(among.length, notIn.length) > MAX_ITEMS) throw refuse(`takes at most ${MAX_ITEMS} values in a list`);
    if ([...among, ...notIn, startsWith].some(({ length }) => length > MAX_LENGTH.text!))
      throw refuse(`takes values of at most ${MAX_LENGTH.text} characters`);
  }
};

/** Declared arguments, as a query has them. */
export const argumentsOfFields = (fields: Fields): readonly QueryArgument[] =>
  Object.entries(fields).map(([name, field]) => {
    const { list, optional, nullable, default: value } = field.options;
    const type = argumentTypeOf(field);
    const hint =
      value === undefined ? '' : ` Defaults to ${field.enumeration ? wordOf(String(value)) : String(value)}.`;
    return [name, list ? [type] : type, `${field.description}${hint}`, !optional && !nullable && value === undefined];
  });
const argumentsOf = ({ arguments: fields, page, asOf }: Report): readonly QueryArgument[] => [
  ...argumentsOfFields(fields),
  ...(page ? pageArguments.map(([name, type, text]): QueryArgument => [name, type, text]) : []),
  ...(asOf === false ? [] : readArguments),
];

/** The queries of reports. */
export const reportsOf = (reports: readonly Report[]): Type<unknown> => {
  @Resolver()
  class Reports {
    constructor(
      @Inject(ReadModels) readonly live: ReadModels,
      @Inject(EventLog) readonly log: EventLog,
      @Inject(Journal) readonly journal: Journal,
      @Inject(Clock) readonly clock: Clock,
      @Inject(DecisionContext) readonly context: DecisionContext,
      @Inject(Runner) readonly runner: Runner,
      @Inject(CATALOGUE) readonly catalogue: EventCatalogue,
      @Inject(SENDERS) readonly senders: readonly Sender[],
    ) {}

    async ask(
      report: Report,
      { atLeast: _, asOf, ...given }: Readonly<Record<string, unknown>>,
      caller: CallerIdentity,
    ): Promise<unknown> {
      const { first, after, last, before, ...rest } = given;
      const cut = asOf as AsOf | undefined;
      const question = { ...defaultsOf(report), ...withoutAbsent(report.page ? rest : given) };
      checkArguments(report.arguments, question);
      const { log, journal, clock, context, runner, catalogue, senders } = this;
      const known: ReportContext = {
        ...{ models: this.live.asOf(cut), live: this.live, at: referenceInstantOf(cut, clock), caller },
        page: (report.page ? { first, after, last, before } : {}) as PageQuestion,
        ...(cut && { cut }),
        sources: { log, journal, clock, context, runner, catalogue, senders },
      };
      const answer = await report.ask(question as never, known as never);
      const { entity } = report.answer.options;
      if (!entity || answer === null) return this.answer(report, answer, cut);
      return new NodeLoader(this.live, clock).load(entity, answer as string, withCut(cut), caller);
    }

    private answer({ page }: Report, given: unknown, cut: AsOf | undefined): unknown {
      return page ? pageAtCut(given as Connection<unknown>, cut) : atCut(given, cut);
    }
  }
  const target = Reports.prototype as unknown as Record<string, unknown>;
  for (const report of reports) {
    const { name, description, allow, heavy, answer, page } = report;
    const { entity, list } = answer.options;
    if (entity && (list || page))
      throw new Error(`${name} answers ids of nodes; only one can be answered by its node.`);
    const of = entity ? undefined : valueTypeOf(answer); // made here: the schema is built of types that exist by then
    const Page = page && pageTypeOf(answer.object!);
    addQuery(
      target,
      name,
      {
        type: () => Page ?? (entity ? nodeTypes.typeOf(entity) : list ? [of] : of),
        nullable: answer.options.nullable ?? false,
        ...{ description, allow },
      },
      argumentsOf(report),
      function (this: Reports, question: Readonly<Record<string, unknown>>, caller: CallerIdentity) {
        return this.ask(report, question, caller);
      } as never,
    );
    if (heavy) Heavy({ ofLog: heavy === 'log' })(target, name, Object.getOwnPropertyDescriptor(target, name)!);
  }
  return Reports;
};

const defaultsOf = ({ arguments: fields }: Report): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, { options }]) =>
      options.default === undefined ? [] : [[name, options.default]],
    ),
  );
/** Without the arguments that were not given. */
export const withoutAbsent = (given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== null));
