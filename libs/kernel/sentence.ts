import type { TSchema } from '@sinclair/typebox';
import { formatMoney, withThousandsSeparators, isCurrency, type MoneySum } from './money';

/** A personal value that the reader cannot see: not permitted, or its person was erased. */
export interface HiddenValue {
  readonly personal: 'sealed' | 'forgotten';
}
export const isHiddenValue = (value: unknown): value is HiddenValue =>
  typeof value === 'object' &&
  value !== null &&
  /^(sealed|forgotten)$/.test(String((value as Partial<HiddenValue>).personal));

/** The sentence of an event type, filled with event data, for auditors. */
export interface Sentence {
  /** @param data of the event; personal values in clear, or `HiddenValue` */
  readonly render: (data: Readonly<Record<string, unknown>>) => string;
  /** The fields whose values the rendered sentence shows: present, visible to the reader, and not only counted. */
  readonly shownFields: (data: Readonly<Record<string, unknown>>) => readonly string[];
}

type Fields = Readonly<Record<string, TSchema>>;
interface TemplateSlot {
  readonly field: string;
  readonly form: 'plain' | 'words' | 'count' | { readonly yes: string; readonly no: string };
}
interface TemplateClause {
  /** Rendered even if a value is missing; otherwise the whole clause is left out. */
  readonly required: boolean;
  readonly parts: readonly (string | TemplateSlot)[];
}

const SLOT = /\{(\w+)(?:\?([^:{}]*):([^{}]*)|:(words|count))?\}/;
const MAX_CHARACTERS = 300;
const MAX_ITEMS = 10;
const MAX_DEPTH = 3;

const clip = (text: string): string => {
  const line = text.replace(/\s+/gu, ' ').trim();
  const characters = [...line.slice(0, 2 * MAX_CHARACTERS)];
  return characters.length > MAX_CHARACTERS ? `${characters.slice(0, MAX_CHARACTERS - 1).join('')}…` : line;
};

