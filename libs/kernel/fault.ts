import type { TObject, TSchema } from '@sinclair/typebox';
import { ValueErrorType, type ValueError } from '@sinclair/typebox/errors';

/** The first validation error of a value: the path, and a message for the caller. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

/** Requirements by format name, in words that follow "must be". */
const formatRequirements = new Map<string, string>();
export const describeFormat = (name: string, requirement: string): void =>
  void formatRequirements.set(name, requirement);

const range = (least: unknown, most: unknown): string => {
  if (least !== undefined && most !== undefined) return ` from ${String(least)} to ${String(most)}`;
  if (least !== undefined) return ` of ${String(least)} or more`;
  return most === undefined ? '' : ` of at most ${String(most)}`;
};
const lengthOf = (least = 0, most: number | undefined, of: string): string => {
  if (most === undefined) return least > 0 ? ` of at least ${least} ${of}` : '';
  return least > 0 ? ` of ${least} to ${most} ${of}` : ` of at most ${most} ${of}`;
};

/** The requirement of a schema, in words that follow "must be". */
const requirementOf = (schema: TSchema): string => {
  if (typeof schema['requirement'] === 'string') return schema['requirement'];
  if (Array.isArray(schema['enum'])) return `one of ${(schema['enum'] as string[]).join(', ')}`;
  if (schema['const'] !== undefined) return `"${String(schema['const'])}"`;
  if (Array.isArray(schema['anyOf'])) return (schema['anyOf'] as TSchema[]).map(requirementOf).join(', or ');
  const words: Readonly<Record<string, () => string>> = {
    string: () =>
      formatRequirements.get(schema['format'] as string) ??
      `a text${lengthOf(schema['minLength'] as number, schema['maxLength'] as number, 'characters')}`,
    integer: () => `a whole number${range(schema['minimum'], schema['maximum'])}`,
    number: () => `a number${range(schema['minimum'], schema['maximum'])}`,
    boolean: () => 'true or false',
    array: () => `a list${lengthOf(schema['minItems'] as number, schema['maxItems'] as number, 'items')}`,
    object: () => {
      const fields = Object.keys((schema as TObject).properties ?? {});
      return fields.length > 0 ? `an object with ${fields.join(', ')}` : 'an object';
    },
  };
  return words[schema['type'] as string]?.() ?? 'given';
};

const messageOf = ({ type, schema }: ValueError, name: string): string => {
  if (type === ValueErrorType.ObjectAdditionalProperties)
    return `${name} is not a known field; the fields are ${Object.keys((schema as TObject).properties).join(', ')}.`;
  if (type === ValueErrorType.ArrayUniqueItems) return `${name} must not contain an item twice.`;
  return `${name} must be ${requirementOf(schema)}.`;
};

/** Turns a TypeBox error into a message for the caller: no pattern, and no term of the library. */
export const faultFrom = (error: ValueError | undefined): Fault => {
  const path = (error?.path ?? '').replace(/^\//, '').replaceAll('/', '.');
  return { path, message: error ? messageOf(error, path || 'The value') : 'The value is not valid.' };
};
