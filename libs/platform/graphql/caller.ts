import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { Extensions, GqlExecutionContext } from '@nestjs/graphql';
import { isSealed, Refused, roles, type Contribution, type Role } from '@baton/kernel';
import type { GraphQLResolveInfo } from 'graphql';
import type { CallerIdentity, PersonalReads } from '../access';
import type { RequestReads } from './request-reads';

/** Which roles may use a query, mutation or subscription. One without this decorator is refused to everybody. */
export const Allow = (...allowed: readonly Role[]) => Extensions({ allowed });

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
  /** What the caller is shown of people; undefined without a caller. */
  readonly reads?: RequestReads;
  readonly nodes: Nodes;
  readonly reply?: { readonly raw: { readonly destroyed: boolean } };
  /** Of a subscription: aborted when it ends. */
  readonly endController?: AbortController;
}

/** The caller of a query or mutation. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const { caller } = GqlExecutionContext.create(context).getContext<GraphqlContext>();
  if (!caller) throw unauthenticated();
  return caller;
});

/** What a query or subscription is asked, and by whom. */
export interface Asked {
  readonly question: Readonly<Record<string, unknown>>;
  readonly caller: CallerIdentity;
  /** What the caller is shown of people. */
  readonly reads: PersonalReads;
  readonly info: GraphQLResolveInfo;
  /** Aborted when a subscriber is gone; a source of events ends then. Absent for a query. */
  readonly signal: AbortSignal | undefined;
}
/** The same from what GraphQL gives a resolver. */
export const askedOf = (
  question: Asked['question'],
  { caller, reads, endController }: GraphqlContext,
  info: GraphQLResolveInfo,
): Asked => {
  if (!caller || !reads) throw unauthenticated();
  return { question, caller, reads: reads.at(info), info, signal: endController?.signal };
};

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

/** A value of personal data: opened here, and null for callers who may not see it. */
export const openPersonal = (value: unknown, { reads }: GraphqlContext, info: GraphQLResolveInfo): unknown => {
  const own = reads?.at(info);
  if (!reads || !own?.maySeeSome) return null;
  if (!isSealed(value)) return value;
  return own.maySee(value.subject) ? reads.open(value, info) : null;
};
