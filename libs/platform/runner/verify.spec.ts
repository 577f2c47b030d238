import { copyFileSync, openSync, rmSync, statSync, writeSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { catalogueOf, DecisionContext, type Journal } from '@baton/kernel';
import { eventually, FixedClock } from '@baton/kernel/testing';
import { DAMAGE, damage } from '../../../test/support/damaged-file';
import { temporaryFolder } from '../../../test/support/baton';
import { echo, sendTo, sumsOf, tillEvents, ToTill } from '../../../test/support/till';
import { EmbeddedDocuments, ReadModels } from '../documents';
import { EmbeddedEventLog, SealedJournal } from '../event-log';
import { MemoryKeyStore } from '../keys';
import { openDatabase } from '../sqlite';
import { differingDocuments } from './verify-documents';
import { followerEvents } from './parked.events';
import { Runner } from './runner';

const sums = sumsOf(() => true);

const all = temporaryFolder();
let worlds = 0;
/** A runner on files, which a test may change while they are closed. */
const onFiles = () => {
  const folder = join(all, String(worlds++));
  const file = (name: string) => join(folder, `${name}.db`);
  const keys = new MemoryKeyStore();
  const clock = new FixedClock();
  let sent = 0;
  const open = async () => {
    const log = EmbeddedEventLog.open(file('log'), clock);
    const documents = await EmbeddedDocuments.open(file('documents'));
    const journal: Journal = new SealedJournal(log, catalogueOf([tillEvents, followerEvents]), keys);
    const send = sendTo(journal, new DecisionContext(clock));
    const faults: unknown[] = [];
    const runner = new Runner({
      ...{ log, journal, documents, clock, projections: [sums], policies: [echo], aggregates: [], dispatch: send },
      onFault: (fault) => faults.push(fault),
    });
    const drop = async (tillId: string, ...coins: number[]) => {
      for (const one of coins) {
        const meta = { commandId: `drop-${sent++}`, actor: 'tester', origin: 'person' as const };
        const data = { tillId, leadId: `lead-${tillId}`, coins: one };
        await send(new ToTill(tillId, { type: 'DropCoin', data, meta }));
      }
    };
    const close = async () => {
      await runner.stop();
      await log.close();
      await documents.close();
    };
    return { log, journal, documents, runner, faults, drop, close };
  };
  /** Opens the stores, runs `act` while the runner follows, and closes them again. */
  const using = async <T>(
    act: (opened: Awaited<ReturnType<typeof open>>) => Promise<T>,
    follows = true,
  ): Promise<T> => {
    const opened = await open();
    try {
      if (follows) {
        await opened.runner.start({ tick: false });
        await opened.runner.catchUp();
      }
      const result = await act(opened);
      if (follows) await opened.runner.catchUp();
      return result;
    } finally {
      await opened.close();
    }
  };
  const tamper = (name: 'log' | 'documents', ...sql: string[]) => {
    const database = openDatabase(file(name), { synchronous: 'FULL' });
    for (const one of sql) expect(database.prepare(one).run().changes).toBeGreaterThan(0);
    database.close();
  };
  /** The code of each follower that a verification finds incomplete. */
  const verified = () =>
    using(async ({ runner }) => {
      const answers = (await runner.verify()).filter(({ complete }) => !complete);
      return Object.fromEntries(answers.map(({ follower, code }) => [follower, code]));
    }, false);
  return { file, using, tamper, verified };
};
const coins = [1, 2, 11, 4];
const filledWorld = async () => {
  const world = onFiles();
  await world.using(({ drop }) => drop('a', ...coins).then(() => drop('b', ...coins)));
  expect(await world.verified()).toEqual({});
  return world;
};

describe('a verification finds', () => {
  it.each([
    [
      'an event whose data was altered',
      { sums: true, policy: true },
      `UPDATE events SET data = replace(data, '":2', '":3')`,
    ],
    [
      'an event whose recordedAt was altered',
      { sums: true, policy: true },
      `UPDATE events SET recordedAt = '2023-01-01T00:00:00.000Z'`,
    ],
  ])('%s in the log', async (_, who, sql) => {
    const { tamper, verified } = await filledWorld();
    tamper('log', sql);
    expect(await verified()).toEqual({
      ...(who.sums && { 'sums-v1': 'read/events-differ' }),
      ...(who.policy && { 'policy-echo-v1': 'read/events-differ' }),
    });
  });

  it('an event that was deleted from the middle of a stream', async () => {
    const { tamper, verified } = await filledWorld();
    tamper('log', `DELETE FROM events WHERE revision = 1 AND stream = 'till-a'`);
    expect(await verified()).toEqual({ 'sums-v1': 'read/log-gap', 'policy-echo-v1': 'read/log-gap' });
  });

  it.each([
    ['deleted', `DELETE FROM "documents-sums-v1" WHERE id = 'till-b'`],
    ['altered', `UPDATE "documents-sums-v1" SET doc = '{"coins":0,"seen":[1]}' WHERE id = 'till-b'`],
    ['altered in a column', `UPDATE "documents-sums-v1" SET "c_coins" = 19 WHERE id = 'till-b'`],
    ['emptied in a column', `UPDATE "documents-sums-v1" SET "c_coins" = NULL WHERE id = 'till-b'`],
    ['made unreadable', `UPDATE "documents-sums-v1" SET doc = substr(doc, 1, length(doc) - 1) WHERE id = 'till-b'`],
    [
      'added',
      `INSERT INTO "documents-sums-v1" SELECT 'till-b', position, doc, "c_coins" FROM "documents-sums-v1" LIMIT 1`,
    ],
  ])('a document that was %s', async (what, sql) => {
    const { using, tamper, verified } = await filledWorld();
    tamper('documents', what === 'added' ? sql.replace(`'till-b'`, `'till-x'`) : sql);
    expect(await verified()).toEqual({ 'sums-v1': 'read/documents-differ' });
    const ids = await using(
      async ({ runner }) => (await runner.verify()).flatMap(({ differing = [] }) => differing),
      false,
    );
    expect(ids).toEqual([what === 'added' ? 'till-x' : 'till-b']);
  });

  it('that the names of fields of packed documents were altered', async () => {
    const { tamper, verified } = await filledWorld();
    tamper('documents', `UPDATE shapes SET shapes = replace(shapes, 'coins', 'koins')`);
    expect(await verified()).toEqual({ 'sums-v1': 'read/documents-differ' });
    tamper('documents', `DELETE FROM shapes`);
    expect(await verified()).toEqual({ 'sums-v1': 'read/documents-differ' });
  });

  it('a differing document with any batch size', async () => {
    const { using, tamper } = await filledWorld();
    tamper('documents', `DELETE FROM "documents-sums-v1" WHERE id = 'till-a'`);
    for (const batchSize of [1, 2, 100])
      expect(await using((stores) => differingDocuments(stores, sums, 'sums-v1', batchSize), false)).toEqual([
        'till-a',
      ]);
  });

  it.each(['log', 'documents'] as const)('garbage in the file of %s', async (name) => {
    const { file, using } = await filledWorld();
    await using(({ drop }) => drop('c', ...Array.from({ length: 200 }, () => 1)));
    const { size } = statSync(file(name));
    const handle = openSync(file(name), 'r+');
    for (let at = 8192; at + 4096 <= size; at += 4096) writeSync(handle, Buffer.alloc(2000, 0xa5), 0, 2000, at);
    closeSync(handle);
    const database = openDatabase(file(name), { synchronous: 'FULL' });
    expect(database.integrityFaults().length).toBeGreaterThan(0);
    database.close();
  });

  it('damage that only the integrity check of the file detects', async () => {
    const { file } = await filledWorld();
    damage(file('documents'));
    const database = openDatabase(file('documents'), { synchronous: 'FULL' });
    expect(database.integrityFaults()).toEqual([DAMAGE]);
    database.close();
  });
});

describe('an older log behind newer read models', () => {
  it('is detected even after it has grown past the old checkpoints, and no event of it is skipped', async () => {
    const { file, using, verified } = await filledWorld();
    copyFileSync(file('log'), file('older'));
    await using(({ drop }) => drop('lost', ...coins));
    for (const rest of ['-wal', '-shm']) rmSync(`${file('log')}${rest}`, { force: true });
    copyFileSync(file('older'), file('log'));
    await using(({ drop }) => drop('new', ...coins, ...coins), false); // without following
    await using(async ({ runner, documents, faults }) => {
      await eventually(async () => (await runner.verify()).every(({ complete }) => complete));
      await runner.catchUp();
      expect(faults).toMatchObject([{ code: 'read/other-log' }, { code: 'read/other-log' }]);
      const models = new ReadModels(documents);
      expect(await models.get(sums, 'till-lost')).toBeUndefined();
      expect(await models.get(sums, 'till-new')).toMatchObject({ coins: 36 });
      expect(await models.get(sums, 'till-echo-new')).toBeDefined();
    });
    expect(await verified()).toEqual({});
  });
});
