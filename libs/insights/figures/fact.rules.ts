import type { DefinitionKind, DefinitionOf } from '@baton/definitions';
import { subjectOfRow, toMs, withRoom, type Instant, type Projection } from '@baton/kernel';

/** A column of texts: a code per row, -1 without a text, and the words by code. */
export interface TextColumn {
  codes: Int32Array;
  readonly words: string[];
  readonly codeOf: Map<string, number>;
}
type TextValue = string | boolean | null | undefined;
/** As a text, or in milliseconds since 1970. */
type InstantValue = Instant | number | null | undefined;
const msOf = (at: InstantValue): number => (typeof at === 'number' ? at : at ? toMs(at) : NaN);
/** How a column is read from a row. Instants are kept in milliseconds; a number or an instant that is unknown is NaN. */
export type FactColumn<R> =
  | { readonly kind: 'text'; readonly value: (row: R) => TextValue }
  | { readonly kind: 'instant'; readonly value: (row: R) => InstantValue }
  | { readonly kind: 'number'; readonly value: (row: R) => number | null | undefined };

/** A text, or true and false as texts. */
export const textOf = <R>(value: (row: R) => TextValue): FactColumn<R> => ({ kind: 'text', value });
export const instantOf = <R>(value: (row: R) => InstantValue): FactColumn<R> => ({
  ...{ kind: 'instant', value },
});
/** An integer: minor units, milliseconds, a count. */
export const numberOf = <R>(value: (row: R) => number | null | undefined): FactColumn<R> => ({
  ...{ kind: 'number', value },
});

/** A dimension of a fact: one of its text columns, or one of another fact whose row a column names. */
export interface JoinedDimension {
  /** The text column with the id of the row of the other fact. */
  readonly through: string;
  readonly fact: () => AnyFact;
  readonly column: string;
  /** The own text column that counts where the other fact has no such row. */
  readonly orElse?: string;
}
/** A dimension of another fact whose rows hold from an instant on, each until the next one of its key. */
export interface DatedDimension {
  /** The text column that names whose. */
  readonly through: string;
  /** The day of a row: the first of these instants that is known; as it stands where none is. */
  readonly at: readonly string[];
  readonly fact: () => Fact;
  /** The columns of the other fact: whose, since when (unknown is from the beginning), and what. */
  readonly key: string;
  readonly from: string;
  readonly column: string;
}
export type Dimension = string | JoinedDimension | DatedDimension;

interface FactShape {
  readonly name: string;
  readonly description: string;
  /** The node that a row leads to. */
  readonly entity: 'Lead' | 'Opportunity' | 'Colleague';
  /** By the name under which they are asked for. */
  readonly dimensions: Readonly<Record<string, Dimension>>;
  readonly columnKinds: Readonly<Record<string, 'text' | 'instant' | 'number'>>;
}
/** What the rows of figures are: the documents of a read model, or rows within them. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface Fact<D = any, R = any> extends FactShape {
  /** Its packed columns; see `ColumnsOf` of the platform. */
  readonly columns: { readonly of: Projection<D>; readonly empty: () => FactRows<D, R> };
  /** Of a fact whose rows are made of those of others; `columns` are then those of its first source. */
  readonly made?: MadeRows;
}
/** What the rows of a made fact are made from. */
export interface MadeFrom {
  readonly rowsOf: (fact: AnyFact) => PackedRows;
  /** The ends of the periods of the question, in milliseconds: what is there at an end is taken there. */
  readonly ends: readonly number[];
  /** The instant of the question, in milliseconds, and the zone of its days. */
  readonly at: number;
  readonly timeZone: string;
  /** The version of a kind that was in force at an instant. */
  readonly definitionAt: <K extends DefinitionKind>(kind: K, at: number) => DefinitionOf<K> | undefined;
}
interface MadeRows {
  readonly from: readonly Fact[];
  /** The kinds of definitions that they depend on. */
  readonly definitions: readonly DefinitionKind[];
  /** Of what is taken at the end of periods: the first instants of its sources, before which there is nothing. */
  readonly begins?: { readonly fact: Fact; readonly column: string };
  readonly rows: (from: MadeFrom) => PackedRows;
}
/** Rows that depend on what is asked, and are made for each question; only dimensions are taken from them. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export interface LoadedFact<R = any> extends FactShape {
  readonly pack: (rows: readonly R[]) => PackedRows;
}
export type AnyFact = Fact | LoadedFact;

interface RowsOf<D, R> {
  /** The rows of a history may be dropped. */
  readonly ofHistory?: boolean;
  /** The rows of a document, each with its id and that of its entity. */
  readonly rows: (doc: D) => readonly { readonly id: string; readonly entity: string; readonly row: R }[];
  readonly columns: Readonly<Record<string, FactColumn<R>>>;
}

