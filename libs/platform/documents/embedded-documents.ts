import { setImmediate as nextTurn } from 'node:timers/promises';
import { batchesOf, Documents } from '@baton/kernel';
import type {
  Aggregation,
  Checkpoint,
  Collection,
  Commit,
  Document,
  Fence,
  FindOptions,
  AggregateGroup,
  ParkedSequence,
  Where,
} from '@baton/kernel';
import { openDatabase, type Sqlite, type SqliteValue } from '../sqlite';
import { columnsChanged, columnValuesOf, signatureOf } from './columns';
import { createIndexes, createTables, dropIndexes, ensureTables, missingIndexes } from './embedded-tables';
import { DocumentPacker, type Shapes, type ShapeStore } from './packing';
import { generationDropped, leaseLost } from './refusals';
import { findInParts, sortedGroups, planAggregate, planFind, planWhere } from './query';
import {
  scalarOf,
  sqlValueOf,
  keySql,
  measureSql,
  columnNameOf,
  tableOf,
  tokensTableOf,
  whereSql,
  findSql,
  emptyWithoutTable,
  positionOf,
  storedPosition,
} from './sql';

const ROWS_PER_INSERT = 50;
/** With fewer rows, all indexes of a collection take no longer to be made than a commit. */
const FEW_ROWS = 500;
/** An index of so many documents takes about a tenth of a second to be made. */
const MAX_UNINDEXED_ROWS = 100_000;
/** After so many writes, and after as many again as a collection had, SQLite counts anew what its indexes hold. */
const WRITES_PER_ANALYSIS = 1000;
/** Rows of an index that it looks at: enough to tell which of two is the better one. */
const ANALYSIS_LIMIT = 1000;
/** A document that is written: its columns in their order. */
type StoredRow = readonly SqliteValue[];
interface StoredLease {
  readonly holder: string | null;
  readonly token: number;
}

/**
 * Documents in an SQLite file of their own: a table per collection, the columns of the read model beside the JSON
 * text. A commit is one transaction. Several processes may open the file; a writer waits up to five seconds.
 */
export class EmbeddedDocuments extends Documents {
  /** Writes of each collection until the next analysis. */
  private readonly untilAnalysis = new Map<string, number>();
  /** Rows of each collection that has no indexes yet. */
  private readonly unindexed = new Map<string, number>();
  /** By collection. */
  private readonly packers = new Map<string, DocumentPacker>();

  /** Whether the write-ahead log still has what an erasure removed. */
  private mustForget = false;

  private constructor(
    private readonly database: Sqlite,
    private readonly unindexedRows: number,
  ) {
    super();
  }

  /**
   * @param path of the file, made with its folder where absent; `:memory:` for none
   * @param unindexedRows so many documents of a rebuild are written before their indexes are made
   */
  static async open(
    path: string,
    { readOnly = false, unindexedRows = MAX_UNINDEXED_ROWS } = {},
  ): Promise<EmbeddedDocuments> {
    // Not FULL: after a power cut the last commits are folded again from the log.
    const database = openDatabase(path, { synchronous: 'NORMAL', secureDelete: true, readOnly });
    ensureTables(database, path, readOnly);
    return new EmbeddedDocuments(database, unindexedRows);
  }

  async prepare(collection: Collection): Promise<void> {
    if (this.isPrepared(collection)) return this.makeIndexes(collection);
    this.database.transaction(() => {
      this.refuseDropped(collection.name);
      createTables(this.database, collection);
    });
  }

  /** Where there are many rows, one at a time, so that others can write and this process do other things in between. */
  private async makeIndexes(collection: Collection): Promise<void> {
    const { name } = collection;
    this.unindexed.delete(name);
    const missing = missingIndexes(this.database, collection);
    if (missing.length === 0) return;
    const rows = this.rowsOf(collection);
    for (const indexes of rows < FEW_ROWS ? [missing] : missing.map((index) => [index])) {
      this.database.transaction(() => {
        this.refuseDropped(name);
        createIndexes(this.database, collection, indexes);
      });
      await nextTurn();
    }
    this.untilAnalysis.set(name, rows);
    this.analyze(collection, rows);
  }

