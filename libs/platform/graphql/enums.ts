import { registerEnumType } from '@nestjs/graphql';

/**
 * The GraphQL enum of some words: `handed-off` is HANDED_OFF outside and itself within.
 * @param meanings what each is, in words
 */
export const enumOf = <V extends string>(
  name: string,
  description: string,
  meanings: Readonly<Record<V, string>>,
): Readonly<Record<string, V>> => {
  const values = Object.keys(meanings) as V[];
  const outside = (value: V) => value.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
  const words = Object.fromEntries(values.map((value) => [outside(value), value]));
  const valuesMap = Object.fromEntries(values.map((value) => [outside(value), { description: meanings[value] }]));
  registerEnumType(words, { name, description, valuesMap });
  return words;
};
