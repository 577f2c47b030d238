import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  catalogueOf,
  eventsOf,
  subjectOfRow,
  type Collection,
  type Document,
  type Journal,
  type Projection,
} from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { accessParts } from '@baton/platform/access';
import { collectionOf, EmbeddedDocuments, firstGeneration, pagesOf, statesOf } from '@baton/platform/documents';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { EmbeddedKeyStore, masterKey } from '@baton/platform/keys';
import type { VerificationResult } from '@baton/platform/runner/verify';
import { verifyAll } from '@baton/platform/runner/verify-documents';
import { openDatabase, type Sqlite } from '@baton/platform/sqlite';
import { contextParts } from '../apps/contexts';
import { temporaryFolder } from './support/baton';
import { copyDemo } from './support/demo';

/** A verification names so many. */
const NAMED = 5;
const parts = [accessParts, ...contextParts];
const projections = parts.flatMap((one) => one.projections);
/** Of each read model its documents; where a history makes rows, also the states of the subjects. */
const structures = projections.flatMap((projection) => {
  const generation = firstGeneration(projection);
  const collections = [collectionOf(projection, generation), ...(projection.history ? [statesOf(generation)] : [])];
  return collections.map((collection) => ({ projection, collection, of: collection.name }));
});
/** What the demo does not fill: only what should not exist can be planted there. */
const empty = [
  ...[
    'access-index',
    'access-matrix',
    'consents',
    'imports',
    'keys',
    'log-heads',
    'messages',
    'periods',
    'privacy-records',
    'retention-rules',
  ],
].sort();

/** Something wrong that is written into the file, and the id that a verification names for it. */
interface Fault {
  readonly what: string;
  readonly id: string;
  readonly plant: (database: Sqlite) => void;
}
const table = ({ name }: Collection) => `"documents-${name}"`;
const tokensTable = ({ name }: Collection) => `"tokens-${name}"`;
const changed = (database: Sqlite, sql: string, ...values: (string | number)[]) => {
  if (database.prepare(sql).run(...values).changes !== 1) throw new Error(`nothing changed: ${sql}`);
};

/** SQL that gives a column of a type another value than it has. */
const otherValue: Readonly<Record<Collection['columns'][string], (column: string) => string>> = {
  text: (column) => `ifnull(${column}, '') || 'x'`,
  instant: (column) => `ifnull(${column}, 0) + 1`,
  integer: (column) => `ifnull(${column}, 0) + 1`,
  real: (column) => `ifnull(${column}, 0) + 0.5`,
  flag: (column) => `1 - ifnull(${column}, 0)`,
  tokens: (column) => `json_insert(ifnull(${column}, '[]'), '$[#]', 'planted')`,
};

/** What of a document is in no column, nor in its id: that is all that its packed form says. */
const restIn = ({ columns }: Collection) => {
  return ({ id, doc }: Document): string => {
    const own = [id, subjectOfRow(id), id.slice(id.lastIndexOf('/') + 1)].map((part) => JSON.stringify(part));
    const rest = Object.entries(doc).filter(([name]) => columns[name] === undefined || columns[name] === 'tokens');
    return own.reduce((text, part) => text.replaceAll(part, 'its own'), JSON.stringify(rest));
  };
};

/** Faults of a collection, each in a document of its own where there are as many. */
const faultsOf = (collection: Collection, all: readonly Document[], database: Sqlite, isTree: boolean): Fault[] => {
  const documents = [...all];
  const next = (): string => (documents.length > 1 ? documents.shift()! : documents[0]!).id;
  const name = table(collection);
  const columns = Object.keys(collection.columns).map((column) => `"c_${column}"`);
  const copy = ['position', 'doc', ...columns].join(', ');
  if (all.length === 0) {
    const insert = `INSERT INTO ${name}(id, position, doc) VALUES('planted', 1, '{}')`;
    return [{ what: 'a document too many', id: 'planted', plant: (to) => changed(to, insert) }];
  }
  const extra = `${all[0]!.id}x`;
  const faults: Fault[] = [
    {
      what: 'a document too many',
      id: isTree ? 'rows that no event made' : extra,
      plant: (to) =>
        changed(to, `INSERT INTO ${name}(id, ${copy}) SELECT ?, ${copy} FROM ${name} WHERE id = ?`, extra, all[0]!.id),
    },
  ];
  const missing = next();
  faults.push({
    what: 'a missing document',
    id: missing,
    plant: (to) => changed(to, `DELETE FROM ${name} WHERE id = ?`, missing),
  });
  const cut = next();
  faults.push({
    what: 'an unreadable or shorter document',
    id: cut,
    plant: (to) => changed(to, `UPDATE ${name} SET doc = '{"planted":1}' WHERE id = ?`, cut),
  });
  const taker = next();
  const restOf = restIn(collection);
  const its = restOf(all.find(({ id }) => id === taker)!);
  const giver = all.find((document) => ![missing, cut].includes(document.id) && restOf(document) !== its);
  if (giver)
    faults.push({
      what: 'the document of another',
      id: taker,
      plant: (to) =>
        changed(to, `UPDATE ${name} SET doc = (SELECT doc FROM ${name} WHERE id = ?) WHERE id = ?`, giver.id, taker),
    });
  for (const [column, type] of Object.entries(collection.columns)) {
    const id = next();
    const sql = `UPDATE ${name} SET "c_${column}" = ${otherValue[type](`"c_${column}"`)} WHERE id = ?`;
    faults.push({ what: `another value of the column ${column}`, id, plant: (to) => changed(to, sql, id) });
  }
  const hasTokens = Object.values(collection.columns).includes('tokens');
  const token =
    hasTokens && database.prepare(`SELECT id FROM ${tokensTable(collection)} LIMIT 1`).get<{ id: string }>();
  if (token)
    faults.push(
      {
        what: 'a lost token',
        id: token.id,
        plant: (to) =>
          changed(
            to,
            `DELETE FROM ${tokensTable(collection)} WHERE (field, token, id) IN (SELECT field, token, id FROM ${tokensTable(collection)} WHERE id = ? LIMIT 1)`,
            token.id,
          ),
      },
      {
        what: 'a token of another',
        id: 'nobody',
        plant: (to) =>
          changed(
            to,
            `INSERT INTO ${tokensTable(collection)}(field, token, id) SELECT field, token, 'nobody' FROM ${tokensTable(collection)} LIMIT 1`,
          ),
      },
    );
  return faults;
};

