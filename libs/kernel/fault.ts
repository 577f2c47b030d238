import type { TObject, TSchema } from '@sinclair/typebox';
import { ValueErrorType, type ValueError } from '@sinclair/typebox/errors';

/** The place and reason of the first fault of a value, in words a caller can act on. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

/** What a text of a format is, by the format's name, in the words that follow "must be". */
const formatRequirements = new Map<string, string>();
export const describeFormat = (name: string, says: string): void => void formatRequirements.set(name, says);

const range = (least: unknown, most: unknown): string => {
  if (least !== undefined && most !== undefined) return ` from ${String(least)} to ${String(most)}`;
  if (least !== undefined) return ` of ${String(least)} or more`;
  return most === undefined ? '' : ` of at most ${String(most)}`;
};
const lengthOf = (least = 0, most: number | undefined, of: string): string => {
  if (most === undefined) return least > 0 ? ` of at least ${least} ${of}` : '';
  return least > 0 ? ` of ${least} to ${most} ${of}` : ` of at most ${most} ${of}`;
};

/** What a value must be, in the words that follow "must be". */
const requirementOf = (schema: TSchema): string => {
  if (typeof schema['says'] === 'string') return schema['says'];
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
    return `${name} is no field here; there are ${Object.keys((schema as TObject).properties).join(', ')}.`;
  if (type === ValueErrorType.ArrayUniqueItems) return `${name} must name each item once.`;
  return `${name} must be ${requirementOf(schema)}.`;
};

/** A fault that TypeBox found, in the words of whoever gave the value: never a pattern, nor a word of the library. */
export const faultFrom = (error: ValueError | undefined): Fault => {
  const path = (error?.path ?? '').replace(/^\//, '').replaceAll('/', '.');
  return { path, message: error ? messageOf(error, path || 'The value') : 'The value must be another.' };
};