  async getMany(collection: Collection, ids: readonly string[]): Promise<ReadonlyMap<string, Document>> {
    signatureOf(collection);
    const { selected, read } = this.reading(collection);
    const sql = `SELECT ${selected} FROM ${tableOf(collection)} WHERE id IN (SELECT value FROM json_each(?))`;
    const found = this.readRows(sql, [JSON.stringify(ids)]).map(read);
    return new Map(found.map((document) => [document.id, document]));
  }

  async find(collection: Collection, find?: FindOptions): Promise<readonly Document[]> {
    const plan = planFind(collection, find);
    const { selected, read } = this.reading(collection, find?.fields);
    return findInParts(plan, async (matches, limit) => {
      const { sql, values } = findSql(plan, matches, collection, selected);
      return this.readRows(sql, [...values, limit]).map(read);
    });
  }

  async count(collection: Collection, where?: Where): Promise<number> {
    const { sql, values } = whereSql(planWhere(collection, where), collection);
    const [row] = this.read<{ n: number }>(`SELECT count(*) AS n FROM ${tableOf(collection)} WHERE ${sql}`, values);
    return row?.n ?? 0;
  }

  async aggregate(collection: Collection, aggregate: Aggregation): Promise<readonly AggregateGroup[]> {
    const plan = planAggregate(collection, aggregate);
    const keys = plan.keys.map(keySql);
    const where = whereSql(plan.matches, collection);
    const selected = [
      ...keys.map(({ sql }, i) => `${sql} AS k${i}`),
      ...plan.measures.map((measure, i) => `${measureSql(measure)} AS m${i}`),
    ];
    const grouped = keys.length > 0 ? `GROUP BY ${keys.map((_, i) => i + 1).join(', ')}` : '';
    const rows = this.read<Record<string, string | number | null>>(
      `SELECT ${selected.join(', ') || '1'} FROM ${tableOf(collection)} WHERE ${where.sql} ${grouped}`,
      [...keys.flatMap(({ values }) => values), ...where.values],
    );
    return sortedGroups(
      plan,
      rows.map((row) => ({
        // The lower edge of a bucket is the text that was given.
        keys: plan.keys.map(({ type, edges }, i) => scalarOf(row[`k${i}`]!, edges ? undefined : type)),
        values: Object.fromEntries(
          plan.measures.map(({ name, kind, column }, i) => {
            const type = kind === 'min' || kind === 'max' ? collection.columns[column] : undefined;
            return [name, scalarOf(row[`m${i}`]!, type) as string | number | null];
          }),
        ),
      })),
    );
  }

  async commit({ writes, follower, checkpoint, parked = [], unparked = [], fence, forgets }: Commit): Promise<void> {
    let written = 0;
    this.transaction(writes?.collection.name, () => {
      if ((this.leaseOf(fence.lease)?.token ?? 0) > fence.token) throw leaseLost(fence);
      this.refuseDropped(follower);
      if (writes) this.refuseDropped(writes.collection.name);
      if (writes && !this.isPrepared(writes.collection)) createTables(this.database, writes.collection);
      if (writes?.fresh && this.isEmpty(writes.collection))
        written = this.writeFirst(writes.collection, writes.documents);
      else if (writes) written = this.write(writes.collection, writes.documents);
      if (writes?.removed?.length) this.remove(writes.collection, writes.removed);
      for (const { follower, sequence, position, eventId, code, message } of parked)
        this.database
          .prepare(
            'INSERT OR REPLACE INTO parked(follower, sequence, position, eventId, code, message) VALUES(?,?,?,?,?,?)',
          )
          .run(follower, sequence, position, eventId, code, message);
      for (const sequence of unparked)
        this.database.prepare('DELETE FROM parked WHERE follower = ? AND sequence = ?').run(follower, sequence);
      this.database
        .prepare('INSERT OR REPLACE INTO checkpoints(follower, checkpoint) VALUES(?, ?)')
        .run(follower, JSON.stringify(checkpoint));
    });
    if (writes) {
      this.analyze(writes.collection, written);
      await this.boundUnindexed(writes.collection, written);
    }
    this.mustForget ||= forgets === true;
    // While another process reads, the next commit tries again.
    if (this.mustForget) this.mustForget = !this.database.truncateLog({ waits: false });
  }