/**
 * Declares a fact.
 * @param declared `rows`: of one document, always in the same order; `columns` hold what figures select, sum and group by.
 *   The amounts of a fact are in minor units of its column `currency`
 * @throws Error for a dimension that is no text column
 */
export const fact = <D, R>({
  name,
  description,
  entity,
  of,
  dimensions,
  ...shape
}: Pick<Fact, 'name' | 'description' | 'entity' | 'dimensions'> & RowsOf<D, R> & { readonly of: Projection<D> }): Fact<
  D,
  R
> => {
  for (const [dimension, column] of Object.entries(dimensions)) {
    const own = typeof column === 'string' ? column : column.through;
    if (shape.columns[own]?.kind !== 'text')
      throw new Error(`The dimension ${dimension} of ${name} is ${own}, which is no text column.`);
  }
  return {
    ...{ name, description, entity, dimensions },
    columns: { of, empty: () => new FactRows({ ...shape, ofHistory: of.history !== undefined }) },
    columnKinds: Object.fromEntries(Object.entries(shape.columns).map(([column, { kind }]) => [column, kind])),
  };
};

/**
 * Declares a fact whose rows are made for each question, from those of others.
 * @param declared `rows`: what is taken at the end of a period has a row for each end
 */
export const madeFact = <R>({
  name,
  description,
  entity,
  dimensions,
  from,
  definitions = [],
  begins,
  rows,
  columns,
}: Pick<Fact, 'name' | 'description' | 'entity' | 'dimensions'> & {
  readonly from: readonly [Fact, ...Fact[]];
  readonly definitions?: readonly DefinitionKind[];
  readonly begins?: MadeRows['begins'];
  readonly rows: (from: MadeFrom) => Iterable<{ readonly id: string; readonly entity: string; readonly row: R }>;
  readonly columns: Readonly<Record<string, FactColumn<R>>>;
}): Fact => {
  type Made = { readonly id: string; readonly entity: string; readonly row: R };
  const declared = fact<Made, R>({
    ...{ name, description, entity, dimensions, columns, of: from[0].columns.of },
    rows: (row) => [row],
  });
  const pack = (found: MadeFrom): PackedRows => packedOnDemand([...rows(found)], columns);
  return { ...declared, made: { from, definitions, ...(begins && { begins }), rows: pack } };
};

/**
 * Makes something of the rows of facts, and keeps it until one of them changes: as long as the rows of the first are kept.
 * @param make given the rows of these facts; pure
 */
export const whileUnchanged = <T>(
  facts: readonly [Fact, ...Fact[]],
  make: (rowsOf: MadeFrom['rowsOf']) => T,
): ((rowsOf: MadeFrom['rowsOf']) => T) => {
  interface Kept {
    readonly sources: readonly PackedRows[];
    readonly versions: readonly number[];
    readonly made: T;
  }
  const kept = new WeakMap<PackedRows, Kept>();
  const isSame = <E>(a: readonly E[], b: readonly E[]): boolean => a.every((one, place) => one === b[place]);
  return (rowsOf) => {
    const sources = facts.map(rowsOf);
    const versions = sources.map(({ version }) => version);
    const known = kept.get(sources[0]!);
    if (known && isSame(known.sources, sources) && isSame(known.versions, versions)) return known.made;
    const made = make(rowsOf);
    kept.set(sources[0]!, { sources, versions, made });
    return made;
  };
};

