import { Documents } from '@baton/kernel';
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
  Scalar,
  Where,
} from '@baton/kernel';
import { openDatabase, type Sqlite, type SqliteValue } from '../sqlite';
import { columnsChanged, indexesOf, rowOf, signatureOf, type DocumentRow } from './columns';
import { generationDropped, leaseLost } from './refusals';
import { findInParts, sortedGroups, planAggregate, planFind, planWhere } from './query';
import {
  sqlValueOf,
  indexNameOf,
  keySql,
  measureSql,
  columnNameOf,
  tableOf,
  tokensTableOf,
  whereSql,
  findSql,
} from './sql';

const ROWS_PER_INSERT = 50;
/** After so many writes, and after as many again as a collection had, SQLite counts anew what its indexes hold. */
const WRITES_PER_ANALYSIS = 1000;
/** Rows of an index that it looks at: enough to tell which of two is the better one. */
const ANALYSIS_LIMIT = 1000;
const TABLES = `
  CREATE TABLE IF NOT EXISTS collections(name TEXT PRIMARY KEY, columns TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS checkpoints(
    follower TEXT PRIMARY KEY, checkpoint TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS parked(
    follower TEXT, sequence TEXT, position TEXT NOT NULL, eventId TEXT NOT NULL, code TEXT NOT NULL,
    message TEXT NOT NULL, PRIMARY KEY(follower, sequence)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS actives(projection TEXT PRIMARY KEY, generation TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS dropped(generation TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS beats(holder TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS leases(
    lease TEXT PRIMARY KEY, holder TEXT, token INTEGER NOT NULL) WITHOUT ROWID;`;

