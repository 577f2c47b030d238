import { BatonError, Conflict, KeyStore } from '@baton/kernel';
import { openDatabase, type Sqlite } from '../sqlite';
import { KeyWrapper, type MasterKeys } from './master-key';
import { subjectErased } from './memory-key-store';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS subjects (subject TEXT PRIMARY KEY, wrapped BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS secrets (name TEXT, version INTEGER, wrapped BLOB NOT NULL, PRIMARY KEY (name, version));`;
/** A secret that is only used to check whether the master key is the one that wrapped the keys of this file. */
const PROOF = 'master-key-proof';

type Keys = ReadonlyMap<string, Buffer>;
interface Secret {
  readonly version: number;
  readonly value: Buffer;
}
interface PendingRequest {
  readonly subjects: readonly string[];
  readonly resolve: (keys: Keys) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Keys in a SQLite file of their own. A new key is on the disk before it is used. A destroyed key is overwritten in the
 * file and in its write-ahead log; the row of its subject stays, without a key.
 */
export class EmbeddedKeyStore extends KeyStore {
  private queue: PendingRequest[] = [];
  private readonly secretVersions = new Map<string, readonly Secret[]>();
  /** Changes when another connection commits. */
  private writtenByOthers: number | undefined;
  private closed = false;

  private constructor(
    private readonly database: Sqlite,
    private readonly wrapper: KeyWrapper,
  ) {
    super();
  }

  /**
   * Opens or creates the key file.
   * @param path of the file, or `:memory:`
   * @param master key of 32 bytes, or several while it is replaced
   * @throws BatonError `keys/wrong-master-key` when the file's keys were wrapped by another one
   */
  static open(path: string, master: Buffer | MasterKeys, { readOnly = false } = {}): EmbeddedKeyStore {
    const database = openDatabase(path, { synchronous: 'FULL', secureDelete: true, readOnly });
    try {
      if (!readOnly) database.exec(SCHEMA);
      const store = new EmbeddedKeyStore(database, new KeyWrapper(master));
      store.newest(PROOF);
      return store;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** All waiting calls share one commit, as appends to the log do. */
  make(subjects: readonly string[]): Promise<Keys> {
    return new Promise((resolve, reject) => {
      this.assertOpen();
      if (this.queue.push({ subjects, resolve, reject }) === 1) setImmediate(() => this.flush());
    });
  }

  async find(subjects: readonly string[]) {
    this.assertOpen();
    return this.stored(subjects);
  }

  /** @throws Conflict `keys/unavailable` if the key is removed but its bytes could not be overwritten: call again */
  async destroy(subject: string): Promise<void> {
    this.assertOpen();
    this.database
      .prepare('INSERT INTO subjects VALUES (?, NULL) ON CONFLICT (subject) DO UPDATE SET wrapped = NULL')
      .run(subject);
    if (!this.database.truncateLog())
      throw new Conflict('keys/unavailable', 'Another process is using the key file; send the erasure again.');
  }

  async secret(name: string) {
    this.assertOpen();
    return this.newest(name);
  }

  async secrets(name: string) {
    this.assertOpen();
    return this.versions(name);
  }

  async rotate(name: string) {
    this.assertOpen();
    return this.database.transaction(() => this.add(name, (this.versions(name)[0]?.version ?? 0) + 1));
  }

  async rewrap(): Promise<number> {
    this.assertOpen();
    this.wrapper.refresh();
    const subjects = await this.rewrapRows<{ subject: string }>(
      '',
      'SELECT subject, wrapped FROM subjects WHERE wrapped IS NOT NULL AND subject > ? ORDER BY subject LIMIT 500',
      ({ subject }) => [subject, subjectName(subject)],
      'UPDATE subjects SET wrapped = ? WHERE subject = ?',
    );
    const secrets = await this.rewrapRows<{ row: number; name: string; version: number }>(
      -1,
      'SELECT rowid AS row, name, version, wrapped FROM secrets WHERE rowid > ? ORDER BY rowid LIMIT 500',
      ({ row, name, version }) => [row, secretName(name, version)],
      'UPDATE secrets SET wrapped = ? WHERE rowid = ?',
    );
    this.database.truncateLog(); // what was wrapped with the old master key is gone from there too
    return subjects + secrets;
  }

  override async integrityFaults(): Promise<readonly string[]> {
    return this.database.integrityFaults();
  }

  availability() {
    return { state: 'available' } as const;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.flush();
    this.closed = true;
    this.database.close();
  }

  private assertOpen() {
    if (this.closed) throw new Conflict('keys/unavailable', 'The key store is closed.');
  }

  private flush() {
    const batch = this.queue;
    this.queue = [];
    if (batch.length === 0) return;
    try {
      const answers = this.ensure(batch);
      answers.forEach((answer, index) => {
        if (answer instanceof BatonError) batch[index]!.reject(answer);
        else batch[index]!.resolve(answer);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  private ensure(batch: readonly PendingRequest[]): (Keys | BatonError)[] {
    const all = [...new Set(batch.flatMap(({ subjects }) => subjects))];
    let keys = this.stored(all);
    if (all.some((subject) => !keys.has(subject)))
      keys = this.database.transaction(() => {
        this.wrapper.refresh();
        const known = this.stored(all); // read again inside the transaction: another process may have added some
        const insert = this.database.prepare('INSERT INTO subjects VALUES (?, ?)');
        for (const request of batch) {
          if (request.subjects.some((subject) => known.get(subject) === null)) continue;
          for (const subject of request.subjects) {
            if (known.has(subject)) continue;
            const { key, wrapped } = this.wrapper.generate(subjectName(subject));
            insert.run(subject, wrapped);
            known.set(subject, key);
          }
        }
        return known;
      });
    return batch.map(({ subjects }) => {
      const destroyed = subjects.find((subject) => keys.get(subject) === null);
      if (destroyed !== undefined) return subjectErased(destroyed);
      return new Map(subjects.map((subject) => [subject, keys.get(subject)!]));
    });
  }

  /** Wraps the keys of a table anew, page by page, so that other processes can write in between. */
  private async rewrapRows<R>(
    first: string | number,
    page: string,
    idAndName: (row: R) => readonly [id: string | number, name: string],
    update: string,
  ): Promise<number> {
    let rewrapped = 0;
    let last: string | number | undefined = first;
    while (last !== undefined) {
      const after: string | number = last;
      last = this.database.transaction((): string | number | undefined => {
        const rows = this.database.prepare(page).all<R & { wrapped: Uint8Array }>(after);
        for (const row of rows) {
          const [id, name] = idAndName(row);
          const wrapped = this.wrapper.rewrap(row.wrapped, name);
          if (wrapped) this.database.prepare(update).run(wrapped, id);
          rewrapped += wrapped ? 1 : 0;
        }
        return rows.length === 0 ? undefined : idAndName(rows.at(-1)!)[0];
      });
      await new Promise(setImmediate);
    }
    return rewrapped;
  }

  /** The stored keys of the subjects; null for a destroyed one. */
  private stored(subjects: readonly string[]): Map<string, Buffer | null> {
    const rows = this.database
      .prepare('SELECT subject, wrapped FROM subjects WHERE subject IN (SELECT value FROM json_each(?))')
      .all<{ subject: string; wrapped: Uint8Array | null }>(JSON.stringify(subjects));
    return new Map(
      rows.map(({ subject, wrapped }) => [subject, wrapped && this.wrapper.unwrap(wrapped, subjectName(subject))]),
    );
  }

  private newest(name: string) {
    return this.versions(name)[0] ?? this.database.transaction(() => this.versions(name)[0] ?? this.add(name, 1));
  }

  /** The unwrapped versions are kept until another process has written to the file: it may have rotated the secret. */
  private versions(name: string): readonly Secret[] {
    const { data_version: written } = this.database.prepare('PRAGMA data_version').get<{ data_version: number }>()!;
    if (written !== this.writtenByOthers) this.secretVersions.clear();
    this.writtenByOthers = written;
    const known = this.secretVersions.get(name);
    if (known) return known;
    const versions = this.database
      .prepare('SELECT version, wrapped FROM secrets WHERE name = ? ORDER BY version DESC')
      .all<{ version: number; wrapped: Uint8Array }>(name)
      .map(({ version, wrapped }) => ({ version, value: this.wrapper.unwrap(wrapped, secretName(name, version)) }));
    this.secretVersions.set(name, versions);
    return versions;
  }

  private add(name: string, version: number) {
    this.wrapper.refresh();
    const { key, wrapped } = this.wrapper.generate(secretName(name, version));
    this.database.prepare('INSERT INTO secrets VALUES (?, ?, ?)').run(name, version, wrapped);
    this.secretVersions.delete(name);
    return { version, value: key };
  }
}

const subjectName = (subject: string) => `subject ${subject}`;
const secretName = (name: string, version: number) => `secret ${version} ${name}`;
