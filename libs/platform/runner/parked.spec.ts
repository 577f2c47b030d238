import {
  catalogueOf,
  Conflict,
  DecisionContext,
  events,
  eventIndex,
  policy,
  projection,
  projectionOfAllEvents,
  wordTerms,
  type EventMeta,
  type Events,
  type EventToAppend,
  type Policy,
  type Projection,
  type Sealed,
  send,
} from '@baton/kernel';
import { eventually, FixedClock } from '@baton/kernel/testing';
import { sendTo, tillEvents, ToTill, type TillEvent } from '../../../test/support/till';
import { MemoryDocuments, ReadModels } from '../documents';
import { EmbeddedEventLog, SealedJournal } from '../event-log';
import { MemoryKeyStore } from '../keys';
import { historyOf } from './history';
import { followerEvents } from './parked.events';
import type { AroundFold } from './refold';
import { Runner } from './runner';

interface Sum {
  readonly coins: number;
  readonly seen: readonly number[];
}
/** Sums the coins of each key, by default each till; while `broken`, throws at thirteen coins. */
const sumsOf = (broken: boolean, keys = (stream: string) => [stream]): Projection =>
  projection<Sum, TillEvent>({
    name: 'sums',
    version: 1,
    columns: { coins: 'integer' },
    keys: ({ stream }) => keys(stream),
    initial: () => ({ coins: 0, seen: [] }),
    on: {
      CoinDropped: ({ coins, seen }, { data }) => {
        if (broken && data.coins === 13) throw new Error('unlucky');
        return { coins: coins + data.coins, seen: [...seen, data.coins] };
      },
    },
  });
const notes = projection<{ readonly note?: Sealed }, TillEvent>({
  name: 'notes',
  version: 1,
  search: { note: wordTerms },
  keys: () => ['all'],
  initial: () => ({}),
  on: { CoinDropped: (_, { data: { note } }) => ({ note }) },
});
const everything = projectionOfAllEvents<{ readonly types: readonly string[] }>({
  name: 'everything',
  version: 1,
  keys: ({ stream }) => [stream],
  initial: () => ({ types: [] }),
  on: (doc, { type }) => ({ types: [...doc.types, type] }),
});
/** Sends one command for every drop, to a till of its own; while `broken`, throws at thirteen coins. */
const echoing = (broken: boolean): Policy =>
  policy<TillEvent>({
    name: 'echoing',
    version: 1,
    from: 'start',
    on: {
      CoinDropped: ({ data, stream }) => {
        if (broken && data.coins === 13) throw new Error('unlucky');
        const tillId = `of-${stream}-${data.coins}`;
        return [send(ToTill, tillId, { type: 'Echo', data: { tillId } })];
      },
    },
  });

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const setting = () => {
  const clock = new FixedClock();
  const log = EmbeddedEventLog.open(':memory:', clock);
  open.push(() => log.close());
  const documents = new MemoryDocuments();
  const keys = new MemoryKeyStore();
  const journalOf = (...all: Events[]) => new SealedJournal(log, catalogueOf([...all, followerEvents]), keys);
  const journal = journalOf(tillEvents);
  const send = sendTo(journal, new DecisionContext(clock));
  const faults: unknown[] = [];
  const alarms: string[] = [];
  const watched: [kind: string, readModel: string, events: number][] = [];
  const aroundFold: AroundFold = (kind, readModel, work) => {
    const one: [string, string, number] = [kind, readModel, 0];
    watched.push(one);
    return work((events) => void (one[2] += events));
  };
  const start = async (projections: readonly Projection[], policies: readonly Policy[] = [], reading = journal) => {
    const runner = new Runner({
      ...{ log, documents, clock, projections, policies, aggregates: [], dispatch: send, journal: reading },
      onFault: (fault) => faults.push(fault),
      onParked: ({ follower, sequence, code }) => alarms.push(`${follower} ${sequence} ${code}`),
      aroundFold,
    });
    await runner.start({ tick: false });
    await runner.catchUp();
    const stop = runner.stop.bind(runner);
    let stopped = false;
    runner.stop = async () => {
      if (!stopped) await stop();
      stopped = true;
    };
    open.push(() => runner.stop());
    return runner;
  };
  let sent = 0;
  const drop = (tillId: string, ...coins: number[]) =>
    coins.reduce<Promise<unknown>>(async (before, one) => {
      await before;
      const meta = { commandId: `drop-${sent++}`, actor: 'tester', origin: 'person' as const };
      const data = { tillId, leadId: `lead-${tillId}`, coins: one, note: `note ${one}` };
      return send(new ToTill(tillId, { type: 'DropCoin', data, meta }));
    }, Promise.resolve());
  const meta = (schema = 1): EventMeta => ({
    ...{ actor: 'tester', origin: 'person', occurredAt: clock.now(), commandId: `raw-${sent}`, commandHash: '' },
    ...{ schema, mode: 'live', $correlationId: 'raw', $causationId: 'raw' },
  });
  const raw = (stream: string, event: Partial<EventToAppend> & { type: string; data: unknown }) =>
    log.append(stream, [{ id: `raw-${sent++}`, meta: meta(), ...event }], 'any');
  const sum = async (id: string) => (await new ReadModels(documents).get<Sum>(sumsOf(false), id))?.seen;
  const asOf = historyOf(log, journal, clock, { aroundFold });
  return { clock, log, documents, journalOf, faults, alarms, watched, asOf, start, drop, raw, meta, sum };
};