  /** Without counts the planner takes whichever of two indexes was made first. */
  private analyze(collection: Collection, written: number): void {
    const { name } = collection;
    const left = (this.untilAnalysis.get(name) ?? WRITES_PER_ANALYSIS) - written;
    this.untilAnalysis.set(name, left);
    if (left > 0) return;
    try {
      this.database.exec(`PRAGMA analysis_limit = ${ANALYSIS_LIMIT}; ANALYZE ${tableOf(collection)}`);
    } catch {
      // Another process writes, or has dropped the collection. The commit stands; the counts are made another time.
    }
    this.untilAnalysis.set(name, Math.max(WRITES_PER_ANALYSIS, this.rowsOf(collection)));
  }

  private rowsOf(collection: Collection): number {
    return this.read<{ n: number }>(`SELECT count(*) AS n FROM ${tableOf(collection)}`, [])[0]?.n ?? 0;
  }

  async checkpoint(follower: string): Promise<Checkpoint | undefined> {
    const stored = this.database
      .prepare('SELECT checkpoint FROM checkpoints WHERE follower = ?')
      .get<{ checkpoint: string }>(follower);
    return stored && (JSON.parse(stored.checkpoint) as Checkpoint);
  }

  async parked(follower?: string): Promise<readonly ParkedSequence[]> {
    return this.database
      .prepare('SELECT * FROM parked WHERE follower = ifnull(?, follower) ORDER BY position, follower, sequence')
      .all<ParkedSequence>(follower ?? null)
      .map((row) => ({ ...row }));
  }

  async unpark(follower: string, sequence: string): Promise<void> {
    this.database.prepare('DELETE FROM parked WHERE follower = ? AND sequence = ?').run(follower, sequence);
  }

  async active(projection: string): Promise<string | undefined> {
    return this.database
      .prepare('SELECT generation FROM actives WHERE projection = ?')
      .get<{ generation: string }>(projection)?.generation;
  }

  async activate(projection: string, generation: string): Promise<void> {
    this.database
      .prepare('INSERT OR REPLACE INTO actives(projection, generation) VALUES(?, ?)')
      .run(projection, generation);
  }

  async drop(generation: string): Promise<void> {
    signatureOf({ name: generation, columns: {} });
    this.database.transaction(() => {
      this.database.prepare('INSERT OR IGNORE INTO dropped(generation) VALUES(?)').run(generation);
      for (const table of [tableOf, tokensTableOf])
        this.database.exec(`DROP TABLE IF EXISTS ${table({ name: generation })}`);
      this.database.prepare('DELETE FROM collections WHERE name = ?').run(generation);
      this.database.prepare('DELETE FROM shapes WHERE collection = ?').run(generation);
      this.database.prepare('DELETE FROM checkpoints WHERE follower = ?').run(generation);
      this.database.prepare('DELETE FROM parked WHERE follower = ?').run(generation);
    });
    this.database.truncateLog();
  }

  async generations(): Promise<readonly string[]> {
    return this.database
      .prepare('SELECT name FROM collections UNION SELECT follower FROM checkpoints ORDER BY 1')
      .all<{ name: string }>()
      .map(({ name }) => name);
  }

  async actives(): Promise<ReadonlyMap<string, string>> {
    const rows = this.database
      .prepare('SELECT projection, generation FROM actives')
      .all<{ projection: string; generation: string }>();
    return new Map(rows.map(({ projection, generation }) => [projection, generation]));
  }

  async renewLeases(holder: string, begins: boolean): Promise<number | undefined> {
    const sql = begins
      ? 'INSERT INTO beats(holder, number) VALUES(?, 1) ON CONFLICT(holder) DO UPDATE SET number = number + 1'
      : 'UPDATE beats SET number = number + 1 WHERE holder = ?';
    return this.database.prepare(`${sql} RETURNING number`).get<{ number: number }>(holder)?.number;
  }

  async endHeartbeat(holder: string, number?: number): Promise<boolean> {
    const sql = 'DELETE FROM beats WHERE holder = ? AND number = ifnull(?, number) RETURNING number';
    return this.database.prepare(sql).get(holder, number ?? null) !== undefined;
  }

