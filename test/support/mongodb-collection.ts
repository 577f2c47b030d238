import { BSON, type Document } from 'mongodb';
import { update as applyOperators } from 'mingo/updater';
import { cloneDeep, resolve, setValue } from 'mingo/util';
import { aggregated, compareBson, matcherOf } from './mongodb-query';

/** An error response of the server, in the format of the wire protocol. */
export class MongodbRefusal extends Error {
  constructor(
    readonly code: number,
    readonly codeName: string,
    message: string,
    readonly details: Document = {},
  ) {
    super(message);
  }
}

export interface Index {
  readonly name: string;
  readonly key: Readonly<Record<string, 1 | -1>>;
  readonly unique?: boolean;
}
export interface Update {
  readonly q: Document;
  readonly u: Document;
  readonly multi?: boolean;
  readonly upsert?: boolean;
}
export interface Updated {
  readonly matched: number;
  readonly modified: number;
  /** The document that was inserted because nothing matched. */
  readonly inserted?: Document;
}

const MOST_BYTES = 16 * 1024 * 1024;
const MOST_INDEXES = 64;
const keyOf = (id: unknown): string => (typeof id === 'string' ? `"${id}` : BSON.EJSON.stringify({ id }));
const isObject = (value: unknown): value is Document =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
const operatorsIn = (value: unknown): boolean => isObject(value) && Object.keys(value).some((name) => name[0] === '$');

/** The documents of one collection and its indexes. Writes are atomic per document only. */
export class StoredCollection {
  private readonly documents = new Map<string, Document>();
  private scans = 0;
  readonly indexes: Index[] = [{ name: '_id_', key: { _id: 1 }, unique: true }];

  constructor(readonly namespace: string) {}

  get size(): number {
    return this.documents.size;
  }

  /** The matching documents, in no reliable order: every read reverses it. */
  matching(filter: Document): Document[] {
    const matches = matcherOf(filter);
    return this.candidates(filter).filter(matches);
  }

  /** The result of the stages; a `$match` at their beginning uses the index of ids. */
  aggregate(stages: readonly Document[]): Document[] {
    const first = stages[0]?.['$match'] as Document | undefined;
    return aggregated(this.matching(first ?? {}), first ? stages.slice(1) : stages);
  }

  insert(document: Document): void {
    this.put({ _id: document['_id'] ?? new BSON.ObjectId(), ...document }, undefined);
  }

  update({ q, u, multi = false, upsert = false }: Update): Updated {
    if (multi && !operatorsIn(u)) throw failedToParse('multi update is not supported for a replacement');
    const found = this.matching(q).slice(0, multi ? undefined : 1);
    if (found.length === 0 && upsert) {
      const inserted = upserted(q, u);
      this.put(inserted, undefined);
      return { matched: 0, modified: 0, inserted };
    }
    let modified = 0;
    for (const old of found) {
      const changed = applied(old, u);
      if (compareBson(changed, old) === 0) continue;
      this.put(changed, old);
      modified++;
    }
    return { matched: found.length, modified };
  }

  /** @param limit 0 deletes all that match; @returns the number deleted */
  remove(filter: Document, limit: number): number {
    const gone = this.matching(filter).slice(0, limit === 0 ? undefined : limit);
    for (const { _id } of gone) this.documents.delete(keyOf(_id));
    return gone.length;
  }

  createIndex(wanted: Index): void {
    const same = (a: Index, b: Index) =>
      compareBson(a.key, b.key) === 0 && (a.unique ?? false) === ((b.unique ?? false) || a.name === '_id_');
    const named = this.indexes.find(({ name }) => name === wanted.name);
    if (named && !same(named, wanted))
      throw new MongodbRefusal(86, 'IndexKeySpecsConflict', `An existing index has the same name: ${wanted.name}`);
    const alike = this.indexes.find(({ key }) => compareBson(key, wanted.key) === 0);
    if (alike && !named)
      throw new MongodbRefusal(85, 'IndexOptionsConflict', `Index already exists with a different name: ${alike.name}`);
    if (named) return;
    if (this.indexes.length >= MOST_INDEXES)
      throw new MongodbRefusal(67, 'CannotCreateIndex', `add index fails, too many indexes for ${this.namespace}`);
    if (wanted.unique) {
      const seen = new Map<string, Document>();
      for (const document of this.documents.values()) {
        const values = valuesOf(wanted, document);
        if (seen.has(keyOf(values))) throw duplicate(this.namespace, wanted, values);
        seen.set(keyOf(values), document);
      }
    }
    this.indexes.push(wanted);
  }

