import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Clock, fromMs, type EventLog, type EventMeta, type EventToAppend, type RawEvent } from '@baton/kernel';
import { readConfig } from '../config';
import { EmbeddedDocuments } from '../documents';
import { EmbeddedEventLog } from '../event-log';
import { EmbeddedKeyStore, logKeys, masterKey } from '../keys';
import { backUp, copyLog, openLog, restore, restorePolicies } from '.';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'baton-backup-'))));
afterEach(() => rmSync(folder, { recursive: true }));
const place = (name: string): string => join(folder, name);

/** A clock that advances with every read. */
class TickingClock extends Clock {
  private ms = Date.UTC(2024, 0, 1);
  now() {
    return fromMs((this.ms += 7));
  }
}
const clock = new TickingClock();
const open = (name: string): EmbeddedEventLog => EmbeddedEventLog.open(join(place(name), 'log.db'), clock);

const meta = (commandId: string): EventMeta => ({
  actor: 'system:page',
  origin: 'person',
  occurredAt: '2024-01-01T00:00:00.000Z',
  commandId,
  commandHash: 'h',
  schema: 1,
  mode: 'live',
  $correlationId: commandId,
  $causationId: commandId,
});
let made = 0;
const event = (
  data: object = { text: 'Zoë “x”\n\u2028', list: [1, 2.5, -0.1, 1e21], nested: { '2': 'b', '1': 'a' } },
): EventToAppend => {
  const id = `6ec8ab34-0000-4000-8000-${String(++made).padStart(12, '0')}`;
  return { id, type: 'ThingHappened', data, meta: meta(`c-${made}`) };
};
/** Appends to seven streams in turn, one to three events each. */
const fill = async (log: EventLog, appends: number, from = 0): Promise<void> => {
  for (let i = from; i < from + appends; i++) {
    const stream = `thing-${i % 7}`;
    await log.append(
      stream,
      Array.from({ length: 1 + (i % 3) }, () => event()),
      'any',
    );
  }
};
const all = async (log: EventLog): Promise<readonly RawEvent[]> => (await log.readAll('', {}, 1_000_000)).events;
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing',
    (error: { code?: string }) => error.code ?? String(error),
  );

describe('a copy of a log', () => {
  it('and a copy of the copy have the same bytes as the source', async () => {
    const [first, second, third] = [open('a'), open('b'), open('c')];
    await fill(first, 100);
    const out = await copyLog(first, second);
    const back = await copyLog(second, third);
    const bytes = async (log: EventLog) => (await all(log)).map((one) => JSON.stringify(one)).join('\n');
    const expected = await bytes(first);
    expect(await bytes(second)).toBe(expected); // positions and recordedAt too
    expect(await bytes(third)).toBe(expected);
    expect(back).toEqual(out);
    expect(out).toMatchObject({ written: out.events, events: (await all(first)).length });
    expect(new Set((await all(third)).map(({ recordedAt }) => recordedAt)).size).toBeGreaterThan(50);
    for (const log of [first, second, third]) await log.close();
  });

  it('continues an interrupted run, and adds new events', async () => {
    const [source, target] = [open('a'), open('b')];
    await fill(source, 40);
    const begun = (await all(source)).slice(0, 33); // in the middle of an append
    await target.appendCopies(begun);
    const first = await copyLog(source, target);
    expect(first.written).toBe((await all(source)).length - 33);
    expect((await copyLog(source, target)).written).toBe(0);
    await fill(source, 5, 40);
    const more = await copyLog(source, target);
    expect(more.written).toBe((await all(source)).length - first.events);
    expect(await all(target)).toEqual(await all(source));
    await target.append('thing-0', [event()], 'any'); // the copy is a log like any other
    for (const log of [source, target]) await log.close();
  });

  it('is refused if the target has events of another log', async () => {
    const [source, target, longer] = [open('a'), open('b'), open('c')];
    await fill(source, 5);
    await fill(target, 2);
    await copyLog(source, longer);
    await fill(longer, 1, 5);
    const before = await all(target);
    expect(await codeOf(copyLog(source, target))).toBe('copy/target-differs');
    expect(await codeOf(copyLog(source, longer))).toBe('copy/target-differs');
    expect(await all(target)).toEqual(before);
    for (const log of [source, target, longer]) await log.close();
  });

  it('is refused if an event of the target has the same id and place but other data', async () => {
    const [source, target] = [open('a'), open('b')];
    await fill(source, 5);
    await target.appendCopies(
      (await all(source)).map((one, i) => (i === 3 ? { ...one, data: { forged: true } } : one)),
    );
    expect(await codeOf(copyLog(source, target))).toBe('copy/target-differs');
    for (const log of [source, target]) await log.close();
  });

  it('is refused if a stream would lack a revision', async () => {
    const log = open('a');
    await fill(log, 3);
    const before = await all(log);
    const next = { ...before[0]!, id: 'new', revision: 9 };
    expect(await codeOf(log.appendCopies([{ ...next, revision: 1 }, next]))).toBe('log/wrong-revision');
    expect(await all(log)).toEqual(before);
    await log.append('thing-0', [event()], 0);
    await log.close();
  });

  it('requires an existing source', async () => {
    expect(await codeOf(openLog(place('nowhere'), clock))).toBe('copy/no-log');
    expect(existsSync(place('nowhere'))).toBe(false);
  });
});

