import { registerEnumType } from '@nestjs/graphql';
import type { Enumeration } from '@baton/kernel';

const registered = new Map<string, { readonly of: Enumeration; readonly words: object }>();

/** The GraphQL name of a word: `handed-off` is HANDED_OFF. */
export const wordOf = (value: string): string => value.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');

/** The GraphQL enum of some words, for inputs and answers alike: `handed-off` is HANDED_OFF outside and itself within. */
export const enumOf = <V extends string>(of: Enumeration<V>): Readonly<Record<string, V>> => {
  const { name, description, meanings, values } = of;
  const known = registered.get(name);
  if (known && known.of !== of) throw new Error(`two enumerations are called ${name}`);
  if (known) return known.words as Readonly<Record<string, V>>;
  const words = Object.fromEntries(values.map((value) => [wordOf(value), value]));
  const valuesMap = Object.fromEntries(values.map((value) => [wordOf(value), { description: meanings[value] }]));
  registerEnumType(words, { name, description, valuesMap });
  registered.set(name, { of, words });
  return words;
};
