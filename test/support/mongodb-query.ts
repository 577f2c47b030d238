import type { Document } from 'mongodb';
import { Aggregator } from 'mingo/aggregator';
import { Context, evalExpr, ProcessingMode } from 'mingo/core';
import { Lazy } from 'mingo/lazy';
import * as accumulator from 'mingo/operators/accumulator';
import * as expression from 'mingo/operators/expression';
import * as pipeline from 'mingo/operators/pipeline';
import * as projection from 'mingo/operators/projection';
import * as query from 'mingo/operators/query';
import { Query } from 'mingo/query';
import type { Options } from 'mingo/types';
import { resolve } from 'mingo/util';

/**
 * mingo reads filters, stages and expressions. It does not order values as the server does (text by UTF-8 bytes, values
 * of different types after each other, the fields of a document in their sequence), so whatever compares is replaced.
 */

const RANKS: Readonly<Record<string, number>> = {
  MinKey: 0,
  undefined: 1,
  null: 2,
  number: 3,
  bigint: 3,
  Long: 3,
  Int32: 3,
  Double: 3,
  Decimal128: 3,
  string: 4,
  object: 5,
  array: 6,
  Binary: 7,
  ObjectId: 8,
  boolean: 9,
  Date: 10,
  Timestamp: 11,
  RegExp: 12,
  MaxKey: 13,
};

const kindOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'Date';
  if (value instanceof RegExp) return 'RegExp';
  return (value as { readonly _bsontype?: string })._bsontype ?? 'object';
};
const rankOf = (value: unknown): number => {
  const rank = RANKS[kindOf(value)];
  if (rank === undefined) throw new Error(`The fake MongoDB does not order values of the type ${kindOf(value)}.`);
  return rank;
};

/** The order of BSON values: by type, then by value; a field that is missing (undefined) comes before null. */
export const compareBson = (a: unknown, b: unknown): number => {
  if (a === b) return 0;
  const [rank, other] = [rankOf(a), rankOf(b)];
  if (rank !== other) return rank - other;
  switch (rank) {
    case RANKS['string']:
      return Buffer.compare(Buffer.from(a as string), Buffer.from(b as string));
    case RANKS['object']:
      return compareDocuments(a as Document, b as Document);
    case RANKS['array']:
      return compareLists(a as unknown[], b as unknown[], compareBson);
    case RANKS['Binary']: {
      const [x, y] = [a, b].map((binary) => (binary as { value(): Uint8Array }).value()) as [Uint8Array, Uint8Array];
      return x.length - y.length || Buffer.compare(x, y);
    }
    case RANKS['number']:
    case RANKS['boolean']:
    case RANKS['Date']:
      return Number(a) - Number(b);
    default:
      return String(a) < String(b) ? -1 : Number(String(a) > String(b));
  }
};
const compareLists = <T>(a: readonly T[], b: readonly T[], compare: (x: T, y: T) => number): number => {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const compared = compare(a[i]!, b[i]!);
    if (compared !== 0) return compared;
  }
  return a.length - b.length;
};
const compareDocuments = (a: Document, b: Document): number =>
  compareLists(
    Object.entries(a),
    Object.entries(b),
    ([name, value], [otherName, other]) =>
      rankOf(value) - rankOf(other) || compareBson(name, otherName) || compareBson(value, other),
  );

type Test = (compared: number) => boolean;
const TESTS: Readonly<Record<string, Test>> = {
  $lt: (compared) => compared < 0,
  $lte: (compared) => compared <= 0,
  $gt: (compared) => compared > 0,
  $gte: (compared) => compared >= 0,
};
const equal = (a: unknown, b: unknown): boolean => compareBson(a ?? null, b ?? null) === 0;

/** A condition holds for a value, or for one element of an array. */
const some = (found: unknown, holds: (value: unknown) => boolean): boolean =>
  holds(found) || (Array.isArray(found) && found.some(holds));
const condition =
  (holds: (found: unknown, wanted: unknown) => boolean) =>
  (path: string, wanted: unknown) =>
  (document: unknown): boolean =>
    holds(resolve(document as Document, path, { unwrapArray: true }), wanted);
