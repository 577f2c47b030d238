import { Packr, type Options } from 'msgpackr';
import { Conflict, type Collection, type Document, type Scalar } from '@baton/kernel';
import type { SqliteValue } from '../sqlite';
import type { DocumentRow } from './columns';
import { beginDocument, shortText } from './short-texts';

/** So many shapes of objects of a collection are kept; objects of other shapes name their fields themselves. */
const MAX_SHAPES = 256;
/** In place of a value that a column has. */
const IN_COLUMN = 0;
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
  /** The columns that hold fields as they are. */
  readonly columns: readonly string[];
  readonly flags: readonly boolean[];
  /** The fields that no column holds. */
  readonly rest: readonly string[];
}

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
  /** The columns that hold a field as it is. */
  private readonly plain: readonly string[];
  private readonly flags: readonly boolean[];

  constructor(
    private readonly collection: Collection,
    { load, save }: ShapeStore,
  ) {
    const columns = Object.entries(collection.columns).filter(([, type]) => type !== 'tokens');
    this.plain = columns.map(([name]) => name);
    this.flags = columns.map(([, type]) => type === 'flag');
    // The types of the package lack the second argument.
    const saveStructures = save as unknown as NonNullable<Options['saveStructures']>;
    this.packr = new Packr({
      maxSharedStructures: MAX_SHAPES,
      getStructures: () => load() as object[],
      saveStructures,
    });
  }

  /** The names of the columns that `unpack` needs, in their order. */
  get columns(): readonly string[] {
    return this.plain;
  }

  /** @param values of the columns */
  pack(id: string, doc: object, values: DocumentRow['values']): string | Buffer {
    const rest: Record<string, unknown> = { ...doc };
    for (const name of this.plain) if (values[name] !== null) rest[name] = IN_COLUMN;
    beginDocument(id);
    const packed = packable(rest);
    return packed === IRREGULAR ? JSON.stringify(rest) : this.packr.pack(packed);
  }

  /**
   * @param columns the values of the columns, flags as SQLite has them or as they are
   * @param from where those begin
   * @throws Conflict `read/documents-differ` if it is not what was written
   */
  unpack(id: string, packed: SqliteValue, columns: readonly (SqliteValue | boolean)[], from = 0): Document['doc'] {
    const doc = this.rest(id, packed);
    for (let index = 0; from + index < columns.length; index++) {
      const value = columns[from + index]!;
      if (value !== null) doc[this.plain[index]!] = this.flags[index] ? Boolean(value) : (value as Scalar);
    }
    return doc;
  }

  /** What is needed of documents for some of their fields. */
  part(fields: readonly string[]): DocumentPart {
    const indexes = [...new Set(fields)].map((name) => [name, this.plain.indexOf(name)] as const);
    const inColumns = indexes.filter(([, index]) => index >= 0);
    return {
      columns: inColumns.map(([name]) => name),
      flags: inColumns.map(([, index]) => this.flags[index]!),
      rest: indexes.filter(([, index]) => index < 0).map(([name]) => name),
    };
  }

  /**
   * A document with some of its fields.
   * @param packed any value where no field of it is needed
   * @param columns the values of those of the part, as for `unpack`
   * @throws as `unpack`
   */
  unpackPart(
    { columns: names, flags, rest }: DocumentPart,
    id: string,
    packed: SqliteValue,
    columns: readonly (SqliteValue | boolean)[],
    from: number,
  ): Document['doc'] {
    const doc: Record<string, Scalar> = {};
    for (let index = 0; index < names.length; index++) {
      const value = columns[from + index]!;
      doc[names[index]!] = value !== null && flags[index] ? Boolean(value) : (value as Scalar);
    }
    if (rest.length === 0) return doc;
    const others = this.rest(id, packed);
    for (const name of rest) if (others[name] !== undefined) doc[name] = others[name];
    return doc;
  }

  /** All that no column holds. */
  private rest(id: string, packed: SqliteValue): Record<string, Scalar> {
    beginDocument(id);
    try {
      return (
        typeof packed === 'string' ? JSON.parse(packed) : this.packr.unpack(bufferOf(packed as Uint8Array))
      ) as Record<string, Scalar>;
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