describe('a parked sequence', () => {
  it('raises one alarm for a read model, for its rebuild and for a policy', async () => {
    const { start, drop, alarms } = setting();
    const runner = await start([sumsOf(true)], [echoing(true)]);
    await drop('a', 1, 13, 5);
    await runner.catchUp();
    await drop('a', 6);
    await drop('b', 2);
    await runner.catchUp();
    expect([...alarms].sort()).toEqual(['policy-echoing-v1 till-a internal/fault', 'sums-v1 till-a internal/fault']);
    await runner.rebuild('sums');
    expect(alarms).toHaveLength(3);
  });

  it('raises no alarm before it is saved', async () => {
    const { start, drop, alarms, documents } = setting();
    const runner = await start([sumsOf(true)]);
    const commit = jest.spyOn(documents, 'commit').mockRejectedValue(new Conflict('documents/unavailable', 'away'));
    await drop('a', 13);
    await eventually(() => commit.mock.calls.length > 0);
    expect(alarms).toEqual([]);
    commit.mockRestore();
    await runner.catchUp();
    expect(alarms).toEqual(['sums-v1 till-a internal/fault']);
  });

  it('is handled in order when it is retried by a fixed build', async () => {
    const { start, drop, sum, documents, log } = setting();
    const broken = await start([sumsOf(true)]);
    await drop('a', 1, 13, 5);
    await drop('b', 2);
    await broken.catchUp();
    expect(await broken.retryParked('sums-v1', 'till-a', 'ada')).toMatchObject({ code: 'internal/fault' });
    expect(await sum('till-a')).toEqual([1]);
    await broken.stop();

    const fixed = await start([sumsOf(false)]);
    await drop('a', 7);
    expect(await fixed.retryParked('sums-v1', 'till-a', 'ada')).toBeUndefined();
    await drop('a', 8);
    await fixed.catchUp();
    expect(await sum('till-a')).toEqual([1, 13, 5, 7, 8]);
    expect(await documents.parked()).toEqual([]);
    expect((await fixed.verify()).map(({ complete }) => complete)).toEqual([true]);
    const decisions = await log.read('follower-sums-v1');
    expect(decisions.map(({ type, meta: { actor } }) => [type, actor])).toEqual([
      ['ParkedRetried', 'ada'],
      ['ParkedRetried', 'ada'],
    ]);
    await expect(fixed.retryParked('sums-v1', 'till-a', 'ada')).rejects.toMatchObject({ code: 'read/not-parked' });
  });

  it('continues without a discarded event, also after a rebuild', async () => {
    const { start, drop, sum, watched, asOf, clock } = setting();
    const runner = await start([sumsOf(true)]);
    await drop('a', 1, 13, 5, 13, 6);
    await runner.catchUp();
    expect(await runner.discardParked('sums-v1', 'till-a', 'ada')).toMatchObject({ sequence: 'till-a' }); // the second 13
    expect(await runner.discardParked('sums-v1', 'till-a', 'ada')).toBeUndefined();
    await drop('a', 7);
    await runner.catchUp();
    expect(await sum('till-a')).toEqual([1, 5, 6, 7]);
    await runner.rebuild('sums');
    await runner.catchUp();
    expect(await sum('till-a')).toEqual([1, 5, 6, 7]);
    expect((await runner.verify())[0]).toMatchObject({ complete: true, counted: 6 });
    const past = asOf({ knownBy: clock.now() });
    expect(await past.get(sumsOf(true), 'till-a')).toEqual({ coins: 19, seen: [1, 5, 6, 7] });
    // `aroundFold` is called for each fold from the start of the log, with the number of events read.
    expect(watched.filter(([kind]) => kind !== 'refold')).toEqual([
      ['rebuild', 'sums', 8],
      ['replay', 'sums', 8],
    ]);
    expect(watched[0]).toEqual(['refold', 'sums', 5]);
  });

  it('of a stream is folded in log order, before events that were folded since', async () => {
    const { start, drop, sum, raw, meta, journalOf } = setting();
    const next = events(
      { ...tillEvents.specs, CoinDropped: { ...tillEvents.specs.CoinDropped, version: 2 } },
      {
        CoinDropped: { 1: (data) => data },
      },
    );
    const whole = (broken: boolean) => sumsOf(broken, () => ['all']);
    const old = await start([whole(false)]);
    await drop('a', 1);
    const data = { tillId: 'a', leadId: 'lead-a', coins: 2 };
    await raw('till-a', { type: 'CoinDropped', data, meta: meta(2) });
    await drop('b', 3);
    await old.catchUp();
    expect(await sum('all')).toEqual([1, 3]);
    expect((await old.parked()).map(({ sequence, code }) => [sequence, code])).toEqual([
      ['stream:till-a', 'event/future-version'],
    ]);
    await old.stop();
    const upgraded = await start([whole(false)], [], journalOf(next));
    expect(await upgraded.retryParked('sums-v1', 'stream:till-a', 'ada')).toBeUndefined();
    expect(await sum('all')).toEqual([1, 2, 3]);
  });

  it('of a stream is put into the rows and blocks of an index in log order', async () => {
    const { start, drop, raw, meta, journalOf, documents } = setting();
    const next = events(
      { ...tillEvents.specs, CoinDropped: { ...tillEvents.specs.CoinDropped, version: 2 } },
      { CoinDropped: { 1: (data) => data } },
    );
    const index = eventIndex({
      name: 'drops',
      version: 1,
      keys: ({ type }) => (type === 'CoinDropped' ? ['all'] : []),
      entry: ({ position, data }) => ({ position, coins: (data as { coins: number }).coins }),
    });
    const drops = { ...index, listSizes: { row: 2, block: 4 } };
    const models = new ReadModels(documents);
    const coins = async () => (await models.entries(drops, 'all')).map(({ coins }) => coins);
    const old = await start([drops]);
    await drop('b', 1);
    await raw('till-a', { type: 'CoinDropped', data: { tillId: 'a', leadId: 'lead-a', coins: 2 }, meta: meta(2) });
    await drop('b', 3, 4, 5, 6);
    await old.catchUp();
    expect(await coins()).toEqual([1, 3, 4, 5, 6]);
    await old.stop();
    const upgraded = await start([drops], [], journalOf(next));
    await drop('b', 7);
    expect(await upgraded.retryParked('drops-v1', 'stream:till-a', 'ada')).toBeUndefined();
    await drop('b', 8);
    await upgraded.catchUp();
    expect(await coins()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect((await upgraded.verify()).map(({ complete }) => complete)).toEqual([true]);
  });

  it('of a policy sends each waiting command once, and loses none before it', async () => {
    const { start, drop, log } = setting();
    await drop('a', 1, 2, 13, 4);
    const broken = await start([], [echoing(true)]);
    const echoed = async (coins: number) => (await log.read(`till-of-till-a-${coins}`)).length;
    expect([await echoed(1), await echoed(2), await echoed(13), await echoed(4)]).toEqual([2, 2, 0, 0]);
    expect(await broken.discardParked('policy-echoing-v1', 'till-a', 'ada')).toBeUndefined();
    expect([await echoed(13), await echoed(4)]).toEqual([0, 2]);
    await drop('b', 13);
    await broken.catchUp();
    await broken.stop();
    const fixed = await start([], [echoing(false)]);
    expect(await fixed.retryParked('policy-echoing-v1', 'till-b', 'ada')).toBeUndefined();
    expect(await log.read('till-of-till-b-13')).toHaveLength(2);
  });

  it('is made when a document does not fit its columns, and other documents are folded on', async () => {
    const { start, drop, documents, faults, sum } = setting();
    const misfit: Projection = {
      ...sumsOf(false),
      fold: (doc: Sum, { data }) =>
        data.coins === 13 ? { ...doc, coins: 'many' } : { coins: doc.coins + 1, seen: [...doc.seen, data.coins] },
    };
    const runner = await start([misfit]);
    await drop('a', 1, 13);
    await drop('b', 2);
    await runner.catchUp();
    expect((await documents.parked()).map(({ sequence, code }) => [sequence, code])).toEqual([
      ['till-a', 'documents/wrong-type'],
    ]);
    expect(await sum('till-b')).toEqual([2]);
    expect(faults).toEqual([]);
  });
});

describe('an event that cannot be read is parked with its code', () => {
  const other = { tillId: 'a', leadId: 'lead-a', coins: 1 };
  it.each([
    ['event/unknown-type', { type: 'CoinMelted', data: {} }, 1],
    ['event/future-version', { type: 'CoinDropped', data: other }, 9],
    ['event/wrong-schema', { type: 'CoinDropped', data: { ...other, coins: 'many' } }, 1],
    ['event/unreadable', { type: 'CoinDropped', data: { ...other, note: { $sealed: 'v1.AAAA' } } }, 1],
  ])('%s', async (code, event, schema) => {
    const { start, drop, raw, meta, documents } = setting();
    await drop('a', 1);
    await raw('till-a', { ...event, meta: meta(schema) });
    await drop('b', 2);
    const runner = await start([{ ...everything, search: { note: wordTerms } }]);
    expect((await documents.parked()).map((parked) => [parked.sequence, parked.code])).toEqual([
      ['stream:till-a', code],
    ]);
    const models = new ReadModels(documents);
    expect(await models.get(everything, 'till-b')).toEqual({ types: ['CoinDropped'] });
    expect((await runner.verify())[0]).toMatchObject({ complete: true, counted: 3 });
  });

  it('event/unreadable, if it is sealed with the key of another person', async () => {
    const { start, drop, raw, log, documents } = setting();
    await drop('a', 1);
    await drop('b', 2);
    const [sealed] = await log.read('till-b');
    await raw('till-a', { type: 'CoinDropped', data: { ...(sealed!.data as object), leadId: 'lead-a' } });
    await start([notes]);
    expect((await documents.parked()).map(({ code }) => code)).toEqual(['event/unreadable']);
  });
});

it('folds events without search tokens if the key of the person is lost', async () => {
  const { start, raw, documents, meta } = setting();
  const note = { $sealed: 'v1.AAAA' };
  await raw('till-a', {
    type: 'CoinDropped',
    data: { tillId: 'a', leadId: 'unheard-of', coins: 1, note },
    meta: meta(1),
  });
  await start([notes]);
  expect(await documents.parked()).toEqual([]);
  const { note: kept } = (await new ReadModels(documents).get(notes, 'all'))!;
  expect(kept).toMatchObject(note);
  expect(kept!.tokens).toBeUndefined();
});

describe('an invalid checkpoint', () => {
  it.each([
    ['of another read model', 'read/foreign-checkpoint', { digest: 'notes-v1:1' }],
    ['beyond the log', 'read/checkpoint-beyond-log', { position: '0000000000000099', count: 99 }],
  ])('%s leads to a rebuild', async (_, code, change) => {
    const { start, drop, documents, faults, sum } = setting();
    await drop('a', 1, 2);
    const before = await start([sumsOf(false)]);
    await before.stop();
    const fence = (await documents.lease('sums', 'spoiler'))!;
    const checkpoint = { ...(await documents.checkpoint('sums-v1'))!, ...change };
    await documents.commit({ follower: 'sums-v1', checkpoint, fence });
    expect((await before.verify())[0]).toMatchObject({ complete: false, code });
    await drop('a', 3);
    const runner = await start([sumsOf(false)]);
    await eventually(async () => (await runner.verify())[0]!.complete);
    await runner.catchUp();
    expect(faults).toMatchObject([{ code }]);
    expect(await documents.active('sums')).toBe('sums-v1-2');
    expect(await sum('till-a')).toEqual([1, 2, 3]);
  });
});