/**
 * Declares a fact whose rows are made of those of others whatever is asked, such as one row per lead of all its stays: they
 * are kept until those change.
 * @param declared `rows`: given those of `from`; pure
 */
export const derivedFact = ({
  from,
  rows,
  ...declared
}: Pick<Fact, 'name' | 'description' | 'entity' | 'dimensions' | 'columnKinds'> & {
  readonly from: readonly [Fact, ...Fact[]];
  readonly rows: (sources: readonly PackedRows[]) => PackedRows;
}): Fact => {
  const made = whileUnchanged(from, (rowsOf) => rows(from.map(rowsOf)));
  return { ...declared, columns: from[0].columns, made: { from, definitions: [], rows: ({ rowsOf }) => made(rowsOf) } };
};

/** The text of a column of a row; undefined for none. */
export const textIn = ({ texts }: PackedRows, column: string, row: number): string | undefined => {
  const { codes, words } = texts[column]!;
  return words[codes[row]!];
};
/** The number of a column of a row; undefined for none. */
export const numberIn = ({ numbers }: PackedRows, column: string, row: number): number | undefined => {
  const value = numbers[column]![row]!;
  return Number.isNaN(value) ? undefined : value;
};

/** Rows in columns. */
export interface PackedRows {
  /** Raised by whatever changes them. */
  readonly version: number;
  /** Rows that were ever made; those of removed ones are not `alive`. */
  readonly count: number;
  readonly alive: Uint8Array;
  readonly ids: readonly string[];
  readonly entities: readonly string[];
  readonly texts: Readonly<Record<string, TextColumn>>;
  readonly numbers: Readonly<Record<string, Float64Array>>;
  /** The place of a row by its id; undefined for none. */
  placeOf(id: string): number | undefined;
}

/**
 * Rows that do not change.
 * @param columns every row is alive; ids are made when they are asked for, as most questions do not
 */
export const packedRows = ({
  ids,
  entities,
  count,
  texts,
  numbers,
}: Pick<PackedRows, 'count' | 'texts' | 'numbers'> & {
  readonly ids: () => readonly string[];
  readonly entities: () => readonly string[];
}): PackedRows => {
  const made: { ids?: readonly string[]; entities?: readonly string[]; places?: Map<string, number> } = {};
  return {
    ...{ version: 0, count, texts, numbers, alive: new Uint8Array(count).fill(1) },
    get ids() {
      return (made.ids ??= ids());
    },
    get entities() {
      return (made.entities ??= entities());
    },
    placeOf(id) {
      return (made.places ??= new Map(this.ids.map((one, place) => [one, place]))).get(id);
    },
  };
};
/** Columns that are each made when they are asked for, as few of them are. @param more columns that are there already */
const madeOnDemand = <C>(
  names: readonly string[],
  make: (name: string) => C,
  more: Readonly<Record<string, C>> = {},
): Readonly<Record<string, C>> => {
  const made: Record<string, C> = { ...more };
  for (const name of names) {
    if (name in more) continue;
    let known: C | undefined;
    Object.defineProperty(made, name, { enumerable: true, get: () => (known ??= make(name)) });
  }
  return made;
};
/** Rows that do not change, packed column by column. */
const packedOnDemand = <R>(
  rows: readonly { readonly id: string; readonly entity: string; readonly row: R }[],
  columns: Readonly<Record<string, FactColumn<R>>>,
): PackedRows => {
  const named = (isText: boolean) => Object.keys(columns).filter((name) => (columns[name]!.kind === 'text') === isText);
  const numbersOf = (column: FactColumn<R>): Float64Array =>
    Float64Array.from(rows, ({ row }) => {
      const value = column.value(row);
      return column.kind === 'instant' ? msOf(value as InstantValue) : ((value as number | null | undefined) ?? NaN);
    });
  return packedRows({
    count: rows.length,
    ids: () => rows.map(({ id }) => id),
    entities: () => rows.map(({ entity }) => entity),
    texts: madeOnDemand(named(true), (name) =>
      textColumn(rows.map(({ row }) => columns[name]!.value(row) as TextValue)),
    ),
    numbers: madeOnDemand(named(false), (name) => numbersOf(columns[name]!)),
  });
};
/** The text columns of other rows at these places, -1 for none. */
export const textsAt = (
  { texts }: PackedRows,
  places: Int32Array,
  more: PackedRows['texts'] = {},
): PackedRows['texts'] =>
  madeOnDemand(
    Object.keys(texts),
    (name) => {
      const { codes, words, codeOf } = texts[name]!;
      return { codes: places.map((place) => (place < 0 ? -1 : codes[place]!)), words, codeOf };
    },
    more,
  );