/** Faults that are planted together: no more than are named, and no two in one document. A tree names much for each. */
const roundsOf = (faults: readonly Fault[], isTree: boolean): Fault[][] => {
  const rounds: Fault[][] = [];
  for (const fault of faults) {
    const fits = (round: Fault[]) => !isTree && round.length < NAMED && round.every(({ id }) => id !== fault.id);
    const round = rounds.find(fits);
    if (round) round.push(fault);
    else rounds.push([fault]);
  }
  return rounds;
};

describe('a verification of the demo', () => {
  const folder = temporaryFolder();
  const kept = join(folder, 'documents.db');
  let files = 0;
  let log: EmbeddedEventLog;
  let keys: EmbeddedKeyStore;
  let journal: Journal;
  beforeAll(async () => {
    await copyDemo(folder);
    log = EmbeddedEventLog.open(join(folder, 'log.db'), new FixedClock());
    keys = EmbeddedKeyStore.open(join(folder, 'keys.db'), masterKey(folder));
    journal = new SealedJournal(log, catalogueOf(eventsOf(parts)), keys);
  });
  afterAll(async () => {
    await keys.close();
    await log.close();
  });

  /** The results of verifying some read models together. */
  const verified = async (
    some: readonly Projection[],
    documents: EmbeddedDocuments,
  ): Promise<ReadonlyMap<Projection, VerificationResult>> => {
    const followers = await Promise.all(
      some.map(async (projection) => {
        const owner = firstGeneration(projection);
        const checkpoint = await documents.checkpoint(owner);
        return { follower: owner, owner, types: projection.types, checkpoint, projection };
      }),
    );
    const results = await verifyAll({ log, journal, documents }, followers);
    return new Map(results.map((result, index) => [some[index]!, result]));
  };
  const withFile = async <T>(act: (documents: EmbeddedDocuments, database: Sqlite) => Promise<T>): Promise<T> => {
    // Another file each time: one that is written over may still be open, until the statements of its connection are collected.
    const file = join(folder, `planted-${files++}.db`);
    copyFileSync(kept, file);
    const documents = await EmbeddedDocuments.open(file);
    const database = openDatabase(file, { synchronous: 'NORMAL' });
    try {
      return await act(documents, database);
    } finally {
      database.close();
      await documents.close();
      rmSync(file);
    }
  };
  const documentsOf = async (documents: EmbeddedDocuments, collection: Collection) => {
    const all: Document[] = [];
    for await (const page of pagesOf(documents, collection)) all.push(...page);
    return all;
  };

  /** By structure: the faults of each round, and what the verification said of its read model. */
  const found = new Map<string, { readonly round: readonly Fault[]; readonly result: VerificationResult }[]>();
  let sound: ReadonlyMap<Projection, VerificationResult>;
  const without = new Set<string>();
  beforeAll(async () => {
    const planted = await withFile(async (documents, database) => {
      sound = await verified(projections, documents);
      const all: { readonly of: string; readonly projection: Projection; readonly round: readonly Fault[] }[][] = [];
      const begun = new Map<Projection, number>();
      for (const { projection, collection, of } of structures) {
        const stored = await documentsOf(documents, collection);
        if (stored.length === 0) without.add(projection.name);
        const isTree = projection.ofLog !== undefined;
        // One structure of a read model after the other; of different read models together, as each is compared alone.
        for (const round of roundsOf(faultsOf(collection, stored, database, isTree), isTree)) {
          const number = begun.get(projection) ?? 0;
          begun.set(projection, number + 1);
          (all[number] ??= []).push({ of, projection, round });
        }
      }
      return all;
    });
    for (const together of planted)
      await withFile(async (documents, database) => {
        for (const { round } of together) for (const { plant } of round) plant(database);
        const results = await verified(
          together.map(({ projection }) => projection),
          documents,
        );
        for (const { of, projection, round } of together)
          found.set(of, [...(found.get(of) ?? []), { round, result: results.get(projection)! }]);
      });
  });

  it('has documents of every structure, but of those that are named here', () =>
    expect([...without].sort()).toEqual(empty));

  it.each(structures)('names every fault that is planted in $of', ({ projection, of }) => {
    expect(sound.get(projection)).toMatchObject({ complete: true });
    const isTree = projection.ofLog !== undefined;
    expect(found.get(of)!.length).toBeGreaterThan(0);
    for (const { round, result } of found.get(of)!) {
      const { complete, code, differing = [] } = result;
      expect([round.map(({ what }) => what), complete, code, [...differing].sort()]).toEqual([
        round.map(({ what }) => what),
        false,
        'read/documents-differ',
        isTree ? expect.arrayContaining(round.map(({ id }) => id)) : round.map(({ id }) => id).sort(),
      ]);
    }
  });
});
