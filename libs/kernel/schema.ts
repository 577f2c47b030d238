import { FormatRegistry, Type, type Static, type TSchema } from '@sinclair/typebox';
import { isCurrency, type Money } from './money';
import { isDay, isInstant } from './time';

/**
 * The fields that events and commands are made of. One object gives the type, the check, the encryption, the event
 * catalogue, the GraphQL input and the import mapping. Every builder takes a description: it is the manual.
 */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type { Static, TSchema };

FormatRegistry.Set('instant', isInstant);
FormatRegistry.Set('day', isDay);
FormatRegistry.Set('currency', isCurrency);

/** What an id may look like: it becomes part of a stream's name and of addresses. */
export const ID_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$';

interface TextOptions {
  readonly max?: number;
  readonly min?: number;
  readonly pattern?: string;
}

export const text = (description = '', { max = 2000, min = 0, pattern }: TextOptions = {}) =>
  Type.String({ description, maxLength: max, minLength: min, ...(pattern && { pattern }) });
export const integer = (description = '', { min, max }: { min?: number; max?: number } = {}) =>
  Type.Integer({ description, minimum: min ?? Number.MIN_SAFE_INTEGER, maximum: max ?? Number.MAX_SAFE_INTEGER });
export const real = (description = '', { min, max }: { min?: number; max?: number } = {}) =>
  Type.Number({ description, ...(min !== undefined && { minimum: min }), ...(max !== undefined && { maximum: max }) });
export const flag = (description = '') => Type.Boolean({ description });
export const instant = (description = '') => Type.String({ description, format: 'instant' });
export const day = (description = '') => Type.String({ description, format: 'day' });
/** One of some words. The pattern is what checks; `enum` is for whoever reads the schema. */
export const oneOf = <const V extends readonly string[]>(values: V, description = '') =>
  Type.Unsafe<V[number]>(
    Type.String({
      description,
      enum: [...values],
      pattern: `^(${values.map((value) => value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})$`,
    }),
  );
export const money = (description = '') =>
  Type.Unsafe<Money>(
    Type.Object(
      {
        minor: Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
        currency: Type.String({ format: 'currency' }),
      },
      { description, money: true, additionalProperties: false },
    ),
  );
/** An id of another stream, `lead`, `opportunity` …; the case file of that subject shows the event. */
export const ref = (kind: string, description = `The ${kind}.`) =>
  Type.String({ description, pattern: ID_PATTERN, ref: kind });
export const list = <S extends TSchema>(items: S, description = '', { max = 500 }: { max?: number } = {}) =>
  Type.Array(items, { description, maxItems: max });
export const object = <F extends Record<string, TSchema>>(fields: F, description = '') =>
  Type.Object(fields, { description, additionalProperties: false });
/** Free JSON, checked by whoever gives it a meaning (a definition's body by its kind). */
export const json = (description = '') => Type.Unsafe<Json>(Type.Unknown({ description, json: true }));
export const optional = <S extends TSchema>(schema: S) => Type.Optional(schema);
/**
 * Encrypted in log and read models with the key of the person that `leadId` names. In events always
 * `optional(personal(…))`: an erasure removes it.
 */
export const personal = <S extends TSchema>(schema: S): S & Personal => ({ ...schema, personal: true });
export interface Personal {
  readonly personal: true;
}

/** The place and reason of the first fault of a value, in words a caller can act on. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}