/** The same for the columns of numbers. */
export const numbersAt = (
  { numbers }: PackedRows,
  places: Int32Array,
  more: PackedRows['numbers'] = {},
): PackedRows['numbers'] =>
  madeOnDemand(
    Object.keys(numbers),
    (name) => {
      const values = numbers[name]!;
      return Float64Array.from(places, (place) => (place < 0 ? NaN : values[place]!));
    },
    more,
  );
/** The code of a word; a new one gets the next. */
const codeFor = ({ words, codeOf }: Pick<TextColumn, 'words' | 'codeOf'>, word: string): number => {
  const known = codeOf.get(word);
  if (known !== undefined) return known;
  codeOf.set(word, words.length);
  return words.push(word) - 1;
};
/** A column of texts. @param values by row, null or undefined without one */
export const textColumn = (values: readonly TextValue[]): TextColumn => {
  const column = { words: [] as string[], codeOf: new Map<string, number>() };
  const codeOf = (value: TextValue): number =>
    value === null || value === undefined ? -1 : codeFor(column, String(value));
  return { codes: Int32Array.from(values, codeOf), ...column };
};

/** A column of texts whose codes are known. @param words by code, all different */
export const codedColumn = (codes: Int32Array, words: string[]): TextColumn => ({
  ...{ codes, words },
  codeOf: new Map(words.map((word, code) => [word, code])),
});
/** True and false as texts. @param flags by row, 1 for true */
export const flagColumn = (flags: Int32Array): TextColumn => codedColumn(flags, ['false', 'true']);

/** What an entry of a map takes, about. */
const ENTRY_BYTES = 56;
/** What a text takes, with its place in a list. */
const textBytesOf = ({ length }: string): number => 24 + length;

/** The rows of a fact, packed. A document that is put again gives its rows new values, in place as far as they go. */
export class FactRows<D, R> implements PackedRows {
  version = 0;
  count = 0;
  alive = new Uint8Array(1024);
  readonly ids: string[] = [];
  readonly entities: string[] = [];
  readonly texts: Readonly<Record<string, TextColumn>>;
  readonly numbers: Record<string, Float64Array> = {};
  /** By document. Most have one row, and lists of one would take more memory than all else. */
  private readonly places = new Map<string, number | readonly number[]>();
  /** Made when it is asked for, as the rows of most facts are never looked up. */
  private byId: Map<string, number> | undefined;
  /** Of a history: the ids of the rows of each subject. */
  private readonly bySubject = new Map<string, string | Set<string>>();
  private readonly free: number[] = [];
  private textBytes = 0;

  constructor(private readonly shape: RowsOf<D, R>) {
    const texts: Record<string, TextColumn> = {};
    for (const [name, { kind }] of Object.entries(shape.columns))
      if (kind === 'text') texts[name] = { codes: new Int32Array(1024), words: [], codeOf: new Map() };
      else this.numbers[name] = new Float64Array(1024);
    this.texts = texts;
  }

