import {
  aggregate,
  catalogueOf,
  commands,
  decider,
  DecisionContext,
  events,
  handle,
  instant,
  integer,
  optional,
  policy,
  projection,
  ref,
  send,
  START,
  To,
  withMode,
  type CommandOf,
  type Commit,
  type Documents,
  type EventLog,
  type EventOf,
  type Outcome,
  type Projection,
} from '@baton/kernel';
import { eventually, FixedClock } from '@baton/kernel/testing';
import { MemoryDocuments, ReadModels } from '../documents';
import { EmbeddedEventLog, SealedJournal } from '../event-log';
import { MemoryKeyStore } from '../keys';
import { Runner } from './runner';
import type { Timers } from '../timers';

// A till that counts coins and closes when it is due.
const tillEvents = events({
  CoinDropped: { version: 1, sentence: 'Coins were dropped', tillId: ref('till'), coins: integer() },
  ClosingPlanned: { version: 1, sentence: 'The till will close', tillId: ref('till'), at: instant() },
  TillClosed: { version: 1, sentence: 'The till closed', tillId: ref('till') },
});
type TillEvent = EventOf<typeof tillEvents>;
const tillCommands = commands('till', {
  DropCoin: { description: '', tillId: ref('till'), coins: integer() },
  PlanClosing: { description: '', tillId: ref('till'), at: instant() },
  AdvanceClock: { description: '', tillId: ref('till') },
  Echo: { description: '', tillId: ref('till'), coins: optional(integer()) },
});
type TillCommand = CommandOf<typeof tillCommands>;
class ToTill extends To<TillCommand> {}
/** A till that is due at this instant cannot close. */
const JAMMED = '2024-02-01T00:00:00.000Z';
interface Till {
  readonly closesAt?: string;
}
const till = decider<Till, TillCommand, TillEvent>({
  commands: tillCommands,
  events: tillEvents,
  initialState: () => ({}),
  decide: {
    DropCoin: (_, { data }) => [{ type: 'CoinDropped', data }],
    PlanClosing: (_, { data }) => [{ type: 'ClosingPlanned', data }],
    AdvanceClock: () => [],
    Echo: (_, { data }) => [{ type: 'CoinDropped', data: { tillId: data.tillId, coins: 1 } }],
  },
  evolve: {
    CoinDropped: (state) => state,
    ClosingPlanned: (_, { data }) => ({ closesAt: data.at }),
    TillClosed: () => ({}),
  },
  due: ({ closesAt }) => closesAt,
  elapse: ({ closesAt }) => (closesAt === JAMMED ? [] : [{ type: 'TillClosed', data: { tillId: 'due' } }]),
});

interface Sum {
  readonly coins: number;
  readonly events: number;
}
const sums = projection<Sum, TillEvent>({
  name: 'sums',
  version: 1,
  columns: { coins: 'integer' },
  keys: ({ stream }) => [stream],
  initial: () => ({ coins: 0, events: 0 }),
  on: {
    CoinDropped: (doc, { data }) => {
      if (data.coins === 13) throw new Error('unlucky');
      return { coins: doc.coins + data.coins, events: doc.events + 1 };
    },
  },
});
const dues = withMode(
  projection<{ dueAt: string | null }, TillEvent>({
    name: 'tills-due',
    version: 1,
    columns: { dueAt: 'text' },
    keys: ({ stream }) => [stream.slice('till-'.length)],
    initial: () => ({ dueAt: null }),
    on: { ClosingPlanned: (_, { data }) => ({ dueAt: data.at }), TillClosed: () => ({ dueAt: null }) },
  }),
);
const echo = policy<TillEvent>({
  name: 'echo',
  version: 1,
  from: 'start',
  on: {
    CoinDropped: ({ data }) =>
      data.coins >= 10 ? [send(ToTill, 'echo', { type: 'Echo', data: { tillId: 'echo' } })] : [],
  },
});