  async lease(lease: string, holder: string): Promise<Fence | undefined> {
    return this.database.transaction(() => {
      const held = this.leaseOf(lease);
      if (held?.holder === holder) return { lease, token: held.token };
      const beats = this.database.prepare('SELECT 1 FROM beats WHERE holder = ?').get(held?.holder ?? null);
      if (beats) return undefined;
      const token = (held?.token ?? 0) + 1;
      this.database
        .prepare('INSERT OR REPLACE INTO leases(lease, holder, token) VALUES(?, ?, ?)')
        .run(lease, holder, token);
      return { lease, token };
    });
  }

  async release(lease: string, holder: string): Promise<void> {
    // The row stays: tokens never fall.
    this.database.prepare('UPDATE leases SET holder = NULL WHERE lease = ? AND holder = ?').run(lease, holder);
  }

  async leases() {
    const rows = this.database
      .prepare('SELECT lease, holder, number AS heartbeat FROM leases JOIN beats USING (holder)')
      .all<{ lease: string; holder: string; heartbeat: number }>();
    return new Map(rows.map(({ lease, holder, heartbeat }) => [lease, { holder, heartbeat }]));
  }

  /** What a column has in place of a field is the field; tokens are kept once more in a table. */
  async differingColumns(collection: Collection, limit: number): Promise<readonly string[]> {
    const tokens = Object.entries(collection.columns).flatMap(([column, type]) => (type === 'tokens' ? [column] : []));
    if (tokens.length === 0) return [];
    const [table, ofTokens] = [tableOf(collection), tokensTableOf(collection)];
    const differ = new Set<string>();
    for (const column of tokens) {
      const each = `json_each(stored.${columnNameOf(column)}) AS one`;
      const without = `SELECT 1 FROM ${ofTokens} WHERE field = ? AND token = one.value AND id = stored.id`;
      const lost = `SELECT DISTINCT id FROM ${table} AS stored WHERE EXISTS (SELECT 1 FROM ${each} WHERE NOT EXISTS (${without}))`;
      const owner = `SELECT 1 FROM ${table} AS stored, ${each} WHERE stored.id = kept.id AND one.value = kept.token`;
      const extra = `SELECT DISTINCT id FROM ${ofTokens} AS kept WHERE field = ? AND NOT EXISTS (${owner})`;
      for (const sql of [lost, extra])
        for (const [id] of this.readRows(`${sql} LIMIT ${limit}`, [column])) differ.add(id as string);
    }
    return [...differ].slice(0, limit);
  }

  override async integrityFaults(): Promise<readonly string[]> {
    return this.database.integrityFaults();
  }

  availability() {
    return { state: 'available' } as const;
  }

  async close(): Promise<void> {
    this.database.close();
  }

  private leaseOf(lease: string): StoredLease | undefined {
    return this.database.prepare('SELECT holder, token FROM leases WHERE lease = ?').get<StoredLease>(lease);
  }

  private refuseDropped(generation: string): void {
    if (this.database.prepare('SELECT 1 FROM dropped WHERE generation = ?').get(generation))
      throw generationDropped(generation);
  }

  private isPrepared(collection: Collection): boolean {
    const signature = signatureOf(collection);
    const known = this.database
      .prepare('SELECT columns FROM collections WHERE name = ?')
      .get<{ columns: string }>(collection.name);
    if (known && known.columns !== signature) throw columnsChanged(collection);
    return known !== undefined;
  }

  private isEmpty(collection: Collection): boolean {
    return this.database.prepare(`SELECT 1 FROM ${tableOf(collection)} LIMIT 1`).get() === undefined;
  }

  /**
   * A rebuild's first documents. Indexes that are made afterwards cost a third of those that are kept up row by row, so where
   * there are many documents the indexes are dropped until `prepare`.
   */
  private writeFirst(collection: Collection, documents: Iterable<Document>): number {
    let written = 0;
    for (const some of batchesOf(documents, FEW_ROWS)) {
      if (written === 0 && some.length === FEW_ROWS) {
        dropIndexes(this.database, collection);
        this.unindexed.set(collection.name, 0);
      }
      written += this.write(collection, some);
    }
    return written;
  }

  /** Makes the indexes of a collection without them once making one would take too long later. */
  private async boundUnindexed(collection: Collection, written: number): Promise<void> {
    const { name } = collection;
    const before = this.unindexed.get(name);
    if (before === undefined) return;
    this.unindexed.set(name, before + written);
    if (before + written >= this.unindexedRows) await this.makeIndexes(collection);
  }

