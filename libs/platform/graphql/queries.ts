import type { Type } from '@nestjs/common';
import { Extensions, Query, Subscription } from '@nestjs/graphql';
import type { Role } from '@baton/kernel';
import { GraphQLString, type GraphQLResolveInfo } from 'graphql';
import { Allow, askedOf, type Asked, type GraphqlContext } from './caller';
import { AsOfInput, declareArguments, type QueryArgument } from './connection';

/** The arguments of every query over read models. */
export const readArguments: readonly QueryArgument[] = [
  ['asOf', AsOfInput, 'Answer as of a past point.'],
  [
    'atLeast',
    GraphQLString,
    'Wait until the read models contain everything up to this position (from the answer of a mutation).',
  ],
];

/** Adds a query or a subscription to a resolver class. */
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
  answer: (this: never, asked: Asked) => unknown,
): void => {
  const property = subscribes ? `${name} changes` : name; // a query may have the same name
  // Without decorators of its parameters Nest gives a method what GraphQL gives it.
  const method = function (
    this: never,
    _: unknown,
    question: Asked['question'],
    context: GraphqlContext,
    info: GraphQLResolveInfo,
  ) {
    return answer.call(this, askedOf(question, context, info));
  };
  Object.defineProperty(target, property, { value: method, writable: true, configurable: true });
  declareArguments(target.constructor as Type<unknown>, property, given);
  const descriptor = Object.getOwnPropertyDescriptor(target, property)!;
  const options = { name, nullable, description };
  if (subscribes)
    Subscription(() => type() as never, { ...options, resolve: (one: unknown) => one })(target, property, descriptor);
  else Query(() => type() as never, options)(target, property, descriptor);
  Allow(...allow)(target, property, descriptor);
  if (contributed.length > 0) Extensions({ contributed })(target, property);
};