const isEqual = (found: unknown, wanted: unknown) => some(found, (value) => equal(value, wanted));
const isIn = (found: unknown, wanted: unknown) =>
  (wanted as unknown[]).some((one) =>
    one instanceof RegExp ? some(found, (v) => typeof v === 'string' && one.test(v)) : isEqual(found, one),
  );
/** In a filter values of different types never compare; null stands for a missing value. */
const compares = (test: Test) => (found: unknown, wanted: unknown) =>
  some(found, (value) => rankOf(value ?? null) === rankOf(wanted) && test(compareBson(value ?? null, wanted)));

const conditions = {
  $eq: condition(isEqual),
  $ne: condition((found, wanted) => !isEqual(found, wanted)),
  $in: condition(isIn),
  $nin: condition((found, wanted) => !isIn(found, wanted)),
  ...Object.fromEntries(Object.entries(TESTS).map(([name, test]) => [name, condition(compares(test))])),
};

const ofTwo = (answer: (compared: number) => unknown) => (document: unknown, expr: unknown, options: Options) => {
  const [a, b] = evalExpr(document, expr, options) as [unknown, unknown];
  return answer(compareBson(a, b));
};
const comparisons = {
  $eq: ofTwo((compared) => compared === 0),
  $ne: ofTwo((compared) => compared !== 0),
  $cmp: ofTwo(Math.sign),
  ...Object.fromEntries(Object.entries(TESTS).map(([name, test]) => [name, ofTwo(test)])),
};

/** Ignores null and missing; null if nothing is left. */
const extreme = (sign: 1 | -1) => (documents: unknown[], expr: unknown, options: Options) =>
  accumulator
    .$push(documents as never, expr as never, options)
    .filter((value) => (value ?? null) !== null)
    .reduce<unknown>((best, value) => (best === null || sign * compareBson(value, best) > 0 ? value : best), null);

/** Null and missing are one value and the smallest. Documents that are equal stay as they came. */
const sorted = (documents: readonly Document[], sort: Readonly<Record<string, unknown>>): Document[] => {
  const keys = Object.entries(sort).map(([path, direction]) => {
    if (direction !== 1 && direction !== -1)
      throw new Error(`The fake MongoDB sorts by 1 and -1, not by ${JSON.stringify(direction)}.`);
    return [path, direction] as const;
  });
  const valueOf = (document: Document, path: string): unknown => {
    const value = resolve(document, path) ?? null;
    if (Array.isArray(value)) throw new Error(`The fake MongoDB does not sort by lists: ${path}.`);
    return value;
  };
  return [...documents].sort((a, b) => {
    for (const [path, direction] of keys) {
      const compared = compareBson(valueOf(a, path), valueOf(b, path));
      if (compared !== 0) return direction * compared;
    }
    return 0;
  });
};

type Stage = typeof pipeline.$sort;
const $sort: Stage = (documents, sort) => documents.transform((all) => Lazy(sorted(all as Document[], sort)));
const UNSUPPORTED = ['$lookup', '$graphLookup', '$merge', '$out', '$unionWith', '$facet', '$bucketAuto', '$sample'];
const supported = Object.fromEntries(Object.entries(pipeline).filter(([name]) => !UNSUPPORTED.includes(name)));

const options: Options = {
  idKey: '_id',
  useStrictMode: true,
  scriptEnabled: false,
  failOnError: true,
  processingMode: ProcessingMode.CLONE_OFF,
  context: Context.init({
    accumulator: { ...accumulator, $min: extreme(-1), $max: extreme(1) } as never,
    expression: { ...expression, ...comparisons } as never,
    pipeline: { ...supported, $sort } as never,
    projection: projection as never,
    query: { ...query, ...conditions } as never,
  }),
};

/** @returns whether a document matches the filter; @throws Error for an unknown operator */
export const matcherOf = (filter: Document): ((document: Document) => boolean) => {
  const compiled = new Query(filter, options);
  return (document) => compiled.test(document);
};

/** The result of the stages; the documents themselves are unchanged. */
export const aggregated = (documents: readonly Document[], stages: readonly Document[]): Document[] =>
  stages.length === 0 ? [...documents] : (new Aggregator([...stages], options).run([...documents]) as Document[]);