interface StoredDocument {
  readonly id: string;
  readonly position: string;
  readonly doc: string;
}
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

  /** Whether the write-ahead log still has what an erasure removed. */
  private mustForget = false;

  private constructor(private readonly database: Sqlite) {
    super();
  }

  /** @param path of the file, made with its folder where absent; `:memory:` for none */
  static async open(path: string, { readOnly = false } = {}): Promise<EmbeddedDocuments> {
    // Not FULL: after a power cut the last commits are folded again from the log.
    const database = openDatabase(path, { synchronous: 'NORMAL', secureDelete: true, readOnly });
    if (!readOnly) database.exec(TABLES);
    return new EmbeddedDocuments(database);
  }

  async prepare(collection: Collection): Promise<void> {
    if (this.isPrepared(collection)) return;
    this.database.transaction(() => {
      this.refuseDropped(collection.name);
      this.createTables(collection);
    });
  }

  async getMany(collection: Collection, ids: readonly string[]): Promise<ReadonlyMap<string, Document>> {
    signatureOf(collection);
    const sql = `SELECT id, position, doc FROM ${tableOf(collection)} WHERE id IN (SELECT value FROM json_each(?))`;
    return new Map(this.read<StoredDocument>(sql, [JSON.stringify(ids)]).map((row) => [row.id, documentOf(row)]));
  }

  async find(collection: Collection, find?: FindOptions): Promise<readonly Document[]> {
    const plan = planFind(collection, find);
    return findInParts(plan, async (matches, limit) => {
      const { sql, values } = findSql(plan, matches, collection);
      return this.read<StoredDocument>(sql, [...values, limit]).map(documentOf);
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
        keys: plan.keys.map(({ type }, i): Scalar => {
          const key = row[`k${i}`]!;
          return type === 'flag' && key !== null ? key === 1 : key;
        }),
        values: Object.fromEntries(plan.measures.map(({ name }, i) => [name, row[`m${i}`]!])),
      })),
    );
  }

  async commit({ writes, follower, checkpoint, parked = [], unparked = [], fence, forgets }: Commit): Promise<void> {
    const rows = writes?.documents.map((document) => rowOf(writes.collection, document)) ?? [];
    this.database.transaction(() => {
      if ((this.leaseOf(fence.lease)?.token ?? 0) > fence.token) throw leaseLost(fence);
      this.refuseDropped(follower);
      if (writes) this.refuseDropped(writes.collection.name);
      if (writes && !this.isPrepared(writes.collection)) this.createTables(writes.collection);
      if (writes?.fresh && this.isEmpty(writes.collection)) this.writeFirst(writes.collection, rows);
      else if (writes) this.write(writes.collection, rows);
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
    if (writes) this.analyze(writes.collection, rows.length);
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
    const [row] = this.read<{ n: number }>(`SELECT count(*) AS n FROM ${tableOf(collection)}`, []);
    this.untilAnalysis.set(name, Math.max(WRITES_PER_ANALYSIS, row?.n ?? 0));
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

  private createTables(collection: Collection): void {
    const types = { text: 'TEXT', integer: 'INTEGER', real: 'REAL', flag: 'INTEGER', tokens: 'TEXT' };
    const columns = Object.entries(collection.columns);
    const table = tableOf(collection);
    const fields = columns.map(([column, type]) => `, ${columnNameOf(column)} ${types[type]}`).join('');
    this.database.exec(
      `CREATE TABLE IF NOT EXISTS ${table}(id TEXT PRIMARY KEY, position TEXT NOT NULL, doc TEXT NOT NULL${fields})`,
    );
    this.createIndexes(collection);
    for (const [column, type] of columns) if (type === 'tokens') this.createTokensTable(collection, column);
    this.database
      .prepare('INSERT OR IGNORE INTO collections(name, columns) VALUES(?, ?)')
      .run(collection.name, signatureOf(collection));
  }

  /** A table of a column's tokens, which follows whatever is written to the column. */
  private createTokensTable(collection: Collection, column: string): void {
    const [table, tokens, name] = [tableOf(collection), tokensTableOf(collection), columnNameOf(column)];
    const insert = `INSERT OR IGNORE INTO ${tokens}(field, token, id)
      SELECT '${column}', value, new.id FROM json_each(new.${name})`;
    this.database.exec(`
      CREATE TABLE IF NOT EXISTS ${tokens}(field TEXT, token TEXT, id TEXT, PRIMARY KEY(field, token, id)) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS "${collection.name}.tokens" ON ${tokens}(id, field);
      CREATE TRIGGER IF NOT EXISTS "${collection.name}.${column}.insert" AFTER INSERT ON ${table}
        BEGIN ${insert}; END;
      CREATE TRIGGER IF NOT EXISTS "${collection.name}.${column}.update" AFTER UPDATE OF ${name} ON ${table}
        WHEN old.${name} IS NOT new.${name}
        BEGIN DELETE FROM ${tokens} WHERE id = new.id AND field = '${column}'; ${insert}; END;`);
  }

  /** Each with the id, by which ties are broken. */
  private createIndexes(collection: Collection): void {
    for (const index of indexesOf(collection)) {
      const columns = index.map(({ column, descending }) => `${columnNameOf(column)}${descending ? ' DESC' : ''}`);
      const last = index.at(-1)?.descending ? 'id DESC' : 'id';
      this.database.exec(
        `CREATE INDEX IF NOT EXISTS ${indexNameOf(collection, index)} ON ${tableOf(collection)}(${columns.join(', ')}, ${last})`,
      );
    }
  }

  private isEmpty(collection: Collection): boolean {
    return this.database.prepare(`SELECT 1 FROM ${tableOf(collection)} LIMIT 1`).get() === undefined;
  }

  /** A rebuild's first documents: indexes made afterwards cost half of indexes kept up row by row. */
  private writeFirst(collection: Collection, rows: readonly DocumentRow[]): void {
    for (const index of indexesOf(collection))
      this.database.exec(`DROP INDEX IF EXISTS ${indexNameOf(collection, index)}`);
    this.write(collection, rows);
    this.createIndexes(collection);
  }

  private write(collection: Collection, rows: readonly DocumentRow[]): void {
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
    const valuesOf = ({ id, position, json, values }: DocumentRow): SqliteValue[] => [
      id,
      position,
      json,
      ...columns.map((column) => sqlValueOf(values[column]!)),
    ];
    let done = 0;
    for (; done + ROWS_PER_INSERT <= rows.length; done += ROWS_PER_INSERT)
      statement(ROWS_PER_INSERT).run(...rows.slice(done, done + ROWS_PER_INSERT).flatMap(valuesOf));
    for (; done < rows.length; done++) statement(1).run(...valuesOf(rows[done]!));
  }

  /** Their tokens go with them, where the collection has any. */
  private remove(collection: Collection, ids: readonly string[]): void {
    const tables = Object.values(collection.columns).includes('tokens') ? [tableOf, tokensTableOf] : [tableOf];
    for (const table of tables)
      this.database
        .prepare(`DELETE FROM ${table(collection)} WHERE id IN (SELECT value FROM json_each(?))`)
        .run(JSON.stringify(ids));
  }

  /** A collection that does not exist reads as empty, also when another process drops it just now. */
  private read<R>(sql: string, values: readonly SqliteValue[]): R[] {
    try {
      return this.database.prepare(sql).all<R>(...values);
    } catch (error) {
      if (/no such table: (documents|tokens)-/.test(String(error))) return [];
      // Written by another version of Baton, which did not have this index.
      if (/no such index/.test(String(error))) return this.read(sql.replace(/ INDEXED BY "[^"]*"/, ''), values);
      throw error;
    }
  }
}

const documentOf = ({ id, position, doc }: StoredDocument): Document => ({ id, position, doc: JSON.parse(doc) });
