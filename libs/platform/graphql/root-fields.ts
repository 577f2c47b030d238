import { Conflict, Refused, type EventLog, type Position, type Role } from '@baton/kernel';
import {
  defaultFieldResolver,
  getNamedType,
  getNullableType,
  isInputObjectType,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLInputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql';
import { CallerTurns } from '../caller-turns';
import type { Runner, StreamStarts } from '../runner';
import { traced } from '../telemetry';
import { accessRefusal, unauthenticated, type GraphqlContext } from './caller';
import { resolveAsOf, type AsOfInput } from './connection';

interface CommonArgs {
  readonly atLeast?: Position;
  /** Of a subscription the position of the last answer, of a query a cursor. */
  readonly after?: string;
  readonly timeZone?: string;
  readonly input?: { readonly timeZone?: string };
  asOf?: AsOfInput | null;
}

/** A position of the log, whose beginning is '', and texts of filters, which have refusals of their own. */
const mayBeEmpty = (name: string, type: GraphQLInputType): boolean =>
  name === 'after' || getNamedType(type).name.endsWith('Filter');

/**
 * An empty text is neither a value nor absent: a question that took it for absent would answer another question.
 * @throws Refused `graphql/invalid-argument` with the path of the argument
 */
const refuseEmptyTexts = (
  inputs: readonly { readonly name: string; readonly type: GraphQLInputType }[],
  given: Readonly<Record<string, unknown>>,
  parent = '',
): void => {
  for (const { name, type } of inputs) {
    const value = given[name];
    if (value === undefined || mayBeEmpty(name, type)) continue;
    const [path, of] = [`${parent}${name}`, getNullableType(type)];
    if (value === '')
      throw new Refused('graphql/invalid-argument', `${path} must not be empty; leave it out or give a value.`, path);
    if (isInputObjectType(of) && typeof value === 'object' && value !== null)
      refuseEmptyTexts(Object.values(of.getFields()), value as Readonly<Record<string, unknown>>, `${path}.`);
  }
};

/**
 * What comes before each field at the root of an operation is answered. It stands in the schema, around whatever answers the
 * field: what Nest has for it makes an observable, a dozen promises and a class in V8's old heap for each.
 */
export class RootFields {
  private readonly turns = new CallerTurns(1);

  constructor(
    private readonly runner: Pick<Runner, 'saveChanges' | 'waitFor'>,
    private readonly beginnings: Pick<StreamStarts, 'recordedAt'>,
    private readonly log: Pick<EventLog, 'assertPosition'>,
  ) {}

  /** Puts it before every field at the root, however that was made. */
  before(schema: GraphQLSchema): GraphQLSchema {
    for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()])
      for (const field of Object.values(root?.getFields() ?? {}))
        if (root === schema.getSubscriptionType()) field.subscribe = this.around(field, field.subscribe!);
        else field.resolve = this.around(field, field.resolve ?? defaultFieldResolver);
    return schema;
  }

  /**
   * Denies by default: a field needs `Allow`, the caller one of its roles. Then it is made ready, and answered in a span.
   */
  private around(
    { name, args: declared, extensions }: GraphQLField<unknown, unknown>,
    answer: GraphQLFieldResolver<unknown, unknown>,
  ): GraphQLFieldResolver<unknown, unknown> {
    const allowed = (extensions['allowed'] ?? []) as readonly Role[];
    return async (source, args: CommonArgs, context, info) => {
      const { caller, refusal } = context as GraphqlContext;
      if (refusal) throw refusal;
      if (!caller) throw unauthenticated();
      const denied = accessRefusal(caller, allowed);
      if (denied) throw denied;
      return traced(`graphql ${info.parentType.name}.${name}`, {}, async () => {
        if (info.operation.operation !== 'mutation')
          refuseEmptyTexts(declared, args as Readonly<Record<string, unknown>>);
        await this.prepare(args, context as GraphqlContext, info);
        return answer(source, args, context, info);
      });
    };
  }

  /**
   * Read your writes: a query with `atLeast` waits until the read models have come that far; any other sees what they have
   * folded. Of a cut, days become instants, and a position stands for that of its last event. Then each field at the root
   * of a query begins in a turn of its own: what the embedded stores answer, and what is made of it, is one piece of work.
   */
  private async prepare(
    args: CommonArgs,
    { caller, reply }: GraphqlContext,
    { operation: { operation } }: GraphQLResolveInfo,
  ): Promise<void> {
    const after = operation === 'subscription' ? args.after : undefined;
    for (const [path, position] of Object.entries({ atLeast: args.atLeast, 'asOf.knownAt': args.asOf?.knownAt, after }))
      if (position !== undefined) this.log.assertPosition(position, path);
    if (args.atLeast !== undefined) await this.runner.waitFor(args.atLeast);
    else if (operation !== 'mutation') await this.runner.saveChanges();
    if (operation !== 'query') return;
    await this.turns.next(caller?.actor ?? '');
    // The object may be a variable that other fields share: it is replaced, not changed.
    if (args.asOf)
      args.asOf = await resolveAsOf(args.asOf, args.timeZone ?? args.input?.timeZone, (at) =>
        this.beginnings.recordedAt(at),
      );
    if (reply?.raw.destroyed)
      throw new Conflict('query/cancelled', 'The client closed the connection before the answer.');
  }
}
