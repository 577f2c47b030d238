import { Packr, type Options } from 'msgpackr';
import { Conflict, type Collection, type ColumnType, type Document, type Scalar } from '@baton/kernel';
import type { SqliteValue } from '../sqlite';
import type { ColumnValue, DocumentRow } from './columns';
import { beginDocument, shortText } from './short-texts';
import { instantOfColumn } from './stored-instants';

/** So many shapes of objects of a collection are kept; objects of other shapes name their fields themselves. */
const MAX_SHAPES = 256;
/** In place of a value that a column has, and of the tokens of a sealed value. */
const IN_COLUMN = 0;
type WithTokens = Readonly<Record<string, unknown>> & { readonly tokens?: unknown };
const withoutTokens = (value: unknown): unknown => {
  if (Array.isArray(value)) return IN_COLUMN;
  return (value as WithTokens | undefined)?.tokens === undefined ? value : { ...(value as object), tokens: IN_COLUMN };
};
/**
 * Puts the tokens of a column where they belong. Tokens of a value that has none were not written: they take its place, so
 * that whoever compares documents finds them.
 * @param value as it was unpacked; nobody else has it yet
 */
const withTokens = (value: unknown, stored: StoredColumn): unknown => {
  const tokens = (typeof stored === 'string' ? JSON.parse(stored) : stored) as readonly string[];
  const sealed = value as { tokens?: unknown } | null | undefined;
  if (sealed?.tokens !== IN_COLUMN) return value === IN_COLUMN || tokens.length > 0 ? tokens : value;
  sealed.tokens = tokens;
  return sealed;
};
const FIELD_NAME = /^[A-Za-z$][\w$]*$/;

/** The names of the fields of each shape, in the order in which they were met. */
export type Shapes = readonly (readonly string[])[];
/** Where the shapes of a collection are kept, for all who read and write it. */
export interface ShapeStore {
  readonly load: () => Shapes | undefined;
  /** Saves all shapes. Returns false and saves nothing if `isNext` says that others have saved some in between. */
  readonly save: (shapes: Shapes, isNext: (saved: Shapes | undefined) => boolean) => boolean;
}

/** Shapes of documents that stay in memory. */
export const shapesInMemory = (): ShapeStore => {
  let kept: Shapes | undefined;
  const save = (shapes: Shapes) => {
    kept = [...shapes];
    return true;
  };
  return { load: () => kept, save };
};

/** What is needed of documents for some of their fields. */
export interface DocumentPart {
  /** The columns of these fields, and their places among all. */
  readonly columns: readonly string[];
  readonly places: readonly number[];
  /** The fields of which a column holds nothing, or the tokens alone. */
  readonly rest: readonly string[];
}
/** What a store has in a column: a flag or tokens as they are, or as SQLite has them. */
export type StoredColumn = SqliteValue | ColumnValue;

/** Names that are fields' names, so that most are tested once. */
const known = new Set<string>();
const MAX_KNOWN = 2000;
const isFieldName = (name: string): boolean => {
  if (known.has(name)) return true;
  if (!FIELD_NAME.test(name)) return false;
  if (known.size < MAX_KNOWN) known.add(name);
  return true;
};

/** What is no text, number, flag, null, or an object or list of these with fields that are named. */
const IRREGULAR = Symbol('irregular');
/** A value with its texts as they are packed; itself where none is another. */
const packable = (value: unknown): unknown => {
  if (typeof value === 'string') return shortText(value);
  if (value === undefined) return IRREGULAR;
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? packableList(value) : packableObject(value as Readonly<Record<string, unknown>>);
};
const packableList = (list: readonly unknown[]): unknown => {
  let copy: unknown[] | undefined;
  for (let place = 0; place < list.length; place++) {
    const packed = packable(list[place]);
    if (packed === IRREGULAR) return IRREGULAR;
    if (packed !== list[place]) (copy ??= [...list])[place] = packed;
  }
  return copy ?? list;
};
const packableObject = (object: Readonly<Record<string, unknown>>): unknown => {
  let copy: Record<string, unknown> | undefined;
  for (const name of Object.keys(object)) {
    const packed = isFieldName(name) ? packable(object[name]) : IRREGULAR;
    if (packed === IRREGULAR) return IRREGULAR;
    if (packed !== object[name]) (copy ??= { ...object })[name] = packed;
  }
  return copy ?? object;
};

/**
 * Documents of a collection as the embedded store keeps them: MessagePack, in which objects with the same fields name them
 * once for the whole collection, texts of known forms are kept short, and what a column holds is not kept twice. An object
 * whose fields are named by data is kept as JSON text.
 */
