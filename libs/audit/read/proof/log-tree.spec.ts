import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  catalogueOf,
  LOG_STATE,
  START,
  type Document,
  type Documents,
  type EventLog,
  type EventToAppend,
  type RawEvent,
} from '@baton/kernel';
import { eventually, FixedClock } from '@baton/kernel/testing';
import { EmbeddedDocuments, MemoryDocuments, ReadModels } from '@baton/platform/documents';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { replay, Runner } from '@baton/platform/runner';
import { leafOf, leafText, logTree, placeOf, placeText, type OpenTiles } from './log-tree.projection';
import { LogTree } from './log-tree.query';
import { GrowingTree, isConsistent, leafHash, rootByInclusion, TILE_WIDTH } from './merkle.rules';

const folder = mkdtempSync(join(tmpdir(), 'baton-tree-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const catalogue = catalogueOf([]); // it knows no event type: the tree does not need to
const fence = () => ({ lease: 'test', token: 1 });

const event = (n: number): EventToAppend => {
  const id = randomUUID();
  const meta = {
    ...{ actor: 'ann', origin: 'person' as const, mode: 'live' as const, schema: 1, commandHash: '1.ab' },
    ...{ occurredAt: '2023-06-01T00:00:00.000Z', commandId: id, $correlationId: id, $causationId: id },
    ...(n % 3 === 0 && { sequence: n }),
  };
  return { id, type: 'OfNobody', data: { n, name: { $sealed: 'v1.x' }, umlaut: 'ä', b: 1, a: 2 }, meta };
};
let logs = 0;
const logOf = async (count: number): Promise<EmbeddedEventLog> => {
  const log = EmbeddedEventLog.open(join(folder, `${logs++}.db`), new FixedClock());
  await add(log, 0, count);
  return log;
};
const add = async (log: EventLog, from: number, count: number): Promise<void> => {
  for (let n = from; n < from + count; n += 100) {
    const some = Array.from({ length: Math.min(100, from + count - n) }, (_, at) => event(n + at));
    const { status } = (await log.appendMany([{ stream: `lead-${n}`, events: some, expected: 'none' }]))[0]!;
    expect(status).toBe('fulfilled');
  }
};
const eventsOf = async (log: EventLog): Promise<readonly RawEvent[]> => (await log.readAll(START, {}, 100_000)).events;
const fold = async (log: EventLog, documents: Documents, pageSize: number) => {
  const journal = new SealedJournal(log, catalogue, new MemoryKeyStore());
  await replay({ log, journal, documents }, logTree, 'log-tree-v2', fence, { pageSize });
  return LogTree.open(new ReadModels(documents));
};
const rootsOf = (events: readonly RawEvent[]) => {
  const [tree, places] = [new GrowingTree(), new GrowingTree()];
  for (const one of events) {
    tree.add(leafHash(leafText(leafOf(one))));
    places.add(leafHash(placeText(placeOf(one))));
  }
  return { events: tree.root(), places: places.root() };
};
const all = (documents: Documents): Promise<readonly Document[]> =>
  documents.find({ name: 'log-tree-v2', columns: logTree.columns }, { limit: 10_000 });

describe('the Merkle log', () => {
  it('has a leaf of what an event says, in canonical JSON, and nothing of what the store adds', async () => {
    const [first, second] = await eventsOf(await logOf(2));
    const { commandId } = first!.meta;
    expect(leafText(leafOf(first!))).toBe(
      `{"data":{"a":2,"b":1,"n":0,"name":{"$sealed":"v1.x"},"umlaut":"ä"},"id":"${first!.id}","meta":{"actor":"ann","causation":"${commandId}","commandHash":"1.ab","commandId":"${commandId}","correlation":"${commandId}","mode":"live","occurredAt":"2023-06-01T00:00:00.000Z","origin":"person","schema":1,"sequence":0},"revision":0,"stream":"lead-0","type":"OfNobody"}`,
    );
    expect(leafText(leafOf(second!))).not.toContain('sequence');
    const place = placeText(placeOf(first!));
    expect(place).toBe(`{"position":"${first!.position}","recordedAt":"${first!.recordedAt}"}`);
  });

  it('has the same rows in any page size, on any store, and after any interruption', async () => {
    const log = await logOf(600);
    const [memory, embedded] = [new MemoryDocuments(), await EmbeddedDocuments.open(join(folder, 'documents.db'))];
    const expected = rootsOf(await eventsOf(log));
    for (const [documents, pageSize] of [
      [memory, 5000],
      [embedded, 7],
    ] as const) {
      const tree = await fold(log, documents, pageSize);
      expect([tree.size, await tree.root(), await tree.root(600, 'places')]).toEqual([
        600,
        expected.events,
        expected.places,
      ]);
    }
    expect(await all(embedded)).toEqual(await all(memory));
    expect((await all(memory)).map(({ id }) => id)).toEqual([
      ...['0/0000000000', '0/0000000001', 'ids/0000000000', 'ids/0000000001'],
      LOG_STATE,
    ]);
    // Continued from what was saved at 600.
    await add(log, 600, 300);
    const saved = ((await all(memory)).at(-1)!.doc as { state: object }).state;
    const [goesOn, anew] = [logTree.ofLog.from(saved), logTree.ofLog.from(undefined)];
    const events = await eventsOf(log);
    const rows = events.flatMap((one) => anew.add(one));
    expect(events.slice(600).flatMap((one) => goesOn.add(one))).toEqual(rows.slice(4));
    expect(JSON.parse(JSON.stringify(goesOn.state()))).toEqual(anew.state());
    await embedded.close();
  });

  it('proves each event and each earlier size', async () => {
    const log = await logOf(600);
    const documents = new MemoryDocuments();
    const tree = await fold(log, documents, 5000);
    const events = await eventsOf(log);
    for (const index of [0, 1, 255, 256, 511, 512, 598, 599])
      for (const size of [600, index + 1, 513].filter((one) => one > index)) {
        const root = rootsOf(events.slice(0, size));
        const leaf = leafHash(leafText(leafOf(events[index]!)));
        expect(await tree.leafHashAt(index)).toEqual(leaf);
        expect(rootByInclusion(index, size, leaf, await tree.inclusion(index, size))).toEqual(root.events);
        const place = leafHash(placeText(await tree.placeAt(index)));
        expect(rootByInclusion(index, size, place, await tree.inclusion(index, size, 'places'))).toEqual(root.places);
      }
    for (const from of [0, 1, 255, 256, 257, 512, 600]) {
      const [a, b] = [
        { size: from, root: await tree.root(from) },
        { size: 600, root: await tree.root() },
      ];
      expect(isConsistent(a, b, await tree.consistency(from, 600))).toBe(true);
    }
    for (const { index, event: found } of await Promise.all([
      tree.find(log, { position: events[300]!.position }),
      tree.find(log, { eventId: events[300]!.id }),
    ]))
      expect([index, found.id]).toEqual([300, events[300]!.id]);
    expect((await tree.find(log, { eventId: events[599]!.id })).index).toBe(599);
    await expect(tree.find(log, { eventId: randomUUID() })).rejects.toMatchObject({ code: 'proof/unknown-event' });
    await expect(tree.root(601)).rejects.toMatchObject({ code: 'proof/beyond-log' });
    await expect(tree.inclusion(512, 512)).rejects.toMatchObject({ code: 'proof/not-in-tree' });
    await expect(tree.consistency(5, 4)).rejects.toMatchObject({ code: 'proof/wrong-order' });
  });

  it('finds events by their ids, also where many begin alike or are short', async () => {
    const log = EmbeddedEventLog.open(join(folder, `${logs++}.db`), new FixedClock());
    const [alike, other] = [`${'ab'.repeat(7)}`, `${'ba'.repeat(7)}`];
    const ids = Array.from({ length: 600 }, (_, n) =>
      n % 100 === 7 ? `${alike}-${n}` : n % 2 ? `e${n}` : randomUUID(),
    );
    for (const [n, id] of ids.entries()) await log.append(`lead-${n}`, [{ ...event(n), id }], 'none');
    const tree = await fold(log, new MemoryDocuments(), 5000);
    for (const index of [0, 1, 7, 107, 255, 256, 507, 513, 598, 599])
      expect((await tree.find(log, { eventId: ids[index]! })).index).toBe(index);
    for (const eventId of ['', 'e', 'e2', alike, `${alike}-8`, other, ids[0]!.slice(0, -1)])
      await expect(tree.find(log, { eventId })).rejects.toMatchObject({ code: 'proof/unknown-event' });
    await add(log, 600, 100);
    await expect(tree.find(log, { eventId: (await eventsOf(log))[650]!.id })).rejects.toMatchObject({
      code: 'proof/unknown-event', // it is behind the tree as it was opened
    });
  });

  it('has tiles of tiles from 65,536 events on', async () => {
    const count = TILE_WIDTH ** 2 + TILE_WIDTH + 5;
    const [first] = await eventsOf(await logOf(1));
    const documents = new MemoryDocuments();
    const folding = logTree.ofLog.from(undefined);
    const [whole, before] = [new GrowingTree(), new GrowingTree()];
    const rows: Document[] = [];
    for (let n = 0; n < count; n++) {
      const one = { ...first!, data: n, position: String(n).padStart(10, '0') };
      rows.push(...folding.add(one).map((row) => ({ ...row, position: one.position })));
      const leaf = leafHash(leafText(leafOf(one)));
      whole.add(leaf);
      if (n < TILE_WIDTH ** 2 - 1) before.add(leaf);
    }
    rows.push({ id: LOG_STATE, doc: { count, state: folding.state() }, position: 'z' });
    const collection = { name: 'log-tree-v2', columns: logTree.columns };
    const checkpoint = { position: 'z', count, digest: '' };
    await documents.commit({
      follower: 'log-tree-v2',
      checkpoint,
      fence: fence(),
      writes: { collection, documents: rows },
    });
    const tree = await LogTree.open(new ReadModels(documents));
    expect(rows.filter(({ id }) => id.startsWith('1/'))).toHaveLength(1);
    expect([await tree.root(), await tree.root(TILE_WIDTH ** 2 - 1)]).toEqual([whole.root(), before.root()]);
    const size = TILE_WIDTH ** 2;
    const proof = await tree.consistency(size - 1, count);
    const [a, b] = [
      { size: size - 1, root: before.root() },
      { size: count, root: whole.root() },
    ];
    expect(isConsistent(a, b, proof)).toBe(true);
    for (const index of [0, 12_345, size, count - 1])
      expect(rootByInclusion(index, count, await tree.leafHashAt(index), await tree.inclusion(index))).toEqual(
        whole.root(),
      );
  });
});

describe('a follower of the log', () => {
  const runnerOf = (log: EventLog, documents: Documents, faults: unknown[] = []) =>
    new Runner({
      ...{ log, documents, journal: new SealedJournal(log, catalogue, new MemoryKeyStore()) },
      ...{ projections: [logTree], policies: [], aggregates: [], clock: new FixedClock() },
      dispatch: () => Promise.reject(new Error('nothing is sent')),
      onFault: (error) => void faults.push(error),
    });

  it('follows, continues after a stop, is verified, and is rebuilt to the same bytes', async () => {
    const log = await logOf(300);
    const documents = new MemoryDocuments();
    for (const more of [0, 100, 250]) {
      if (more > 0) await add(log, 1000 * more, more);
      const runner = runnerOf(log, documents);
      await runner.start({ tick: false });
      await runner.catchUp();
      const tree = await LogTree.open(new ReadModels(documents));
      expect(await tree.root()).toEqual(rootsOf(await eventsOf(log)).events);
      expect(await runner.verify()).toMatchObject([{ follower: 'log-tree-v2', complete: true }]);
      await runner.stop();
    }
    const before = await all(documents);
    const runner = runnerOf(log, documents);
    await runner.start({ tick: false });
    const { generation } = await runner.rebuild('log-tree');
    await eventually(async () => (await runner.parked()).length === 0);
    expect(await documents.find({ name: generation, columns: logTree.columns }, { limit: 100 })).toEqual(before);
    await runner.stop();
  });

  it('folds anew where a store has saved the state and not the checkpoint', async () => {
    const log = await logOf(300);
    const documents = new MemoryDocuments();
    await fold(log, documents, 5000);
    const checkpoint = (await documents.checkpoint('log-tree-v2'))!;
    const earlier = { ...checkpoint, position: (await eventsOf(log))[99]!.position, count: 100 };
    await documents.commit({ follower: 'log-tree-v2', checkpoint: earlier, fence: fence() });
    await add(log, 1000, 300);
    const tree = await fold(log, documents, 50);
    expect([tree.size, await tree.root()]).toEqual([600, rootsOf(await eventsOf(log)).events]);
  });

  it('names the events that were altered in the log, and tiles that were altered or added', async () => {
    const log = await logOf(600);
    const documents = new MemoryDocuments();
    const runner = runnerOf(log, documents);
    await runner.start({ tick: false });
    await runner.catchUp();
    await runner.stop();
    const altered = (index: number): EventLog =>
      new Proxy(log, {
        get: (target, name) =>
          name === 'readAll'
            ? async (...args: Parameters<EventLog['readAll']>) => {
                const page = await target.readAll(...args);
                const position = String(index).padStart(page.events[0]?.position.length ?? 0, '0');
                const changed = (one: RawEvent) => (one.position === position ? { ...one, data: { n: -1 } } : one);
                return { ...page, events: page.events.map(changed) };
              }
            : (Reflect.get(target, name) as () => unknown).bind(target),
      });
    for (const index of [5, 590]) {
      const position = (await eventsOf(log))[index - 1]!.position;
      const [result] = await runnerOf(altered(index), documents).verify();
      expect(result).toMatchObject({ complete: false, code: 'read/events-differ' });
      expect(result!.differing).toContain(`the event at position ${position}`);
    }
    const collection = { name: 'log-tree-v2', columns: logTree.columns };
    const [tile] = await all(documents);
    const write = async (document: Document) =>
      documents.commit({
        ...{ follower: 'log-tree-v2', fence: { lease: 'test', token: 99 } },
        checkpoint: (await documents.checkpoint('log-tree-v2'))!,
        writes: { collection, documents: [document] },
      });
    await write({ ...tile!, id: '0/0000000009', position: 'z' });
    expect(await runnerOf(log, documents).verify()).toMatchObject([{ code: 'read/documents-differ' }]);
    await write({ ...tile!, doc: { ...tile!.doc, ids: [] } as OpenTiles, position: 'z' });
    expect(await runnerOf(log, documents).verify()).toMatchObject([
      { code: 'read/documents-differ', differing: ['0/0000000000', expect.anything()] },
    ]);
  });
});
