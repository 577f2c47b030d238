import { MongoBulkWriteError, MongoServerError, type Binary, type Collection, type MongoClient } from 'mongodb';
import { Conflict, KeyStore } from '@baton/kernel';
import { clientOf, linkTo, throughLink, withOutageError } from '../documents/mongodb-link';
import type { Link } from '../link';
import { KeyWrapper, type MasterKeys } from './master-key';
import { subjectErased } from './memory-key-store';

interface SubjectKey {
  readonly _id: string;
  /** null: destroyed; no new key is created. */
  readonly wrapped: Binary | Buffer | null;
}
interface SecretKey {
  readonly _id: { readonly name: string; readonly version: number };
  readonly wrapped: Binary | Buffer;
}
interface Secret {
  readonly version: number;
  readonly value: Buffer;
}

/** A secret that is only used to check whether the master key is the one that wrapped these keys. */
const PROOF = 'master-key-proof';
const DUPLICATE = 11000;
const DEADLINE_MS = 10_000;
const unavailable = () => new Conflict('keys/unavailable', 'MongoDB does not answer; try again later.');

/**
 * Keys in two MongoDB collections, one document per key; the first insert wins. A destroyed key is removed from its
 * document at once; the server's journal, oplog and backups keep the wrapped key until they are pruned.
 */
export class MongodbKeyStore extends KeyStore {
  private readonly subjects: Collection<SubjectKey>;
  private readonly namedSecrets: Collection<SecretKey>;

  private constructor(
    private readonly client: MongoClient,
    database: string | undefined,
    private readonly wrapper: KeyWrapper,
    private readonly link: Link,
  ) {
    super();
    const db = client.db(database);
    this.subjects = db.collection('subject-keys');
    this.namedSecrets = db.collection('secrets');
  }

  /**
   * @param url of the server
   * @param master key of 32 bytes
   * @param database instead of the one in the URL
   * @throws Conflict `keys/unavailable` when no server answers in time
   * @throws BatonError `keys/wrong-master-key` when the stored keys were wrapped by another one
   */
  static async connect(
    url: string,
    master: Buffer | MasterKeys,
    database?: string,
    deadlineMs = DEADLINE_MS,
  ): Promise<MongodbKeyStore> {
    const client = clientOf(url, deadlineMs, {
      writeConcern: { w: 'majority', journal: true, wtimeoutMS: deadlineMs },
      readConcern: { level: 'majority' },
    });
    const link = linkTo(client, unavailable);
    const store = new MongodbKeyStore(client, database, new KeyWrapper(master), link);
    try {
      await withOutageError(store.secret(PROOF), unavailable);
      return throughLink(store, link);
    } catch (error) {
      await client.close();
      throw error;
    }
  }

  async make(subjects: readonly string[]) {
    const known = await this.stored(subjects);
    const missing = [...new Set(subjects)].filter((subject) => !known.has(subject));
    refuseErased(known);
    if (missing.length === 0) return known as ReadonlyMap<string, Buffer>;
    const documents = missing.map((subject) => ({
      _id: subject,
      wrapped: this.wrapper.generate(subjectName(subject)).wrapped,
    }));
    await this.subjects.insertMany(documents, { ordered: false }).catch(ignoreDuplicates);
    // Read again, because another process may have inserted the key first.
    const made = await this.stored(subjects);
    refuseErased(made);
    return made as ReadonlyMap<string, Buffer>;
  }

  async find(subjects: readonly string[]) {
    return this.stored(subjects);
  }

  async destroy(subject: string) {
    const erase = () => this.subjects.updateOne({ _id: subject }, { $set: { wrapped: null } }, { upsert: true });
    // Two upserts of one new document can conflict; the second attempt then finds it.
    await erase().catch((error: unknown) => (isDuplicate(error) ? erase() : Promise.reject(error as Error)));
  }

  async secret(name: string) {
    return (await this.secrets(name))[0] ?? this.add(name, 1);
  }

  async secrets(name: string): Promise<readonly Secret[]> {
    const found = await this.namedSecrets.find({ '_id.name': name }).sort({ '_id.version': -1 }).toArray();
    return found.map(({ _id: { version }, wrapped }) => ({
      version,
      value: this.wrapper.unwrap(bytesOf(wrapped), secretName(name, version)),
    }));
  }

  async rotate(name: string) {
    return this.add(name, ((await this.secrets(name))[0]?.version ?? 0) + 1);
  }

  async rewrap() {
    let rewrapped = 0;
    for await (const { _id, wrapped } of this.subjects.find({ wrapped: { $ne: null } })) {
      const next = wrapped && this.wrapper.rewrap(bytesOf(wrapped), subjectName(_id));
      if (!next) continue;
      // Not a key that was destroyed meanwhile.
      const { modifiedCount } = await this.subjects.updateOne(
        { _id, wrapped: { $ne: null } },
        { $set: { wrapped: next } },
      );
      rewrapped += modifiedCount;
    }
    for await (const { _id, wrapped } of this.namedSecrets.find({})) {
      const next = this.wrapper.rewrap(bytesOf(wrapped), secretName(_id.name, _id.version));
      if (next) rewrapped += (await this.namedSecrets.updateOne({ _id }, { $set: { wrapped: next } })).modifiedCount;
    }
    return rewrapped;
  }

  availability() {
    return this.link.availability();
  }

  async close() {
    await this.client.close();
  }

  /** Adds a version of a secret. If another process has added that version meanwhile, returns theirs. */
  private async add(name: string, version: number): Promise<Secret> {
    const { key, wrapped } = this.wrapper.generate(secretName(name, version));
    try {
      await this.namedSecrets.insertOne({ _id: { name, version }, wrapped });
      return { version, value: key };
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      const theirs = (await this.secrets(name)).find((secret) => secret.version === version);
      if (!theirs) throw new Conflict('keys/unavailable', `The secret ${name} could not be read; try again.`);
      return theirs;
    }
  }

  private async stored(subjects: readonly string[]): Promise<Map<string, Buffer | null>> {
    const found = await this.subjects.find({ _id: { $in: [...subjects] } }).toArray();
    return new Map(
      found.map(({ _id, wrapped }) => [_id, wrapped && this.wrapper.unwrap(bytesOf(wrapped), subjectName(_id))]),
    );
  }
}

const subjectName = (subject: string) => `subject ${subject}`;
const secretName = (name: string, version: number) => `secret ${version} ${name}`;

const bytesOf = (value: Binary | Buffer): Uint8Array => (Buffer.isBuffer(value) ? value : value.value());

const refuseErased = (keys: ReadonlyMap<string, Buffer | null>) => {
  for (const [subject, key] of keys) if (key === null) throw subjectErased(subject);
};

const isDuplicate = (error: unknown) => error instanceof MongoServerError && error.code === DUPLICATE;

const ignoreDuplicates = (error: unknown) => {
  const faults = error instanceof MongoBulkWriteError ? [error.writeErrors].flat() : [];
  if (faults.length === 0 || faults.some(({ code }) => code !== DUPLICATE)) throw error;
};
