import {
  catalogueOf,
  DecisionContext,
  events,
  integer,
  isSealed,
  projectionOfAllEvents,
  ref,
  wordTerms,
  type Documents,
  type EventMeta,
  type Events,
  type EventToAppend,
  type StoredEvent,
  type Sealed,
} from '@baton/kernel';
import { eventually, FixedClock } from '@baton/kernel/testing';
import { MemoryDocuments, ReadModels } from '@baton/platform/documents';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { followerEvents, Runner } from '@baton/platform/runner';
import { echo, sendTo, tillEvents, ToTill } from './support/till';

interface Story {
  readonly lines: readonly string[];
  readonly note?: Sealed;
}
/** Every event of a stream, and whether people wrote something: needs the catalogue and, for search, keys. */
const story = projectionOfAllEvents<Story>({
  name: 'story',
  version: 1,
  search: { note: wordTerms },
  keys: ({ stream }) => [stream],
  initial: () => ({ lines: [] }),
  on: (doc, { type, data }: StoredEvent) => ({
    lines: [...doc.lines, [type, data.coins ?? data.half, ...(isSealed(data.note) ? ['noted'] : [])].join(' ')],
  }),
});

// What a later version knows: a new type, and a second version of an old one.
const upgraded = events(
  {
    ...tillEvents.specs,
    CoinDropped: { ...tillEvents.specs.CoinDropped, version: 2 },
    CoinMelted: { version: 1, sentence: 'Coins were melted', tillId: ref('till'), coins: integer() },
  },
  { CoinDropped: { 1: (data) => data } },
);

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const world = () => {
  const clock = new FixedClock();
  const keys = new MemoryKeyStore();
  const log = EmbeddedEventLog.open(':memory:', clock);
  open.push(() => log.close());
  const documents = new MemoryDocuments();
  const journalOf = (known: Events, inner = log) =>
    new SealedJournal(inner, catalogueOf([known, followerEvents]), keys);
  const faults: { code: string }[] = [];
  const running: Runner[] = [];
  const start = async (known: Events, into: Documents = documents) => {
    const journal = journalOf(known);
    const runner = new Runner({
      ...{ log, documents: into, journal, clock, projections: [story], policies: [echo], aggregates: [] },
      dispatch: sendTo(journal, new DecisionContext(clock)),
      onFault: (fault) => faults.push(fault as never),
    });
    await runner.start({ tick: false });
    running.push(runner);
    await runner.catchUp();
    return runner;
  };
  const stop = async () => {
    for (const runner of running.splice(0)) await runner.stop();
  };
  open.push(stop);
  const meta = (schema: number): EventMeta => ({
    ...{ actor: 'tester', origin: 'person', occurredAt: clock.now(), commandId: 'raw', commandHash: '' },
    ...{ schema, mode: 'live', $correlationId: 'raw', $causationId: 'raw' },
  });
  let made = 0;
  /** An event as any version, or anybody, may have written it. */
  const raw = (event: Partial<EventToAppend> & { type?: string }, schema = 1) =>
    log.append('till-a', [{ id: `raw-${made++}`, type: 'CoinDropped', data: {}, meta: meta(schema), ...event }], 'any');
  const dropped = (tillId: string, coins: number) => {
    const command = { commandId: `drop-${made++}`, actor: 'tester', origin: 'person' as const };
    const data = { tillId, leadId: `lead-${tillId}`, coins, note: `note ${coins}` };
    const send = sendTo(journalOf(tillEvents), new DecisionContext(clock));
    return send(new ToTill(tillId, { type: 'DropCoin', data, meta: command }));
  };
  /** A fact as the journal seals it for a person, not written yet. */
  const sealed = async (id: string, leadId: string) => {
    const elsewhere = EmbeddedEventLog.open(':memory:', clock);
    const data = { tillId: 'a', leadId, coins: 2, note: 'sealed' };
    await journalOf(tillEvents, elsewhere).append('till-a', [{ id, type: 'CoinDropped', data, meta: meta(1) }], 'none');
    const [event] = await elsewhere.read('till-a');
    await elsewhere.close();
    return event!.data as { readonly note: { readonly $sealed: string }; readonly leadId: string };
  };
  const lines = async (stream: string, from: Documents = documents) =>
    (await new ReadModels(from).get<Story>(story, stream))?.lines;
  return { log, documents, faults, start, stop, raw, dropped, sealed, lines };
};
type World = ReturnType<typeof world>;

const plain = { tillId: 'a', leadId: 'lead-a', coins: 2 };
const altered = (text: string): string => {
  const bytes = Buffer.from(text.slice(3), 'base64');
  bytes[bytes.length - 1]! ^= 1;
  return `v1.${bytes.toString('base64')}`;
};
/** What a hostile or newer writer wrote, its code, and whether a newer version can read it. */
const classes: readonly {
  readonly what: string;
  readonly code: string;
  readonly readable?: string;
  readonly write: (world: World) => Promise<unknown>;
  /** Not for readers without personal data. */
  readonly sealed?: boolean;
}[] = [
  {
    what: 'an unknown type',
    code: 'event/unknown-type',
    readable: 'CoinMelted 2',
    write: ({ raw }) => raw({ type: 'CoinMelted', data: { tillId: 'a', coins: 2 } }),
  },
  {
    what: 'a future version',
    code: 'event/future-version',
    readable: 'CoinDropped 2',
    write: ({ raw }) => raw({ data: plain }, 2),
  },
  {
    what: 'a wrong schema',
    code: 'event/wrong-schema',
    write: ({ raw }) => raw({ data: { ...plain, coins: 'many' } }),
  },
  {
    what: 'an altered ciphertext',
    code: 'event/unreadable',
    sealed: true,
    write: async ({ raw, sealed }) => {
      const data = await sealed('sealed-1', 'lead-a');
      return raw({ id: 'sealed-1', data: { ...data, note: { $sealed: altered(data.note.$sealed) } } });
    },
  },
  {
    what: "another person's key",
    code: 'event/unreadable',
    sealed: true,
    write: async ({ raw, sealed }) =>
      raw({ id: 'sealed-1', data: { ...(await sealed('sealed-1', 'lead-b')), leadId: 'lead-a' } }),
  },
];

