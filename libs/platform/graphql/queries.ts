import { Args, Extensions, Query } from '@nestjs/graphql';
import type { Role } from '@baton/kernel';
import { GraphQLString } from 'graphql';
import type { CallerIdentity } from '../access';
import { Allow, Caller } from './caller';
import { AsOfInput, type QueryArgument } from './connection';

/** The arguments of every query over read models. */
export const readArguments: readonly QueryArgument[] = [
  ['asOf', AsOfInput, 'Answer as of a past point.'],
  [
    'atLeast',
    GraphQLString,
    'Wait until the read models contain everything up to this position (from the answer of a mutation).',
  ],
];

/** Adds a query to a resolver class: its arguments are given to the method as one object, then the caller. */
export const addQuery = (
  target: Record<string, unknown>,
  name: string,
  {
    type,
    nullable = false,
    description,
    allow,
    contributed = [],
  }: {
    type: () => unknown;
    nullable?: boolean;
    description: string;
    allow: readonly Role[];
    /** Fields of a list whose filters, orders and facets make it heavy. */
    contributed?: readonly string[];
  },
  given: readonly QueryArgument[],
  answer: (this: never, question: Readonly<Record<string, unknown>>, caller: CallerIdentity) => unknown,
): void => {
  const names = given.map(([argument]) => argument);
  const method = function (this: never, ...values: unknown[]) {
    const question = Object.fromEntries(names.map((argument, place) => [argument, values[place]]));
    return answer.call(this, question, values[names.length] as CallerIdentity);
  };
  Object.defineProperty(target, name, { value: method, writable: true, configurable: true });
  given.forEach(([argument, of, text, required = false], place) =>
    Args(argument, { type: () => of as never, nullable: !required, description: text })(target, name, place),
  );
  Caller()(target, name, names.length);
  Reflect.defineMetadata('design:paramtypes', Array(names.length + 1).fill(Object), target, name);
  const descriptor = Object.getOwnPropertyDescriptor(target, name)!;
  Query(() => type() as never, { name, nullable, description })(target, name, descriptor);
  Allow(...allow)(target, name, descriptor);
  if (contributed.length > 0) Extensions({ contributed })(target, name);
};