  private write(collection: Collection, documents: Iterable<Document>): number {
    const columns = Object.keys(collection.columns);
    const names = ['id', 'position', 'doc', ...columns.map(columnNameOf)];
    const updates = names.slice(1).map((name) => `${name} = excluded.${name}`);
    const statement = (count: number) =>
      this.database.prepare(
        `INSERT INTO ${tableOf(collection)} AS stored(${names.join(', ')})
         VALUES ${Array(count)
           .fill(`(${names.map(() => '?').join(', ')})`)
           .join(', ')}
         ON CONFLICT(id) DO UPDATE SET ${updates.join(', ')} WHERE stored.position < excluded.position`,
      );
    let written = 0;
    for (const some of batchesOf(documents, ROWS_PER_INSERT)) {
      const rows = some.map((document) => this.storedRow(collection, document));
      if (rows.length === ROWS_PER_INSERT) statement(ROWS_PER_INSERT).run(...rows.flat());
      else for (const row of rows) statement(1).run(...row);
      written += rows.length;
    }
    return written;
  }

  /** Shapes that were met in a transaction which is rolled back are not kept. */
  private transaction(collection: string | undefined, run: () => void): void {
    try {
      this.database.transaction(run);
    } catch (error) {
      if (collection !== undefined) this.packers.delete(collection);
      throw error;
    }
  }

  private remove(collection: Collection, ids: readonly string[]): void {
    this.database
      .prepare(`DELETE FROM ${tableOf(collection)} WHERE id IN (SELECT value FROM json_each(?))`)
      .run(JSON.stringify(ids));
  }

  private storedRow(collection: Collection, document: Document): StoredRow {
    const values = columnValuesOf(collection, document);
    const packed = this.packerOf(collection).pack(document.id, document.doc as object, values);
    const columns = Object.entries(collection.columns).map(([column, type]) => sqlValueOf(values[column]!, type));
    return [document.id, storedPosition(document.position), packed, ...columns];
  }

  /** What a query for documents selects, whole or some fields of them, and what a row of it is. */
  private reading(collection: Collection, fields?: readonly string[]) {
    const packer = this.packerOf(collection);
    const part = fields && packer.part(fields);
    const first = ['id', 'position', ...(part?.rest.length === 0 ? [] : ['doc'])];
    const unpack = part
      ? (id: string, row: readonly SqliteValue[]) => packer.unpackPart(part, id, row[2]!, row, first.length)
      : (id: string, row: readonly SqliteValue[]) => packer.unpack(id, row[2]!, row, first.length);
    return {
      selected: [...first, ...(part ?? packer).columns.map(columnNameOf)].join(', '),
      read: (row: readonly SqliteValue[]): Document => {
        const id = row[0] as string;
        return { id, position: positionOf(row[1]!), doc: unpack(id, row) };
      },
    };
  }

  private packerOf(collection: Collection): DocumentPacker {
    const { name } = collection;
    let packer = this.packers.get(name);
    if (!packer) this.packers.set(name, (packer = new DocumentPacker(collection, this.shapesOf(name))));
    return packer;
  }

  /** They are saved in the transaction that writes the documents. */
  private shapesOf(name: string): ShapeStore {
    const load = (): Shapes | undefined => {
      const [saved] = this.read<{ shapes: string }>('SELECT shapes FROM shapes WHERE collection = ?', [name]);
      return saved && (JSON.parse(saved.shapes) as Shapes);
    };
    return {
      load,
      save: (shapes, isNext) => {
        if (!isNext(load())) return false;
        this.database
          .prepare('INSERT OR REPLACE INTO shapes(collection, shapes) VALUES(?, ?)')
          .run(name, JSON.stringify(shapes));
        return true;
      },
    };
  }

  private read<R>(sql: string, values: readonly SqliteValue[]): R[] {
    return emptyWithoutTable(sql, (text) => this.database.prepare(text).all<R>(...values));
  }

  private readRows(sql: string, values: readonly SqliteValue[]): SqliteValue[][] {
    return emptyWithoutTable(sql, (text) => this.database.prepareRows(text).all(...values));
  }
}