describe.each(classes)('a stored event of $what', ({ code, readable, write, sealed = false }) => {
  /** The bad event is between good ones of its stream; another stream continues. */
  const given = async () => {
    const all = world();
    await all.dropped('a', 10);
    await write(all);
    await all.raw({ data: { ...plain, coins: 12 } });
    await all.dropped('b', 11);
    return all;
  };

  it(`is parked with ${code}; later events of its stream wait, the rest continues`, async () => {
    const { start, lines, faults, log } = await given();
    const runner = await start(tillEvents);
    const waiting = (await runner.parked()).map(({ follower, sequence, code: why }) => [follower, sequence, why]);
    const policies = sealed ? [] : [['policy-echo-v1', 'till-a', code]];
    expect(waiting).toEqual([...policies, ['story-v1', 'stream:till-a', code]]);
    expect(await lines('till-a')).toEqual(['CoinDropped 10 noted']);
    expect(await lines('till-b')).toEqual(['CoinDropped 11 noted']);
    expect(await log.read('till-echo-b')).toHaveLength(2);
    expect(await log.read('till-echo-a')).toHaveLength(sealed ? 4 : 2); // earlier events are handled
    expect((await runner.verify()).map(({ complete }) => complete)).toEqual([true, true]);
    expect(faults).toEqual([]);
  });

  it('is never skipped in a decision', async () => {
    const { dropped, log } = await given();
    const before = await log.tip();
    if (sealed) return expect(await dropped('a', 3)).toMatchObject({ events: 1 }); // a till decides on coins alone
    await expect(dropped('a', 3)).rejects.toMatchObject({ code });
    expect(await log.tip()).toBe(before);
  });

  it('can be caught up without loss: retried by a version that can read it, or discarded', async () => {
    const { start, stop, lines } = await given();
    await start(tillEvents);
    await stop();
    const runner = await start(readable ? upgraded : tillEvents);
    for (const { follower, sequence } of await runner.parked())
      if (readable) expect(await runner.retryParked(follower, sequence, 'ada')).toBeUndefined();
      else expect(await runner.discardParked(follower, sequence, 'ada')).toBeUndefined();
    await runner.catchUp();
    expect(await runner.parked()).toEqual([]);
    const bad = readable ? [readable] : [];
    expect(await lines('till-a')).toEqual(['CoinDropped 10 noted', ...bad, 'CoinDropped 12']);
    expect(await lines('till-echo-a')).toHaveLength(4);
    await runner.rebuild('story');
    await runner.catchUp();
    expect(await lines('till-a')).toEqual(['CoinDropped 10 noted', ...bad, 'CoinDropped 12']);
  });
});

describe('an invalid checkpoint', () => {
  it.each([
    ['of another read model', 'story', 'story-v1', 'read/foreign-checkpoint', { digest: 'sums-v1:1' }],
    ['of another policy', 'policy-echo-v1', 'policy-echo-v1', 'read/foreign-checkpoint', { digest: 'policy-x-v1:1' }],
    ['beyond the head', 'story', 'story-v1', 'read/checkpoint-beyond-log', { position: '0000000000000099' }],
    [
      'beyond the head, of a policy',
      'policy-echo-v1',
      'policy-echo-v1',
      'read/checkpoint-beyond-log',
      { position: '0000000000000099' },
    ],
  ])('%s is reported and rebuilt: nothing is lost, nothing duplicated', async (_, lease, follower, code, change) => {
    const { start, stop, dropped, documents, faults, lines, log } = world();
    await dropped('a', 11);
    await start(tillEvents);
    await stop();
    const fence = (await documents.lease(lease, 'spoiler'))!;
    const sound = (await documents.checkpoint(follower))!;
    await documents.commit({ follower, checkpoint: { ...sound, count: 99, ...change }, fence });
    await dropped('a', 12);
    await dropped('b', 13);
    const runner = await start(tillEvents);
    await eventually(async () => (await runner.verify()).every(({ complete }) => complete));
    await runner.catchUp();
    expect(faults).toMatchObject([{ code }]);
    expect(await lines('till-a')).toEqual(['CoinDropped 11 noted', 'CoinDropped 12 noted']);
    expect(await lines('till-echo-a')).toHaveLength(4);
    expect(await log.read('till-echo-a')).toHaveLength(4);
    expect(await log.read('till-echo-b')).toHaveLength(2);
    expect((await runner.verify()).map(({ complete }) => complete)).toEqual([true, true]);
  });
});