  get bytes(): number {
    const columns = Object.keys(this.numbers).length * 8 + Object.keys(this.texts).length * 4 + 1;
    const entries = this.places.size + this.bySubject.size + (this.byId?.size ?? 0);
    return this.alive.length * columns + this.textBytes + ENTRY_BYTES * entries;
  }

  placeOf(id: string): number | undefined {
    if (!this.byId) {
      this.byId = new Map();
      for (let place = 0; place < this.count; place++) if (this.alive[place]) this.byId.set(this.ids[place]!, place);
    }
    return this.byId.get(id);
  }

  put(id: string, doc: D): void {
    this.version++;
    const before = this.placesOf(id);
    const rows = this.shape.rows(doc);
    for (const place of before) {
      this.byId?.delete(this.ids[place]!);
      this.alive[place] = 0;
    }
    this.free.push(...before.slice(rows.length));
    const places = rows.map((_, index) => before[index] ?? this.free.pop() ?? this.grown());
    rows.forEach((row, index) => this.write(places[index]!, row));
    if (places.length > 0) this.places.set(id, places.length === 1 ? places[0]! : places);
    else this.places.delete(id);
    if (this.shape.ofHistory) this.remember(id);
  }

  private placesOf(id: string): readonly number[] {
    const known = this.places.get(id);
    return known === undefined ? [] : typeof known === 'number' ? [known] : known;
  }

  retain(subject: string, ids: ReadonlySet<string>): void {
    const known = this.bySubject.get(subject);
    if (known === undefined) return;
    for (const id of typeof known === 'string' ? [known] : known) if (!ids.has(id)) this.remove(id, subject);
  }

  private remove(id: string, subject: string): void {
    this.version++;
    for (const place of this.placesOf(id)) {
      this.byId?.delete(this.ids[place]!);
      this.alive[place] = 0;
      this.free.push(place);
    }
    this.places.delete(id);
    const known = this.bySubject.get(subject);
    if (typeof known === 'object') known.delete(id);
    else this.bySubject.delete(subject);
  }

  private remember(id: string): void {
    const subject = subjectOfRow(id);
    const known = this.bySubject.get(subject);
    if (known === undefined) this.bySubject.set(subject, id);
    else if (typeof known === 'object') known.add(id);
    else if (known !== id) this.bySubject.set(subject, new Set([known, id]));
  }

  private grown(): number {
    const place = this.count++;
    this.alive = withRoom(this.alive, this.count);
    for (const column of Object.values(this.texts)) column.codes = withRoom(column.codes, this.count);
    for (const name of Object.keys(this.numbers)) this.numbers[name] = withRoom(this.numbers[name]!, this.count);
    return place;
  }

  private write(place: number, { id, entity, row }: ReturnType<RowsOf<D, R>['rows']>[number]): void {
    if (this.ids[place] === undefined)
      this.textBytes += textBytesOf(id) + (entity === id ? 0 : textBytesOf(entity)) + 16;
    this.ids[place] = id;
    this.entities[place] = entity;
    this.byId?.set(id, place);
    this.alive[place] = 1;
    for (const [name, column] of Object.entries(this.shape.columns))
      if (column.kind === 'text') this.texts[name]!.codes[place] = this.codeOf(this.texts[name]!, column.value(row));
      else if (column.kind === 'instant') this.numbers[name]![place] = msOf(column.value(row));
      else this.numbers[name]![place] = column.value(row) ?? NaN;
  }

  private codeOf(column: TextColumn, value: TextValue): number {
    if (value === null || value === undefined) return -1;
    const word = String(value);
    const count = column.words.length;
    const code = codeFor(column, word);
    if (code === count) this.textBytes += textBytesOf(word) + ENTRY_BYTES;
    return code;
  }
}