export class DocumentPacker {
  private readonly packr: Packr;
  /** The names of the columns, in the order in which `unpack` takes their values. */
  readonly columns: readonly string[];
  private readonly types: readonly ColumnType[];

  constructor(
    private readonly collection: Collection,
    { load, save }: ShapeStore,
  ) {
    this.columns = Object.keys(collection.columns);
    this.types = Object.values(collection.columns);
    // The types of the package lack the second argument.
    const saveStructures = save as unknown as NonNullable<Options['saveStructures']>;
    this.packr = new Packr({
      maxSharedStructures: MAX_SHAPES,
      getStructures: () => load() as object[],
      saveStructures,
    });
  }

  /** @param values of the columns */
  pack(id: string, doc: object, values: DocumentRow['values']): string | Buffer {
    const rest: Record<string, unknown> = { ...doc };
    for (let index = 0; index < this.columns.length; index++) {
      const name = this.columns[index]!;
      if (this.types[index] === 'tokens') {
        if (name in rest) rest[name] = withoutTokens(rest[name]);
      } else if (values[name] !== null) rest[name] = IN_COLUMN;
    }
    beginDocument(id);
    const packed = packable(rest);
    return packed === IRREGULAR ? JSON.stringify(rest) : this.packr.pack(packed);
  }

  /**
   * @param columns the values of the columns
   * @param from where those begin
   * @throws Conflict `read/documents-differ` if it is not what was written
   */
  unpack(id: string, packed: SqliteValue, columns: readonly StoredColumn[], from = 0): Document['doc'] {
    return this.readable(id, () => {
      const doc = this.rest(id, packed);
      for (let index = 0; from + index < columns.length; index++) this.addColumn(doc, index, columns[from + index]!);
      return doc;
    });
  }

  /** What is needed of documents for some of their fields. */
  part(fields: readonly string[]): DocumentPart {
    const wanted = [...new Set(fields)];
    const { columns: types } = this.collection;
    const columns = wanted.filter((name) => types[name] !== undefined);
    return {
      columns,
      places: columns.map((name) => this.columns.indexOf(name)),
      rest: wanted.filter((name) => types[name] === undefined || types[name] === 'tokens'),
    };
  }

  /**
   * A document with some of its fields.
   * @param packed any value where no field of it is needed
   * @param stored the values of the columns of the part
   * @throws as `unpack`
   */
  unpackPart(
    { columns, places, rest }: DocumentPart,
    id: string,
    packed: SqliteValue,
    stored: readonly StoredColumn[],
    from: number,
  ): Document['doc'] {
    return this.readable(id, () => {
      const doc: Record<string, Scalar> = {};
      if (rest.length > 0) {
        const others = this.rest(id, packed);
        for (const name of rest) if (others[name] !== undefined) doc[name] = others[name];
      }
      for (let index = 0; index < columns.length; index++) {
        const [place, value] = [places[index]!, stored[from + index]!];
        if (value === null && this.types[place] !== 'tokens') doc[columns[index]!] = null;
        else this.addColumn(doc, place, value);
      }
      return doc;
    });
  }

  private addColumn(doc: Record<string, Scalar>, index: number, value: StoredColumn): void {
    if (value === null) return;
    const [name, type] = [this.columns[index]!, this.types[index]];
    if (type === 'flag') doc[name] = Boolean(value);
    else if (type === 'instant') doc[name] = instantOfColumn(value as Scalar);
    else if (type !== 'tokens') doc[name] = value as Scalar;
    else {
      const whole = withTokens(doc[name], value) as Scalar | undefined;
      if (whole !== undefined) doc[name] = whole;
    }
  }

  /** All that no column holds. */
  private rest(id: string, packed: SqliteValue): Record<string, Scalar> {
    beginDocument(id);
    return (
      typeof packed === 'string' ? JSON.parse(packed) : this.packr.unpack(bufferOf(packed as Uint8Array))
    ) as Record<string, Scalar>;
  }

  private readable(id: string, read: () => Record<string, Scalar>): Record<string, Scalar> {
    try {
      return read();
    } catch {
      throw new Conflict(
        'read/documents-differ',
        `${id} of ${this.collection.name} cannot be read; run baton rebuild for this read model.`,
        id,
      );
    }
  }
}

/** The decoder of text needs a Buffer. */
const bufferOf = ({ buffer, byteOffset, length }: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, length);