  /** @param name `*` drops all except the index of ids */
  dropIndex(name: string): void {
    if (name === '_id_') throw new MongodbRefusal(72, 'InvalidOptions', 'cannot drop _id index');
    if (name === '*') return void this.indexes.splice(1);
    const at = this.indexes.findIndex((index) => index.name === name);
    if (at < 0) throw new MongodbRefusal(27, 'IndexNotFound', `index not found with name [${name}]`);
    this.indexes.splice(at, 1);
  }

  private candidates(filter: Document): Document[] {
    const { _id } = filter;
    const all = isObject(_id) && Object.keys(_id).join() === '$in' ? (_id['$in'] as unknown[]) : [_id];
    if ('_id' in filter && !all.some((id) => operatorsIn(id) || id instanceof RegExp || id === null))
      return [...new Set(all.map(keyOf))].flatMap((key) => this.documents.get(key) ?? []);
    const documents = [...this.documents.values()];
    return this.scans++ % 2 === 0 ? documents : documents.reverse();
  }

  /** A changed document may move within the collection. */
  private put(document: Document, old: Document | undefined): void {
    const key = keyOf(document['_id']);
    if (BSON.calculateObjectSize(document) > MOST_BYTES)
      throw new MongodbRefusal(10334, 'BSONObjectTooLarge', 'object to insert too large');
    if (!old && this.documents.has(key))
      throw duplicate(this.namespace, this.indexes[0]!, valuesOf(this.indexes[0]!, document));
    for (const index of this.indexes.slice(1).filter(({ unique }) => unique)) {
      const values = valuesOf(index, document);
      for (const other of this.documents.values())
        if (other !== old && compareBson(valuesOf(index, other), values) === 0)
          throw duplicate(this.namespace, index, values);
    }
    this.documents.delete(key);
    this.documents.set(key, document);
  }
}

const failedToParse = (message: string) => new MongodbRefusal(9, 'FailedToParse', message);

const valuesOf = ({ key }: Index, document: Document): Document =>
  Object.fromEntries(Object.keys(key).map((path) => [path, resolve(document, path) ?? null]));

const duplicate = (namespace: string, { name, key }: Index, values: Document): MongodbRefusal => {
  const shown = Object.entries(values).map(([path, value]) => `${path}: ${BSON.EJSON.stringify(value as Document)}`);
  return new MongodbRefusal(
    11000,
    'DuplicateKey',
    `E11000 duplicate key error collection: ${namespace} index: ${name} dup key: { ${shown.join(', ')} }`,
    { keyPattern: key, keyValue: values },
  );
};

/** The document after a replacement or after update operators; `$setOnInsert` does nothing to one that exists. */
const applied = (old: Document, update: Document): Document => {
  if (Array.isArray(update)) throw failedToParse('the fake MongoDB does not update by a pipeline');
  const { _id } = old;
  const changed = operatorsIn(update) ? withOperators(old, update) : { _id, ...update };
  if (compareBson(changed['_id'], _id) !== 0)
    throw new MongodbRefusal(66, 'ImmutableField', "the (immutable) field '_id' was found to have been altered");
  return changed;
};

const withOperators = (old: Document, { $setOnInsert: _, ...operators }: Document): Document => {
  const plain = Object.keys(operators).find((name) => name[0] !== '$');
  if (plain !== undefined) throw failedToParse(`Unknown modifier: ${plain}`);
  const changed = cloneDeep(old) as Document;
  applyOperators(changed, operators as never, [], {}, { cloneMode: 'deep' });
  return changed;
};

/** What an upsert inserts: the equalities of its filter, changed by the update. */
const upserted = (filter: Document, update: Document): Document => {
  const fixed: Document = {};
  for (const [path, wanted] of equalitiesOf(filter)) setValue(fixed, path, wanted);
  const { _id } = fixed;
  const made = operatorsIn(update)
    ? { ...applied(fixed, update), ...(update['$setOnInsert'] as Document | undefined) }
    : { ...(_id === undefined ? {} : { _id }), ...update };
  if (_id !== undefined && compareBson(made['_id'], _id) !== 0)
    throw new MongodbRefusal(66, 'ImmutableField', "the (immutable) field '_id' was found to have been altered");
  return { _id: made['_id'] ?? new BSON.ObjectId(), ...made };
};

const equalitiesOf = (filter: Document): [path: string, value: unknown][] =>
  Object.entries(filter).flatMap(([path, wanted]): [string, unknown][] => {
    if (path === '$and') return (wanted as Document[]).flatMap(equalitiesOf);
    if (path[0] === '$' || wanted instanceof RegExp) return [];
    if (!operatorsIn(wanted)) return [[path, wanted]];
    return '$eq' in (wanted as Document) ? [[path, (wanted as Document)['$eq']]] : [];
  });