/** A code in words: `no-budget` is "no budget", and `e-mail-click` "e-mail click". */
export const codeInWords = (code: string): string => code.replace(/(?<!\be)-/g, ' ');
/** The name of a field in words: `expectedCloseOn` is "expected close on". */
export const fieldInWords = (field: string): string =>
  field.replace(/(?<=[a-z\d])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** A duration for people, `2 h 5 min`. Days are not used, because a day may be one of business hours. */
export const durationInWords = (ms: number): string => {
  const units = [
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
    ['ms', 1],
  ] as const;
  let rest = Math.abs(ms);
  const parts = units.flatMap(([name, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count > 0 ? [`${withThousandsSeparators(count)} ${name}`] : [];
  });
  return parts.length === 0 ? '0 s' : `${ms < 0 ? '−' : ''}${parts.slice(0, 2).join(' ')}`;
};

const isMoney = (value: unknown): value is MoneySum => {
  const { minor, currency, ...others } = (value ?? {}) as Partial<MoneySum>;
  const whole = Number.isSafeInteger(minor) || (typeof minor === 'string' && /^-?\d+$/.test(minor));
  return whole && typeof currency === 'string' && isCurrency(currency) && Object.keys(others).length === 0;
};
/** `2024-01-17 10:00 UTC`, with seconds where there are some. */
export const instantInWords = (instant: string): string =>
  `${instant.slice(0, 10)} ${instant.slice(11, instant.slice(17, 19) === '00' ? 16 : 19)} UTC`;

const joinedList = (items: readonly string[], total: number, separator: string): string =>
  [...items, ...(total > items.length ? [`and ${total - items.length} more`] : [])].join(separator);
const entriesInWords = (value: object, fields: Fields | undefined, depth: number): string => {
  if (depth === MAX_DEPTH) return '…';
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return joinedList(
    entries
      .slice(0, MAX_ITEMS)
      .map(([name, inner]) => `${fieldInWords(name)}: ${inWords(inner, fields?.[name], depth + 1)}`),
    entries.length,
    ', ',
  );
};

/** Formats a value by its schema. */
const inWords = (value: unknown, schema: TSchema | undefined, depth = 0): string => {
  if (value === undefined || value === null) return '–';
  if (isHiddenValue(value)) return `(${value.personal})`;
  if (isMoney(value)) return formatMoney(value);
  if (Array.isArray(value)) {
    const nested = value.some((item) => typeof item === 'object');
    const shown = value
      .slice(0, nested ? 3 : MAX_ITEMS)
      .map((item) =>
        Array.isArray(item) ? `${item.length} items` : inWords(item, schema?.['items'] as TSchema, depth),
      );
    return value.length === 0 ? 'none' : joinedList(shown, value.length, nested ? '; ' : ', ');
  }
  if (typeof value === 'object') return entriesInWords(value, schema?.['properties'] as Fields | undefined, depth);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number' && schema?.['unit'])
    return durationInWords(value * (schema['unit'] === 'min' ? 60_000 : 1));
  const text = typeof value === 'number' ? withThousandsSeparators(value) : String(value as string);
  if (schema?.['format'] === 'instant') return instantInWords(text);
  return schema?.['enum'] ? codeInWords(text) : text;
};

/**
 * A field value for people: grouped thousands, amounts with currency, durations in hours and minutes, instants in UTC;
 * one line of at most 300 characters, and only the first items of a list.
 */
export const valueInWords = (value: unknown, schema?: TSchema): string => clip(inWords(value, schema));

const slotText = (slot: TemplateSlot, data: Readonly<Record<string, unknown>>, fields: Fields): string => {
  const value = data[slot.field];
  if (typeof slot.form === 'object') return value === undefined || value === false ? slot.form.no : slot.form.yes;
  if (slot.form === 'count' && Array.isArray(value)) return withThousandsSeparators(value.length);
  const words = valueInWords(value, fields[slot.field]);
  return slot.form === 'words' ? codeInWords(words) : words;
};

const clausesOf = (template: string): readonly TemplateClause[] =>
  template
    .split(/(\[[^[\]]*\])/)
    .filter((part) => part !== '')
    .map((part) => {
      const required = !part.startsWith('[');
      const parts: (string | TemplateSlot)[] = [];
      let rest = required ? part : part.slice(1, -1);
      for (let found = SLOT.exec(rest); found; found = SLOT.exec(rest)) {
        const [whole, field, yes, no, form = 'plain'] = found;
        parts.push(rest.slice(0, found.index));
        parts.push({ field: field!, form: yes === undefined ? (form as 'plain') : { yes, no: no! } });
        rest = rest.slice(found.index + whole.length);
      }
      return { required, parts: [...parts, rest] };
    });

const isSlot = (part: string | TemplateSlot): part is TemplateSlot => typeof part !== 'string';

/**
 * Parses the sentence of an event type. `{reason}` is the value of a field, `{reason:words}` a code in words,
 * `{touches:count}` the length of a list, `{late?late:in time}` a choice by whether the field is given and not false. A
 * part in `[…]` is left out if one of its values is absent, empty or hidden from the reader.
 * @param owner the event type, for error messages
 * @param optional tells whether an event field is optional
 * @throws Error if the sentence is empty, names an unknown field, or uses an optional field outside `[…]`
 */
export const sentenceOf = (
  owner: string,
  template: string,
  fields: Fields,
  optional: (field: TSchema) => boolean,
): Sentence => {
  const clauses = clausesOf(template ?? '');
  if (!template?.trim() || clauses.some(({ parts }) => parts.some((part) => !isSlot(part) && /[{}[\]]/.test(part))))
    throw new Error(`${owner}: give a sentence, such as 'The lead went to {rep}[ by {respondBy}]'`);
  for (const { required, parts } of clauses)
    for (const { field, form } of parts.filter(isSlot)) {
      if (!(field in fields)) throw new Error(`${owner}: its sentence uses the unknown field {${field}}`);
      if (required && typeof form !== 'object' && optional(fields[field]!))
        throw new Error(`${owner}: {${field}} is optional: put it in […]`);
    }
  const isShown = ({ required, parts }: TemplateClause, data: Readonly<Record<string, unknown>>): boolean =>
    required ||
    parts.filter(isSlot).every(({ field, form }) => {
      const value = data[field];
      const isEmpty = value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
      return typeof form === 'object' || (!isEmpty && !isHiddenValue(value));
    });
  return {
    render: (data) =>
      clauses
        .filter((clause) => isShown(clause, data))
        .flatMap(({ parts }) => parts.map((part) => (isSlot(part) ? slotText(part, data, fields) : part)))
        .join('')
        .replace(/\s+/gu, ' ')
        .trim(),
    shownFields: (data) =>
      clauses
        .filter((clause) => isShown(clause, data))
        .flatMap(({ parts }) => parts.filter(isSlot))
        .flatMap(({ field, form }) => (form === 'count' || data[field] === undefined ? [] : [field])),
  };
};