const world = (
  log: EventLog = EmbeddedEventLog.open(':memory:', new FixedClock()),
  documents: Documents = new MemoryDocuments(),
  isImportOpen?: () => Promise<boolean>,
) => {
  const clock = new FixedClock('2024-03-01T00:00:00.000Z');
  const journal = new SealedJournal(log, catalogueOf([tillEvents]), new MemoryKeyStore());
  const context = new DecisionContext(clock);
  const faults: unknown[] = [];
  const send = ({ id, command }: To): Promise<Outcome> => handle(journal, till, id, command as TillCommand, context);
  const dropped: string[] = [];
  const runner = (projections: readonly Projection[] = [sums, dues], timers?: Timers) =>
    new Runner({
      log,
      journal,
      documents,
      projections,
      policies: [echo],
      aggregates: [aggregate(ToTill, till, { due: dues })],
      dispatch: send,
      ...(isImportOpen && { isImportOpen }),
      ...(timers && { timers }),
      clock,
      onDropped: (generation) => void dropped.push(generation),
      onFault: (fault) => faults.push(fault),
    });
  let sent = 0;
  const drop = (tillId: string, coins: number) =>
    send(
      new ToTill(tillId, {
        type: 'DropCoin',
        data: { tillId, coins },
        meta: { commandId: `drop-${sent++}`, actor: 'tester', origin: 'person' },
      }),
    );
  const models = new ReadModels(documents);
  return { log, documents, clock, journal, context, dropped, faults, send, runner, drop, models };
};