describe('a backup', () => {
  const config = (name: string, more: object = {}) => readConfig({ BATON_DATA_DIR: place(name), ...more });
  const key = Buffer.alloc(32, 7).toString('base64');
  const running = async (name: string, configured?: string) => {
    const log = open(name);
    const keys = EmbeddedKeyStore.open(join(place(name), 'keys.db'), masterKey(place(name), configured));
    const documents = await EmbeddedDocuments.open(join(place(name), 'documents.db'));
    return { log, keys, documents, close: () => Promise.all([log.close(), keys.close(), documents.close()]) };
  };

  it('can be restored with its master key only', async () => {
    const live = await running('live', key);
    await fill(live.log, 20);
    const ada = (await live.keys.make(['ada'])).get('ada');
    const manifest = await backUp(place('copy'), config('live', { BATON_MASTER_KEY: key }), live.documents, clock);
    expect(readdirSync(place('copy')).sort()).toEqual(['keys.db', 'log.db', 'manifest.json']);
    expect(manifest).toMatchObject({ position: await live.log.tip(), events: (await all(live.log)).length });
    const bytes = readFileSync(join(place('copy'), 'keys.db'));
    expect(bytes.includes(ada!)).toBe(false);

    expect(await codeOf(restore(place('copy'), config('new'), clock, []))).toBe('backup/no-master-key');
    const other = Buffer.alloc(32, 8).toString('base64');
    expect(await codeOf(restore(place('copy'), config('new', { BATON_MASTER_KEY: other }), clock, []))).toBe(
      'keys/wrong-master-key',
    );
    await restore(place('copy'), config('new', { BATON_MASTER_KEY: key }), clock, []);
    const restored = await running('new', key);
    expect(await all(restored.log)).toEqual(await all(live.log));
    expect((await restored.keys.find(['ada'])).get('ada')).toEqual(ada);
    await Promise.all([live.close(), restored.close()]);
  });

  it('contains the master key and the signing key only on request', async () => {
    const live = await running('live');
    await fill(live.log, 3);
    const { signing } = logKeys(config('live'), 'live');
    await backUp(place('without'), config('live'), live.documents, clock);
    expect(readdirSync(place('without')).filter((name) => name.endsWith('.key'))).toEqual([]);
    await backUp(place('copy'), config('live'), live.documents, clock, { withSecrets: true });
    await restore(place('copy'), config('new'), clock, []);
    expect(readFileSync(join(place('new'), 'master.key'))).toEqual(readFileSync(join(place('live'), 'master.key')));
    expect(logKeys(config('new'), 'live').signing.text).toBe(signing.text);
    const outside = config('live', { BATON_MASTER_KEY: key });
    for (const name of ['master.key', 'signing.key']) rmSync(join(place('live'), name));
    expect(await codeOf(backUp(place('two'), outside, live.documents, clock, { withSecrets: true }))).toBe(
      'backup/no-secrets',
    );
    await live.close();
  });

  it('lets policies continue where they were', async () => {
    const live = await running('live', key);
    await fill(live.log, 3);
    const follower = 'policy-people-v1';
    const checkpoint = { position: '0000000000000002', count: 2, digest: 'ab' };
    const parked = {
      follower,
      sequence: 'thing-1',
      position: '0000000000000001',
      eventId: 'e',
      code: 'c/d',
      message: 'm',
    };
    const fence = (await live.documents.lease(follower, 'me'))!;
    await live.documents.commit({ follower, checkpoint, parked: [parked], fence });
    const configured = { BATON_MASTER_KEY: key };
    await backUp(place('copy'), config('live', configured), live.documents, clock);
    const manifest = await restore(place('copy'), config('new', configured), clock, []);
    const restored = await running('new', key);
    await restorePolicies(restored.documents, manifest);
    expect(await restored.documents.checkpoint(follower)).toEqual(checkpoint);
    expect(await restored.documents.parked(follower)).toMatchObject([parked]);
    await Promise.all([live.close(), restored.close()]);
  });

  it('is refused if its manifest names other files, and nothing is written', async () => {
    const live = await running('live', key);
    await fill(live.log, 3);
    await backUp(place('copy'), config('live', { BATON_MASTER_KEY: key }), live.documents, clock);
    await live.close();
    const path = join(place('copy'), 'manifest.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as { files: { name: string }[]; policies: object[] };
    const [one, two] = manifest.files;
    // The file that the manifest names exists, with the right size and hash.
    writeFileSync(place('outside'), readFileSync(join(place('copy'), one!.name)));
    const faulty: readonly object[] = [
      { ...manifest, files: [...manifest.files, { ...one, name: '../outside' }] },
      { ...manifest, files: [{ ...one, name: place('outside') }, two] },
      { ...manifest, files: [one, two, one] },
      { ...manifest, files: [one] },
      { ...manifest, files: 'all' },
      { ...manifest, files: [one, two, null] },
      { ...manifest, policies: [null] },
      { ...manifest, policies: [{ follower: 'leads-v1', checkpoint: {}, parked: [] }] },
    ];
    for (const text of [...faulty.map((one) => JSON.stringify(one)), '{ "format": 1'])
      expect([
        writeFileSync(path, text),
        await codeOf(restore(place('copy'), config('new', { BATON_MASTER_KEY: key }), clock, [])),
      ]).toEqual([undefined, 'backup/unreadable-manifest']);
    expect(existsSync(place('new'))).toBe(false);
  });

  it('is refused if it was altered or is incomplete, or the target is not empty', async () => {
    const live = await running('live', key);
    await fill(live.log, 3);
    const configured = config('live', { BATON_MASTER_KEY: key });
    const target = config('new', { BATON_MASTER_KEY: key });
    await backUp(place('copy'), configured, live.documents, clock);
    expect(await codeOf(backUp(place('copy'), configured, live.documents, clock))).toBe('backup/not-empty');
    expect(await codeOf(restore(place('copy'), configured, clock, []))).toBe('backup/not-empty');
    expect(await codeOf(restore(place('live'), target, clock, []))).toBe('backup/no-manifest');
    expect(
      await codeOf(
        restore(place('copy'), readConfig({ BATON_MONGODB_URL: 'mongodb://x', BATON_MASTER_KEY: 'given' }), clock, []),
      ),
    ).toBe('backup/server-stores');
    const log = join(place('copy'), 'log.db');
    const bytes = readFileSync(log);
    bytes[bytes.length - 20]! ^= 1;
    writeFileSync(log, bytes);
    expect(await codeOf(restore(place('copy'), target, clock, []))).toBe('backup/altered');
    rmSync(log);
    expect(await codeOf(restore(place('copy'), target, clock, []))).toBe('backup/altered');
    const manifest = join(place('copy'), 'manifest.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"format": 1', '"format": 2'));
    expect(await codeOf(restore(place('copy'), target, clock, []))).toBe('backup/other-format');
    expect(existsSync(place('new'))).toBe(false);
    await live.close();
  });
});
