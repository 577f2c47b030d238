import {
  isSealed,
  Refused,
  type Collection,
  type ColumnType,
  type Document,
  type Index,
  type Scalar,
} from '@baton/kernel';
import { instantMs } from './short-texts';

/** A document as the stores keep it: its JSON text, and beside it the values that queries see. */
export interface DocumentRow {
  readonly id: string;
  readonly position: string;
  readonly json: string;
  readonly values: Readonly<Record<string, ColumnValue>>;
}
/** A column of tokens holds a list of them. */
export type ColumnValue = Scalar | readonly string[];

const isListOfTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

const fits: Readonly<Record<ColumnType, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  instant: (value) => value === '' || (typeof value === 'string' && !Number.isNaN(instantMs(value))),
  integer: (value) => Number.isSafeInteger(value),
  real: (value) => Number.isFinite(value),
  flag: (value) => typeof value === 'boolean',
  // As it stands in the document: a sealed value, or a list of texts.
  tokens: (value) => isSealed(value) || isListOfTexts(value),
};
/** Does the value of a document's field fit its column? */
export const fitsColumn = (type: ColumnType, value: unknown): boolean => value === null || fits[type](value);
/** Can values of a column be compared with this one? Instants with any text. */
export const isComparable = (type: ColumnType, value: unknown): boolean =>
  fitsColumn(type === 'instant' ? 'text' : type, value);

/**
 * Checks the names of a collection and its columns: they become parts of SQL and of field paths.
 * @returns the columns as one text, equal for equal columns in any order
 * @throws Refused `documents/bad-collection`
 */
export const signatureOf = ({ name, columns }: Collection): string => {
  const known = signatures.get(columns)?.get(name);
  if (known !== undefined) return known;
  const signature = checkedSignature({ name, columns });
  signatures.set(columns, (signatures.get(columns) ?? new Map<string, string>()).set(name, signature));
  return signature;
};
/** By the columns of a read model, and the names of its generations: every call of a store asks for one. */
const signatures = new WeakMap<Collection['columns'], Map<string, string>>();
const checkedSignature = ({ name, columns }: Collection): string => {
  if (!/^[a-z0-9-]{1,100}$/.test(name))
    throw new Refused(
      'documents/bad-collection',
      `"${name}" is not a valid collection name; use a-z, 0-9 and -.`,
      name,
    );
  for (const [column, type] of Object.entries(columns))
    if (!/^[A-Za-z]\w{0,59}$/.test(column) || column === 'id' || !Object.hasOwn(fits, type))
      throw new Refused('documents/bad-collection', `${name} cannot have the column "${column}" of ${type}.`, column);
  // What is kept of an instant is its text, but in the embedded store, whose format says that it is not.
  const kept = Object.entries(columns).map(([column, type]) => [column, type === 'instant' ? 'text' : type] as const);
  return JSON.stringify(kept.sort(([a], [b]) => compareScalars(a, b)));
};

/** The indexes of a collection. Tokens have a table, or an index, of their own. */
export const indexesOf = ({ columns, indexes }: Collection): readonly Index[] =>
  indexes ??
  Object.entries(columns).flatMap(([column, type]) => (type === 'tokens' ? [] : [[{ column, descending: false }]]));

/** What `prepare` throws when a generation exists with other columns: its documents were written without them. */
export const columnsChanged = ({ name }: Collection): Refused =>
  new Refused('documents/columns-changed', `${name} exists with other columns; raise the version of the read model.`);

/** @throws Refused `documents/unknown-column` for what is neither a column nor `id` */
export const typeOfColumn = ({ name, columns }: Collection, column: string): ColumnType => {
  if (column === 'id') return 'text';
  if (!Object.hasOwn(columns, column))
    throw new Refused('documents/unknown-column', `${name} has no column "${column}".`, column);
  return columns[column]!;
};

/**
 * The values that a document has in the columns of its collection; an absent field is null.
 * @throws Refused `documents/wrong-type` when a field does not fit its column: a defect of the projection
 */
export const columnValuesOf = ({ name, columns }: Collection, { id, doc }: Document): DocumentRow['values'] => {
  const values: Record<string, ColumnValue> = {};
  for (const [column, type] of Object.entries(columns)) {
    const value = (Object.hasOwn(doc, column) ? doc[column] : undefined) ?? null;
    if (!fitsColumn(type, value))
      throw new Refused('documents/wrong-type', `${column} of ${id} in ${name} is not of type ${type}.`, column);
    values[column] = type === 'tokens' ? tokensOf(value) : (value as Scalar);
  }
  return values;
};

/** A document as JSON text, with its column values. @throws as `columnValuesOf` */
export const rowOf = (collection: Collection, document: Document): DocumentRow => {
  const { id, position, doc } = document;
  return { id, position, json: JSON.stringify(doc), values: columnValuesOf(collection, document) };
};

const tokensOf = (value: unknown): readonly string[] =>
  isListOfTexts(value) ? value : ((value as { readonly tokens?: readonly string[] } | null)?.tokens ?? []);

/** Text by code points, as UTF-8 bytes sort in the other stores; plain `<` differs above U+FFFF. */
const compareText = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return (x >= 0xd800 && x < 0xe000 ? x + 0x10000 : x) - (y >= 0xd800 && y < 0xe000 ? y + 0x10000 : y);
  }
  return a.length - b.length;
};

/** The order of all stores: null first, false before true, text by code points. Both values are of one type. */
export const compareScalars = (a: Scalar, b: Scalar): number => {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return typeof a === 'string' ? compareText(a, b as string) : Number(a) - Number(b);
};