describe('the runner', () => {
  it('catches up, then follows', async () => {
    const { runner, drop, models, log } = world();
    await drop('a', 1);
    const follower = runner();
    await follower.start({ tick: false });
    await drop('a', 2);
    await drop('b', 3);
    await follower.catchUp();
    expect(await models.get(sums, 'till-a')).toEqual({ coins: 3, events: 2 });
    expect(await models.get(sums, 'till-b')).toEqual({ coins: 3, events: 1 });
    await follower.stop();
    await log.close();
  });

  it('continues where it stopped and folds nothing twice', async () => {
    const { runner, drop, models, log } = world();
    for (let round = 0; round < 3; round++) {
      const follower = runner();
      await follower.start({ tick: false });
      await drop('a', 1);
      await follower.catchUp();
      await follower.stop();
    }
    expect(await models.get(sums, 'till-a')).toEqual({ coins: 3, events: 3 });
    expect((await runner().verify()).map(({ complete }) => complete)).toEqual([true, true, true]);
    await log.close();
  });

  it('parks the sequence of a document whose fold throws, and folds the others on', async () => {
    const { runner, drop, models, documents, log } = world();
    const follower = runner();
    await follower.start({ tick: false });
    await drop('a', 1);
    await drop('a', 13);
    await drop('a', 5);
    await drop('b', 2);
    await follower.catchUp();
    expect(await models.get(sums, 'till-a')).toEqual({ coins: 1, events: 1 });
    expect(await models.get(sums, 'till-b')).toEqual({ coins: 2, events: 1 });
    const [parked, ...others] = await documents.parked();
    expect(others).toEqual([]);
    expect(parked).toMatchObject({ follower: 'sums-v1', sequence: 'till-a', code: 'internal/fault' });
    expect(JSON.stringify(parked)).not.toContain('unlucky');
    await follower.stop();

    const restarted = runner();
    await restarted.start({ tick: false });
    await drop('a', 7);
    await restarted.catchUp();
    expect(await models.get(sums, 'till-a')).toEqual({ coins: 1, events: 1 });
    await restarted.stop();
    await log.close();
  });

  it('runs a policy with one effect per event, also when its checkpoint is lost', async () => {
    const { runner, drop, models, documents, log } = world();
    const follower = runner();
    await follower.start({ tick: false });
    await drop('a', 10);
    await drop('a', 11);
    await drop('a', 9);
    await follower.catchUp();
    await follower.stop();
    expect(await models.get(sums, 'till-echo')).toEqual({ coins: 2, events: 2 });
    const fence = (await documents.lease('policy-echo-v1', 'spoiler'))!;
    const checkpoint = { position: '', count: 0, digest: 'policy-echo-v1:0' };
    await documents.commit({ follower: 'policy-echo-v1', checkpoint, fence });
    await documents.release('policy-echo-v1', 'spoiler');
    const again = runner();
    await again.start({ tick: false });
    await again.catchUp();
    expect(await models.get(sums, 'till-echo')).toEqual({ coins: 2, events: 2 });
    await again.stop();
    const echoes = (await log.read('till-echo')).map(({ meta }) => meta);
    expect(echoes[0]).toMatchObject({ actor: 'policy:echo', origin: 'system', mode: 'live' });
    expect(echoes[0]!.$causationId).toBe((await log.read('till-a'))[0]!.id);
    await log.close();
  });

  it('leaves followers to the process that holds the lease, and takes over when it is released', async () => {
    const { runner, drop, models, log } = world();
    const [first, second] = [runner(), runner()];
    await first.start({ tick: false });
    await second.start({ tick: false });
    await drop('a', 1);
    await second.catchUp(); // done by the first
    const holders = new Set((await first.status()).map(({ holder }) => holder));
    expect(holders.size).toBe(1);
    await first.stop();
    await second.stop();
    const third = runner();
    await third.start({ tick: false });
    await drop('a', 1);
    await third.catchUp();
    expect(await models.get(sums, 'till-a')).toEqual({ coins: 2, events: 2 });
    await third.stop();
    await log.close();
  });

  it('knows whether a read model changed, as long as no other process folds one', async () => {
    const { runner, drop, log } = world();
    const [first, second] = [runner(), runner()];
    expect(first.readModelChanges()).toBeUndefined();
    await first.start({ tick: false });
    await second.start({ tick: false });
    await first.catchUp();
    const before = first.readModelChanges()!;
    await drop('a', 1);
    await first.catchUp();
    const dropped = first.readModelChanges()!;
    expect(dropped).toBeGreaterThan(before);
    await first.rebuild('sums');
    expect(first.readModelChanges()).toBeGreaterThan(dropped);
    expect(second.readModelChanges()).toBeUndefined();
    await first.stop();
    expect(first.readModelChanges()).toBeUndefined();
    await second.stop();
    await log.close();
  });

  it('rebuilds beside the old generation, to the same bytes', async () => {
    const { runner, drop, documents, models, log } = world();
    const follower = runner();
    await follower.start({ tick: false });
    for (let n = 0; n < 50; n++) await drop(`t${n % 7}`, n % 9);
    await follower.catchUp();
    const before = JSON.stringify(await models.find(sums, { limit: 100 }));
    const { generation, events: read } = await follower.rebuild('sums');
    expect(generation).toBe('sums-v1-2');
    expect(read).toBe(50);
    expect(await documents.active('sums')).toBe('sums-v1-2');
    expect(JSON.stringify(await models.find(sums, { limit: 100 }))).toBe(before);
    await drop('t0', 1);
    await follower.catchUp();
    expect((await models.get<Sum>(sums, 'till-t0'))!.events).toBe(9);
    expect(await documents.generations()).not.toContain('sums-v1');
    await expect(follower.rebuild('nothing')).rejects.toMatchObject({ code: 'read/unknown-read-model' });
    await follower.stop();
    await log.close();
  });

  it('keeps the lease of a rebuild whose commits take long, and lets others have their turn after each', async () => {
    let ms = 0;
    let turns = 0;
    const commits: { documents: number; turnsBefore: number }[] = [];
    /** Each commit holds the event loop for four seconds: no timer runs before a commit has ended. */
    class BusyDocuments extends MemoryDocuments {
      override async commit(commit: Commit) {
        if (!commit.writes) return super.commit(commit);
        const documents = [...commit.writes.documents];
        ms += 4_000;
        commits.push({ documents: documents.length, turnsBefore: turns });
        setImmediate(() => turns++);
        return super.commit({ ...commit, writes: { ...commit.writes, documents } });
      }
    }
    const timers = {
      now: () => ms,
      delay: (_: number, signal?: AbortSignal) =>
        new Promise<void>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error))),
    };
    const { journal, runner, documents, log } = world(undefined, new BusyDocuments());
    const [events, pages] = [500, 25];
    for (let page = 0; page < pages; page++)
      await journal.append(
        'till-a',
        Array.from({ length: events }, (_, n) => ({
          ...{ id: `drop-${page}-${n}`, type: 'CoinDropped', data: { tillId: 'a', coins: 1 } },
          meta: {
            ...{ actor: 'tester', origin: 'person' as const, mode: 'live' as const, commandHash: '' },
            ...{ commandId: `c-${page}-${n}`, occurredAt: '2024-02-01T00:00:00.000Z' },
            ...{ $correlationId: 'c', $causationId: 'c' },
          },
        })),
        page === 0 ? 'none' : page * events - 1,
      );
    const each = { ...sums, keys: ({ position }: { position: string }) => [position] } as Projection;
    const rebuilding = runner([each], timers);
    expect(await rebuilding.rebuild('sums')).toEqual({ generation: 'sums-v1-2', events: events * pages });
    expect(Math.max(...commits.map(({ documents: written }) => written))).toBeLessThanOrEqual(5_000);
    expect(commits.reduce((sum, { documents: written }) => sum + written, 0)).toBe(events * pages);
    expect(commits.map(({ turnsBefore }) => turnsBefore)).toEqual(commits.map((_, n) => n));
    expect(await documents.active('sums')).toBe('sums-v1-2');
    await rebuilding.stop();
    await log.close();
  });

  it('does not write to a generation that another process has dropped, and opens the active one', async () => {
    const { runner, drop, documents, models, log, faults } = world();
    const [follower, other] = [runner(), runner()];
    await follower.start({ tick: false });
    await drop('a', 1);
    await follower.catchUp();
    await other.rebuild('sums'); // the follower does not know yet
    await drop('a', 2);
    await follower.catchUp();
    expect(faults.map((fault) => (fault as { code: string }).code)).toEqual(['documents/generation-dropped']);
    expect(await documents.generations()).not.toContain('sums-v1');
    expect(await models.get(sums, 'till-a')).toEqual({ coins: 3, events: 2 });
    await follower.stop();
    await other.stop();
    await log.close();
  });

  it('drops the generation of an interrupted rebuild, and does not reuse its name', async () => {
    const { runner, drop, documents, log } = world();
    await drop('a', 1);
    const checkpoint = { position: '1', count: 1, digest: 'sums-v1:1' };
    const fence = { lease: 'rebuild-sums', token: 1 };
    await documents.commit({ follower: 'sums-v1-2', checkpoint, fence });
    await documents.commit({ follower: 'sums-vault-v1', checkpoint, fence });
    const follower = runner();
    await follower.start({ tick: false });
    await follower.catchUp();
    await follower.stop();
    const later = runner();
    await later.start({ tick: false });
    const sumsAndVault = (await documents.generations()).filter((name) => name.startsWith('sums'));
    expect(sumsAndVault).toEqual(['sums-v1', 'sums-vault-v1']);
    expect((await later.rebuild('sums')).generation).toBe('sums-v1-3');
    await later.stop();
    await log.close();
  });

  it('rebuilds a read model that has a new version', async () => {
    const { runner, drop, documents, log } = world();
    const old = runner();
    await old.start({ tick: false });
    await drop('a', 4);
    await old.catchUp();
    await old.stop();
    const next = { ...sums, version: 2, fold: (doc: Sum) => ({ coins: doc.coins + 100, events: doc.events + 1 }) };
    const follower = runner([next, dues]);
    const models = new ReadModels(documents);
    const refusal = { code: 'read/rebuilding', path: 'sums' };
    await expect(models.get(next, 'till-a')).rejects.toMatchObject(refusal); // what stands there is of the old one
    await expect(models.asOf(null).count(next)).rejects.toMatchObject(refusal);
    expect(await models.get(sums, 'till-a')).toEqual({ coins: 4, events: 1 }); // as a process of the old version reads it
    expect([...(await follower.rebuildProgress())]).toEqual([['sums', 0]]);
    await expect(follower.waitFor(await log.tip(), 'read models', 1)).rejects.toMatchObject({
      code: 'read/too-far-behind',
    });
    await follower.start({ tick: false });
    await follower.catchUp();
    expect(await models.get(next, 'till-a')).toEqual({ coins: 100, events: 1 });
    expect([await documents.active('sums'), (await documents.checkpoint('rebuild-sums'))!.count]).toEqual([
      'sums-v2',
      1,
    ]);
    expect([...(await follower.rebuildProgress())]).toEqual([]);
    await follower.stop();
    await log.close();
  });

  it('can be waited for until it has ended its rebuilds', async () => {
    const { runner, drop, documents, log } = world();
    const old = runner();
    await old.start({ tick: false });
    await drop('a', 4);
    await old.catchUp();
    await old.stop();
    const follower = runner([{ ...sums, version: 2 }, dues]);
    await follower.start({ tick: false });
    await eventually(async () => (await documents.checkpoint('rebuild-sums')) !== undefined);
    await follower.finishRebuilds();
    expect(await documents.active('sums')).toBe('sums-v2');
    await follower.stop();
    await log.close();
  });

  it('drops the documents of a read model that does not exist any more, and nothing of others', async () => {
    const { runner, drop, documents, dropped, log } = world();
    const notes: Projection = { ...sums, name: 'notes' };
    const before = runner([sums, dues, notes]);
    await before.start({ tick: false });
    await drop('a', 4);
    await before.catchUp();
    await before.stop();
    const checkpoint = { position: '1', count: 1, digest: '' };
    // What Baton never used as a read model is not its own.
    await documents.commit({ follower: 'ledger-v1', checkpoint, fence: { lease: 'ledger', token: 1 } });
    // A process of the earlier build still folds it.
    await documents.renewLeases('other', true);
    await documents.lease('notes', 'other');
    const busy = runner();
    await busy.start({ tick: false });
    expect([dropped, await documents.generations()]).toEqual([
      [],
      expect.arrayContaining(['tills-due-v1', 'ledger-v1', 'notes-v1', 'sums-v1']) as unknown,
    ]);
    await busy.stop();
    await documents.endHeartbeat('other');
    const alone = runner();
    await alone.start({ tick: false });
    expect(dropped).toEqual(['notes-v1']);
    const left = await documents.generations();
    expect(left).toEqual(expect.arrayContaining(['tills-due-v1', 'ledger-v1', 'sums-v1']));
    expect(left).not.toContain('notes-v1');
    const again = runner([sums, dues, notes]);
    await alone.stop();
    await again.start({ tick: false });
    await again.catchUp();
    expect(await new ReadModels(documents).get(notes, 'till-a')).toEqual({ coins: 4, events: 1 });
    await again.stop();
    await log.close();
  });

  it('reports a missed event in the verification', async () => {
    const { runner, drop, documents, log } = world();
    const follower = runner();
    await follower.start({ tick: false });
    await drop('a', 4);
    await drop('a', 5);
    await follower.catchUp();
    const checkpoint = (await documents.checkpoint('sums-v1'))!;
    await follower.stop();
    const fence = (await documents.lease('sums', 'spoiler'))!;
    await documents.commit({ follower: 'sums-v1', checkpoint: { ...checkpoint, count: 1 }, fence });
    expect((await runner().verify())[0]).toMatchObject({ complete: false, expected: 2, counted: 1 });
    await log.close();
  });

  it('sends AdvanceClock at the due instant, with one effect', async () => {
    const { runner, send, clock, log } = world();
    const follower = runner();
    await follower.start({ tick: false });
    const meta = { commandId: 'plan', actor: 'tester', origin: 'person' as const };
    await send(
      new ToTill('due', { type: 'PlanClosing', data: { tillId: 'due', at: '2024-03-02T00:00:00.000Z' }, meta }),
    );
    await follower.catchUp();
    expect(await follower.advanceClock('2024-03-01T23:59:59.999Z')).toBe(0);
    clock.instant = '2024-03-05T00:00:00.000Z';
    expect(await follower.advanceClock(clock.now())).toBe(1);
    expect(await follower.advanceClock(clock.now())).toBe(1); // the due list may be behind, and the decider checks
    await follower.catchUp();
    expect(await follower.advanceClock(clock.now())).toBe(0);
    const closed = (await log.read('till-due')).filter(({ type }) => type === 'TillClosed');
    expect(closed.map(({ meta: { occurredAt } }) => occurredAt)).toEqual(['2024-03-02T00:00:00.000Z']);
    await follower.stop();
    await log.close();
  });

  it('sends AdvanceClock to every stream that is due, and one that fails does not hold up the others', async () => {
    const { runner, send, clock, log } = world();
    const follower = runner();
    await follower.start({ tick: false });
    const plan = (tillId: string, at: string) =>
      send(
        new ToTill(tillId, {
          type: 'PlanClosing',
          data: { tillId, at },
          meta: { commandId: `plan-${tillId}`, actor: 'tester', origin: 'person' },
        }),
      );
    await plan('jammed', JAMMED);
    // More than one page, with many at the same instant, so that a page ends between equal instants.
    const tills = Array.from({ length: 1100 }, (_, n) => `t${n}`);
    for (const [n, tillId] of tills.entries()) await plan(tillId, `2024-03-0${1 + (n % 3)}T00:00:00.000Z`);
    await follower.catchUp();
    clock.instant = '2024-03-02T00:00:00.000Z';
    await expect(follower.advanceClock(clock.now())).rejects.toThrow('elapse returned no event at the due instant');
    const closed = async () => {
      const { events } = await log.readAll(START, { types: ['TillClosed'] }, 5000);
      return events.map(({ stream, meta: { occurredAt } }) => `${stream} ${occurredAt}`).sort();
    };
    const due = tills.flatMap((tillId, n) =>
      n % 3 < 2 ? [`till-${tillId} 2024-03-0${1 + (n % 3)}T00:00:00.000Z`] : [],
    );
    expect(await closed()).toEqual(due.sort());
    await follower.stop();
    await log.close();
  });

  it('sends nothing after it has stopped', async () => {
    const { runner, drop, log } = world();
    const follower = runner();
    await follower.start({ tick: false });
    await drop('a', 1);
    await follower.stop();
    expect(await follower.advanceClock('2030-01-01T00:00:00.000Z')).toBe(0);
    await log.close();
  });

  it('sends AdvanceClock even if a process that does not, such as an import, started before', async () => {
    const { runner, send, log } = world();
    const [importing, serving] = [runner(), runner()];
    await importing.start({ tick: false });
    await serving.start();
    const data = { tillId: 'due', at: '2024-02-02T00:00:00.000Z' };
    const meta = { commandId: 'plan', actor: 'tester', origin: 'person' as const };
    await send(new ToTill('due', { type: 'PlanClosing', data, meta }));
    await eventually(async () => (await log.readAll(START, { types: ['TillClosed'] })).events.length > 0);
    await serving.stop();
    await importing.stop();
    await log.close();
  });

  it('leaves imported streams to the import until it has ended', async () => {
    let open = false;
    const { runner, send, log, clock } = world(undefined, undefined, async () => open);
    const [importing, serving, second] = [runner(), runner(), runner()];
    const plan = (tillId: string, mode: 'live' | 'backfill') => {
      const meta = { commandId: `plan-${tillId}`, actor: 'tester', origin: 'person' as const, mode };
      return send(new ToTill(tillId, { type: 'PlanClosing', data: { tillId, at: '2024-02-02T00:00:00.000Z' }, meta }));
    };
    const closed = async () => {
      const { events } = await log.readAll(START, { types: ['TillClosed'] });
      return events.map(({ stream, meta: { mode } }) => `${stream} ${mode}`);
    };
    await importing.start({ tick: false, history: true });
    await second.start({ tick: false, history: true });
    await serving.start();
    await plan('imported', 'backfill');
    await plan('live', 'live');
    await importing.catchUp();
    await eventually(async () => (await closed()).length > 0);
    await serving.advanceClock(clock.now());
    expect(await closed()).toEqual(['till-live live']);
    await importing.catchUp();
    expect(await importing.advanceClock('2024-02-28T00:00:00.000Z', 'backfill')).toBe(1);
    await importing.catchUp();
    await importing.stop();
    expect(await closed()).toEqual(['till-live live', 'till-imported backfill']);
    await plan('left-behind', 'backfill');
    await second.catchUp();
    await serving.advanceClock(clock.now());
    expect(await closed()).toHaveLength(2);
    open = true; // the import was stopped before its end
    await second.stop();
    await plan('live-2', 'live');
    await eventually(async () => (await closed()).includes('till-live-2 live'));
    await serving.advanceClock(clock.now());
    expect(await closed()).toHaveLength(3);
    open = false;
    await eventually(async () => (await closed()).includes('till-left-behind live'));
    await serving.stop();
    await log.close();
  });
});
