import { Args, Extensions, Query, Subscription } from '@nestjs/graphql';
import type { Role } from '@baton/kernel';
import { GraphQLString } from 'graphql';
import type { CallerIdentity } from '../access';
import { Allow, Caller } from './caller';
import { AsOfInput, type QueryArgument } from './connection';
import { EndSignal } from './subscriptions';

/** The arguments of every query over read models. */
export const readArguments: readonly QueryArgument[] = [
  ['asOf', AsOfInput, 'Answer as of a past point.'],
  [
    'atLeast',
    GraphQLString,
    'Wait until the read models contain everything up to this position (from the answer of a mutation).',
  ],
];

/**
 * Adds a query or a subscription to a resolver class: its arguments are given to the method as one object, then the caller,
 * then the signal that ends a subscription.
 */
export const addQuery = (
  target: Record<string, unknown>,
  name: string,
  {
    type,
    nullable = false,
    description,
    allow,
    contributed = [],
    subscribes = false,
  }: {
    type: () => unknown;
    nullable?: boolean;
    description: string;
    allow: readonly Role[];
    /** Fields of a list whose filters, orders and facets make it heavy. */
    contributed?: readonly string[];
    subscribes?: boolean;
  },
  given: readonly QueryArgument[],
  answer: (
    this: never,
    question: Readonly<Record<string, unknown>>,
    caller: CallerIdentity,
    signal: AbortSignal,
  ) => unknown,
): void => {
  const property = subscribes ? `${name} changes` : name; // a query may have the same name
  const names = given.map(([argument]) => argument);
  const method = function (this: never, ...values: unknown[]) {
    const question = Object.fromEntries(names.map((argument, place) => [argument, values[place]]));
    const [caller, signal] = values.slice(names.length) as [CallerIdentity, AbortSignal];
    return answer.call(this, question, caller, signal);
  };
  Object.defineProperty(target, property, { value: method, writable: true, configurable: true });
  given.forEach(([argument, of, text, required = false], place) =>
    Args(argument, { type: () => of as never, nullable: !required, description: text })(target, property, place),
  );
  Caller()(target, property, names.length);
  if (subscribes) EndSignal()(target, property, names.length + 1);
  Reflect.defineMetadata('design:paramtypes', Array(names.length + 2).fill(Object), target, property);
  const descriptor = Object.getOwnPropertyDescriptor(target, property)!;
  const options = { name, nullable, description };
  if (subscribes)
    Subscription(() => type() as never, { ...options, resolve: (one: unknown) => one })(target, property, descriptor);
  else Query(() => type() as never, options)(target, property, descriptor);
  Allow(...allow)(target, property, descriptor);
  if (contributed.length > 0) Extensions({ contributed })(target, property);
};
