import { Inject, type Type } from '@nestjs/common';
import { Extensions, Resolver } from '@nestjs/graphql';
import {
  Clock,
  DecisionContext,
  EventLog,
  field,
  Journal,
  type ClosedJournal,
  type Report,
  type Subscription,
} from '@baton/kernel';
import { ReadModels, referenceInstantOf, type AsOf, type Connection, type PageQuestion } from '../documents';
import { CATALOGUE, SENDERS } from '../platform.module';
import type { FollowContext, ReportContext } from '../report';
import type { EventCatalogue } from '../catalogue';
import { Runner, type Sender } from '../runner';
import { checkArguments, defaultsOf, withoutAbsent } from '../arguments';
import type { Asked } from './caller';
import { pageArguments, type QueryArgument } from './connection';
import { Heavy } from './heavy';
import { NodeLoader } from './nodes';
import {
  argumentsOfFields,
  atCut,
  nodeTypes,
  objectTypeOf,
  pageAtCut,
  pageTypeOf,
  valueTypeOf,
  withCut,
} from './object-types';
import { addQuery, readArguments } from './queries';

const argumentsOf = ({ arguments: fields, page, asOf }: Report): readonly QueryArgument[] => [
  ...argumentsOfFields(fields),
  ...(page ? pageArguments : []),
  ...(asOf === false ? [] : readArguments),
];

const afterArgument = {
  after: field.text('Continue after this position (that of the last received answer). Without it, start from now.', {
    optional: true,
    max: 100,
  }),
} as const;

/** The queries of reports, and the subscriptions. */
export const reportsOf = (reports: readonly Report[], subscriptions: readonly Subscription[]): Type<unknown> => {
  @Resolver()
  class Reports {
    constructor(
      @Inject(ReadModels) readonly live: ReadModels,
      @Inject(EventLog) readonly log: EventLog,
      @Inject(Journal) readonly journal: ClosedJournal,
      @Inject(Clock) readonly clock: Clock,
      @Inject(DecisionContext) readonly context: DecisionContext,
      @Inject(Runner) readonly runner: Runner,
      @Inject(CATALOGUE) readonly catalogue: EventCatalogue,
      @Inject(SENDERS) readonly senders: readonly Sender[],
    ) {}

    async ask(report: Report, { question: { atLeast: _, asOf, ...given }, caller, reads }: Asked): Promise<unknown> {
      const { first, after, last, before, ...rest } = given;
      const cut = asOf as AsOf | undefined;
      const question = { ...defaultsOf(report.arguments), ...withoutAbsent(report.page ? rest : given) };
      checkArguments(report.arguments, question);
      if (report.flushes) await this.runner.waitForAll();
      const { clock } = this;
      const known: ReportContext = {
        ...{ models: this.live.asOf(cut), live: this.live, at: referenceInstantOf(cut, clock), caller, reads },
        page: (report.page ? { first, after, last, before } : {}) as PageQuestion,
        ...(cut && { cut }),
        sources: this,
      };
      const answer = await report.ask(question as never, known as never);
      const { entity } = report.answer.options;
      if (!entity || answer === null) return this.answer(report, answer, cut);
      return new NodeLoader(this.live, clock).load(entity, answer as string, withCut(cut), caller);
    }

    follow(
      { arguments: fields, follow }: Subscription,
      { question: given, caller, reads, signal }: Asked,
    ): AsyncIterable<unknown> {
      const { after, ...asked } = withoutAbsent(given);
      const question = { ...defaultsOf(fields), ...asked };
      checkArguments({ ...fields, ...afterArgument }, { ...question, after });
      const from = typeof after === 'string' ? { after } : {};
      const known: FollowContext = { models: this.live, caller, reads, sources: this, signal: signal!, ...from };
      return follow(question as never, known as never);
    }

    private answer({ page }: Report, given: unknown, cut: AsOf | undefined): unknown {
      return page ? pageAtCut(given as Connection<unknown>, cut) : atCut(given, cut);
    }
  }
  const target = Reports.prototype as unknown as Record<string, unknown>;
  for (const report of reports) {
    const { name, description, allow, heavy, flushes, answer, page } = report;
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
      function (this: Reports, asked: Asked) {
        return this.ask(report, asked);
      } as never,
    );
    if (flushes) Extensions({ flushes })(target, name);
    if (heavy) Heavy({ ofLog: heavy === 'log' })(target, name, Object.getOwnPropertyDescriptor(target, name)!);
  }
  for (const one of subscriptions) {
    const of = objectTypeOf(one.answer); // as above
    const { name, description, allow } = one;
    addQuery(
      target,
      name,
      { type: () => of, description, allow, subscribes: true },
      argumentsOfFields({ ...one.arguments, ...afterArgument }),
      function (this: Reports, asked: Asked) {
        return this.follow(one, asked);
      } as never,
    );
  }
  return Reports;
};
