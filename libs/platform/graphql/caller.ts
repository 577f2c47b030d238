import {
  createParamDecorator,
  Injectable,
  SetMetadata,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { GqlExecutionContext } from '@nestjs/graphql';
import {
  Conflict,
  isSealed,
  Refused,
  roles,
  type Contribution,
  type Journal,
  type Json,
  type Role,
  type Sealed,
} from '@baton/kernel';
import DataLoader from 'dataloader';
import {
  getNamedType,
  getNullableType,
  isInputObjectType,
  type GraphQLInputType,
  type GraphQLResolveInfo,
} from 'graphql';
import { readsPersonal, type CallerIdentity } from '../access';
import { StreamStarts, Runner } from '../runner';
import { resolveAsOf, type AsOfInput } from './connection';
import { CallerTurns } from '../caller-turns';

const ALLOWED = 'baton:allowed';

/** Which roles may use a query or mutation. One without this decorator is refused to everybody. */
export const Allow = (...allowed: readonly Role[]) => SetMetadata(ALLOWED, allowed);

/** Any caller that has a key. */
export const everyRole: readonly Role[] = roles;

/** Loads the nodes that ids lead to, for one request. */
export interface Nodes {
  load(node: string, id: string, parent: object, caller: CallerIdentity | undefined): Promise<object | null>;
  /** What a context contributes to a node; undefined for none. */
  contributed(contribution: Contribution, node: object): Promise<Readonly<Record<string, unknown>> | undefined>;
}
export interface GraphqlContext {
  readonly caller?: CallerIdentity;
  /** Why the key that was sent is not taken. */
  readonly refusal?: Error;
  readonly open: OpenSealed;
  readonly nodes: Nodes;
  readonly reply?: { readonly raw: { readonly destroyed: boolean } };
}

/** Opens a sealed value; undefined: the person was erased. */
export type OpenSealed = (value: Sealed) => Promise<Json | undefined>;
/** For one request: what is asked for at once, a page of people, is opened with one call of the key store. */
export const openSealedWith = (journal: Journal): OpenSealed => {
  const loader = new DataLoader<Sealed, Json | undefined>((values) => journal.open(values), { cache: false });
  return (value) => loader.load(value);
};

/** The caller of a query or mutation. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const { caller } = GqlExecutionContext.create(context).getContext<GraphqlContext>();
  if (!caller) throw unauthenticated();
  return caller;
});

/** The refusal of a request without a key or token. */
export const unauthenticated = () =>
  new Refused('access/unauthenticated', 'Send a key in the header Authorization: Bearer baton_…', 'authorization');

/** @returns the refusal of a caller who has none of the roles and is no admin */
export const accessRefusal = (
  { roles }: Pick<CallerIdentity, 'roles'>,
  allowed: readonly Role[],
): Refused | undefined =>
  roles.some((role) => role === 'admin' || allowed.includes(role))
    ? undefined
    : new Refused('access/denied', `This requires one of the roles: ${allowed.join(', ') || 'none is allowed'}.`);

/** Denies by default: a field needs `@Allow`, the caller one of its roles. Plain HTTP routes are health and GraphiQL. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType<string>() !== 'graphql') return true;
    const { caller, refusal } = GqlExecutionContext.create(context).getContext<GraphqlContext>();
    if (refusal) throw refusal;
    if (!caller) throw unauthenticated();
    const allowed = this.reflector.get<readonly Role[] | undefined>(ALLOWED, context.getHandler()) ?? [];
    const denied = accessRefusal(caller, allowed);
    if (denied) throw denied;
    return true;
  }
}

/** A value of personal data: opened here, and null for callers who do not work with leads by name. */
export const openPersonal = (value: unknown, { caller, open }: GraphqlContext): unknown => {
  if (!caller || !readsPersonal(caller)) return null;
  return isSealed(value) ? open(value) : value;
};

interface CommonArgs {
  readonly atLeast?: string;
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
    const [value, path, of] = [given[name], `${parent}${name}`, getNullableType(type)];
    if (mayBeEmpty(name, type)) continue;
    if (value === '')
      throw new Refused('graphql/invalid-argument', `${path} must not be empty; leave it out or give a value.`, path);
    if (isInputObjectType(of) && typeof value === 'object' && value !== null)
      refuseEmptyTexts(Object.values(of.getFields()), value as Readonly<Record<string, unknown>>, `${path}.`);
  }
};

/**
 * Read your writes: a query with `atLeast` waits until the read models have come that far. Of a cut, days
 * become instants, and a position stands for that of its last event. Then each field at the root of
 * a query begins in a turn of its own: what the embedded stores answer, and what is made of it, is one piece of work.
 */
@Injectable()
export class ReadYourWrites implements NestInterceptor {
  private readonly turns = new CallerTurns(1);

  constructor(
    private readonly runner: Runner,
    private readonly beginnings: StreamStarts,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler) {
    if (context.getType<string>() === 'graphql') {
      const graphql = GqlExecutionContext.create(context);
      const args = graphql.getArgs<CommonArgs>();
      const { fieldName, operation, parentType } = graphql.getInfo<GraphQLResolveInfo>();
      if (operation.operation !== 'mutation')
        refuseEmptyTexts(parentType.getFields()[fieldName]!.args, graphql.getArgs());
      const { atLeast } = args;
      if (atLeast !== undefined) await this.runner.waitFor(atLeast);
      const { caller, reply } = graphql.getContext<GraphqlContext>();
      if (operation.operation === 'query') {
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
    return next.handle();
  }
}
