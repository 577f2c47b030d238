import {
  Accepted,
  catalogueOf,
  Conflict,
  DecisionContext,
  fromMs,
  handle,
  type EventLog,
  type Journal,
} from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { definitionDecider } from './definition.decider';
import { definitionEvents, type DefinitionCommand } from './definition.events';
import { LogDefinitions } from './log-definitions';

const [t1, t2, t3] = ['2024-01-01T00:00:00.000Z', '2024-02-01T00:00:00.000Z', '2024-03-01T00:00:00.000Z'] as const;

describe('definitions from the log', () => {
  const clock = new FixedClock(t1);
  let log: EmbeddedEventLog;
  let journal: Journal;
  let context: DecisionContext;
  let sent = 0;
  beforeEach(() => {
    log = EmbeddedEventLog.open(':memory:', clock);
    journal = new SealedJournal(log, catalogueOf([definitionEvents]), new MemoryKeyStore());
    context = new DecisionContext(clock);
  });
  const sources: LogDefinitions[] = [];
  const source = () => {
    sources.push(new LogDefinitions(journal, log, async () => []));
    return sources.at(-1)!;
  };
  afterEach(async () => {
    for (const one of sources.splice(0)) await one.close();
    await log.close();
  });

  const send = async (now: string, actor: string, type: DefinitionCommand['type'], data: object) => {
    clock.instant = now;
    const meta = { commandId: `command-${sent++}`, actor, origin: 'person' };
    const command = { type, data: { definitionId: 'mql', ...data }, meta } as DefinitionCommand;
    expect(await handle(journal, definitionDecider, 'mql', command, context)).toBeInstanceOf(Accepted);
  };
  const agree = async (now: string, number: number) => {
    await send(now, 'mia', 'ProposeDefinition', { body: { statement: `number ${number}` }, reason: 'agreed' });
    await send(now, 'mia', 'ApproveDefinition', { number, team: 'marketing' });
    await send(now, 'sam', 'ApproveDefinition', { number, team: 'sales' });
  };
  const asked = async (one: LogDefinitions) => {
    const definitionAt = await one.forKinds(['mql', 'sql'], { fresh: true });
    return [t1, t2, t3].map((at) => definitionAt('mql', at)?.ref ?? definitionAt('sql', at)?.ref);
  };

  it('are read up to the tip for every query', async () => {
    const mine = source();
    expect(await asked(mine)).toEqual([undefined, undefined, undefined]);
    await agree(t1, 1);
    expect(await asked(mine)).toEqual(['mql@1', 'mql@1', 'mql@1']);
    await agree(t2, 2);
    expect(await asked(mine)).toEqual(['mql@1', 'mql@2', 'mql@2']);
    await send(t3, 'mia', 'RetireDefinition', { number: 2, reason: 'no use' });
    expect(await asked(mine)).toEqual(['mql@1', 'mql@2', undefined]);
    const versions = await mine.forKinds(['mql']);
    expect([1, 2, 3].map((number) => versions('mql', number)?.ref)).toEqual(['mql@1', 'mql@2', undefined]);
    expect(versions('mql', t1)).toEqual({
      kind: 'mql',
      version: 1,
      ref: 'mql@1',
      body: { statement: 'number 1' },
    });
  });

  it('serve many queries at once, each with what was agreed before it', async () => {
    const mine = source();
    const early = Array.from({ length: 20 }, () => asked(mine));
    await agree(t1, 1);
    const late = Array.from({ length: 20 }, () => asked(mine));
    await Promise.all(early);
    for (const answer of await Promise.all(late)) expect(answer).toEqual(['mql@1', 'mql@1', 'mql@1']);
  });

  it('are read from the read model if the log is unavailable, for queries only', async () => {
    const away = () => Promise.reject(new Conflict('log/unavailable', 'away'));
    const versions = [
      { number: 1, body: { statement: 'first' }, from: t1 },
      { number: 2, body: { statement: 'second' }, from: t3 },
    ];
    const mine = new LogDefinitions(
      journal,
      { follow: (...asked) => log.follow(...asked), tip: away, availability: () => log.availability() },
      async (kind) => (kind === 'mql' ? versions : []),
    );
    sources.push(mine);
    const definitionAt = await mine.forKinds(['mql', 'sql'], { answering: true });
    expect([t2, t3, 1].map((at) => definitionAt('mql', at)?.ref)).toEqual(['mql@1', 'mql@2', 'mql@1']);
    expect(definitionAt('sql', t3)).toBeUndefined();
    await expect(mine.forKinds(['mql'], { decidingAt: t2 })).rejects.toMatchObject({ code: 'log/unavailable' });
  });

  it('are available again after a failed read', async () => {
    const mine = source();
    await agree(t1, 1);
    const read = jest.spyOn(journal, 'read').mockRejectedValueOnce(new Error('unreachable'));
    await expect(mine.forKinds(['mql'], { fresh: true })).rejects.toThrow('unreachable');
    read.mockRestore();
    expect(await asked(mine)).toEqual(['mql@1', 'mql@1', 'mql@1']);
  });

  describe('in another process', () => {
    /** Time of the test, for the clock and the timers. */
    const start = Date.parse(t1);
    let ms = 0;
    const pass = (by: number) => {
      ms += by;
      clock.instant = fromMs(start + ms);
    };
    const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
    const timers = { now: () => ms, delay: () => turn() };
    const later = () => fromMs(start + ms);
    let reads: string[];
    let open = true;
    /** Its follower delivers pages while the connection works. */
    const another = () => {
      const follow: EventLog['follow'] = async function* (after, filter, { signal } = {}) {
        for (let from = after; !signal?.aborted;) {
          await turn();
          if (!open) continue;
          const page = await log.readAll(from, filter);
          if (page.position > from) yield page;
          from = page.position;
        }
      };
      const counting = new SealedJournal(
        Object.assign(Object.create(log) as EventLog, {
          read: (stream: string, from?: number) => {
            reads.push(`${stream} ${from}`);
            return log.read(stream, from);
          },
        }),
        catalogueOf([definitionEvents]),
        new MemoryKeyStore(),
      );
      sources.push(
        new LogDefinitions(
          counting,
          { follow, tip: () => log.tip(), availability: () => log.availability() },
          async () => [],
          timers,
        ),
      );
      return sources.at(-1)!;
    };
    const live = async (one: LogDefinitions) =>
      (await one.forKinds(['mql'], { decidingAt: later() }))('mql', later())?.ref;
    /** Enough time for a page to be followed, if the connection works. */
    const come = async () => {
      for (let turns = 0; turns < 20; turns++) await turn();
    };
    beforeEach(() => {
      ms = 0;
      clock.instant = t1;
      reads = [];
      open = true;
    });

    it('decide live from five seconds after they were recorded; for queries and history at once', async () => {
      const [mine, other] = [source(), another()];
      expect([await live(mine), await live(other)]).toEqual([undefined, undefined]);
      await agree(later(), 1);
      mine.noteOwnWrite('mql', 3);
      await come();
      expect([await live(mine), await live(other)]).toEqual(['mql@1', undefined]);
      expect((await other.forKinds(['mql']))('mql', later())?.ref).toBe('mql@1');
      expect((await other.forKinds(['mql'], { decidingAt: later() }))('mql', 1)?.ref).toBe('mql@1'); // started under it
      pass(4_999);
      expect(await live(other)).toBeUndefined();
      pass(1);
      expect(await live(other)).toBe('mql@1');
      await send(later(), 'mia', 'RetireDefinition', { number: 1, reason: 'no use' });
      mine.noteOwnWrite('mql', 4);
      await come();
      expect([await live(mine), await live(other)]).toEqual([undefined, 'mql@1']);
      pass(5_000);
      expect(await live(other)).toBeUndefined();
    });

    it('are followed and not read, while decisions are made', async () => {
      const other = another();
      await agree(later(), 1);
      for (let second = 0; second < 30; second++) {
        if (second === 10) await agree(later(), 2);
        await live(other);
        await come();
        pass(1_000);
      }
      expect(reads).toEqual(['definition-mql 0']);
      expect(await live(other)).toBe('mql@2');
    });

    it('are read before they decide if the follower has not reached the tip for two seconds', async () => {
      const other = another();
      await live(other);
      open = false;
      await agree(later(), 1);
      pass(1_999);
      expect(await live(other)).toBeUndefined();
      expect(reads).toEqual(['definition-mql 0']);
      pass(3_001);
      expect(await live(other)).toBe('mql@1');
      expect(reads).toEqual(['definition-mql 0', 'definition-mql 0']);
      await live(other);
      expect(reads).toHaveLength(2);
      open = true;
    });

    it('are read again if the follower brought an event that could not be applied', async () => {
      const other = another();
      await live(other);
      open = false;
      await agree(later(), 1);
      const [first, second] = await log.read('definition-mql');
      const kind = (other as unknown as { kind: (name: string) => { follow: (event: unknown) => void } }).kind('mql');
      kind.follow(second); // the first one is missing
      expect((await other.forKinds(['mql']))('mql', later())?.ref).toBe('mql@1');
      expect(reads).toHaveLength(2);
      kind.follow(first); // known now
      expect((await other.forKinds(['mql']))('mql', 1)?.ref).toBe('mql@1');
      open = true;
    });

    it('can be awaited until they decide', async () => {
      const other = another();
      await agree(later(), 1);
      const settling = other.waitUntilInForce('mql', clock).then(() => ms);
      for (let second = 0; second < 6; second++) {
        await come();
        pass(1_000);
      }
      expect(await settling).toBeGreaterThanOrEqual(5_000);
      expect(await live(other)).toBe('mql@1');
    });

    it("do not wait for a clock that is behind the log's", async () => {
      await agree(t3, 1); // the log's clock is two months ahead
      const other = another();
      const now = () => fromMs(start + ms);
      const refAt = async () => (await other.forKinds(['mql'], { decidingAt: now() }))('mql', t3)?.ref;
      expect(await refAt()).toBeUndefined();
      ms += 5_000;
      expect(await refAt()).toBe('mql@1');
    });
  });
});
