import type { Json } from '@baton/kernel';
import {
  Accepted,
  commands,
  Conflict,
  contentHash,
  decider,
  DecisionContext,
  DefinitionSource,
  events,
  handle,
  integer,
  Journal,
  ref,
  refuse,
  Refused,
  type AppendResult,
  type CommandOf,
  type EventOf,
  type Outcome,
  type StoredEvent,
} from '.';
import { FixedClock } from './testing';

const cupEvents = events({
  Poured: { version: 1, sentence: 'Drops were poured', cupId: ref('cup'), drops: integer(), under: integer() },
});
const cupCommands = commands('cup', {
  Pour: { description: '', cupId: ref('cup'), drops: integer() },
  Drink: { description: '', cupId: ref('cup') },
});
type CupCommand = CommandOf<typeof cupCommands>;
const cup = (uses: readonly 'size'[] = ['size']) =>
  decider<{ drops: number; under: number }, CupCommand, EventOf<typeof cupEvents>, { size: Json }>({
    commands: cupCommands,
    events: cupEvents,
    uses,
    initialState: () => ({ drops: 0, under: 0 }),
    decide: {
      Pour: ({ drops, under }, { data }, { definition }) => {
        if (drops + data.drops > 10) return refuse('cup/full');
        if (data.drops === 0) return [];
        return [{ type: 'Poured', data: { ...data, under: definition('size', under || 7)?.version ?? 0 } }];
      },
      Drink: ({ drops }) => (drops === 0 ? refuse('cup/empty') : []),
    },
    evolve: { Poured: (state, { data }) => ({ drops: state.drops + data.drops, under: data.under }) },
  });

/** Streams in memory, with a list of the calls. */
class Streams extends Journal {
  readonly streams = new Map<string, StoredEvent[]>();
  readonly calls: string[] = [];
  /** Called before an append takes effect, to let another process append first. */
  before: () => unknown = () => undefined;

  async append(
    stream: string,
    facts: Parameters<Journal['append']>[1],
    expected: number | 'none',
  ): Promise<AppendResult> {
    this.calls.push(`append ${expected}`);
    await this.before();
    const events = this.streams.get(stream) ?? [];
    const place = (repeated: boolean) => ({
      position: events.at(-1)!.position,
      revision: events.length - 1,
      repeated,
    });
    if (events.some(({ id }) => id === facts[0]!.id)) return place(true);
    if ((expected === 'none' ? 0 : expected + 1) !== events.length) throw new Conflict('log/wrong-revision', stream);
    for (const fact of facts) {
      const revision = events.length;
      const place = { stream, revision, position: `p${revision}`, recordedAt: fact.meta.occurredAt };
      events.push({
        ...fact,
        ...place,
        meta: { ...fact.meta, schema: 1 },
        occurredAt: fact.meta.occurredAt,
      } as StoredEvent);
    }
    this.streams.set(stream, events);
    return place(false);
  }
  async read(stream: string, from = 0) {
    this.calls.push(`read ${from}`);
    return (this.streams.get(stream) ?? []).slice(from);
  }
  decode(): StoredEvent {
    throw new Error('nothing is stored');
  }
  open(): Promise<readonly undefined[]> {
    throw new Error('nothing is sealed');
  }
  tokens(): Promise<readonly (readonly string[])[]> {
    throw new Error('nothing is looked for');
  }
  async hashOf(body: object) {
    return contentHash(body);
  }
}

describe('handle', () => {
  let streams: Streams;
  beforeEach(() => void (streams = new Streams()));
  let sent = 0;
  const process = (definitions?: DefinitionSource, kept?: number) => {
    const context = new DecisionContext(new FixedClock(), definitions, kept);
    const of = cup();
    return (
      type: CupCommand['type'],
      data: object = {},
      commandId = `c${sent++}`,
      more: object = {},
    ): Promise<Outcome> => {
      const meta = { commandId, actor: 'me', origin: 'person', ...more };
      return handle(streams, of, 'a', { type, data: { cupId: 'a', ...data }, meta } as CupCommand, context);
    };
  };
  const calls = () => streams.calls.splice(0);

  it('decides on a new stream without a read, and continues from its own events', async () => {
    const send = process();
    expect(await send('Pour', { drops: 1 })).toMatchObject({ revision: 0, repeated: false });
    expect(await send('Pour', { drops: 2 })).toMatchObject({ revision: 1, repeated: false });
    expect(calls()).toEqual(['append none', 'append 0']);
  });

  it('reads a stream once that turns out not to be new', async () => {
    await process()('Pour', { drops: 9 });
    calls();
    const send = process();
    expect(await send('Pour', { drops: 1 })).toMatchObject({ revision: 1 });
    expect(calls()).toEqual(['append none', 'read 0', 'append 0']);
  });

  it.each([
    ['a refusal', 'Drink', {}, 'cup/empty'],
    ['an empty decision', 'Pour', { drops: 0 }, 0],
  ] as const)('returns %s only after it has read newer events', async (_, type, data, answer) => {
    const send = process();
    const outcome = await send(type, data);
    expect(outcome instanceof Refused ? outcome.code : outcome.events).toBe(answer);
    expect(calls()).toEqual(['read 0']);
    await send('Pour', { drops: 1 });
    await process()('Pour', { drops: 9 });
    calls();
    expect(await send('Pour', { drops: 5 })).toMatchObject({ code: 'cup/full' });
    expect(calls()).toEqual(['append 0', 'read 1']);
    expect(await send('Pour', { drops: 5 })).toMatchObject({ code: 'cup/full' });
    expect(calls()).toEqual(['read 2']);
  });

  it('returns the answer of another process to the same command', async () => {
    const [one, two] = [process(), process()];
    await one('Pour', { drops: 1 });
    await two('Pour', { drops: 1 });
    const first = await one('Pour', { drops: 2 }, 'same');
    expect(await two('Pour', { drops: 2 }, 'same')).toEqual({ ...first, repeated: true });
    expect(await two('Pour', { drops: 3 }, 'same')).toMatchObject({ code: 'command/id-reused' });
    expect(await process()('Pour', { drops: 3 }, 'same')).toMatchObject({ code: 'command/id-reused' });
    expect(await two('Pour', { drops: 6 })).toMatchObject({ revision: 3 });
    expect(await two('Pour', { drops: 1 })).toMatchObject({ code: 'cup/full' }); // with the 2 drops of the other process
  });

  it('checks expectedRevision against the newest revision', async () => {
    await process()('Pour', { drops: 1 });
    const send = process();
    expect(await send('Pour', { drops: 1 }, 'x', { expectedRevision: 0 })).toMatchObject({ revision: 1 });
    expect(await send('Pour', { drops: 1 }, 'y', { expectedRevision: 0 })).toMatchObject({
      code: 'command/revision-passed',
    });
  });

  it('tries again after five conflicts, and then throws log/busy-stream', async () => {
    const [send, other] = [process(), process()];
    let conflicts = 0;
    streams.before = async () => {
      const { before } = streams;
      streams.before = () => undefined;
      conflicts++;
      await other('Pour', { drops: 1 });
      streams.before = before;
    };
    await expect(send('Pour', { drops: 1 })).rejects.toMatchObject({ code: 'log/busy-stream' });
    expect(conflicts).toBe(6);
    streams.before = () => undefined;
    expect(await send('Pour', { drops: 1 })).toBeInstanceOf(Accepted);
  });

  it('reads definitions again if the state names an unknown version', async () => {
    const questions: object[] = [];
    class LateDefinitions extends DefinitionSource {
      async forKinds(kinds: readonly string[], how: { fresh?: boolean } = {}) {
        questions.push({ kinds, ...how });
        return (kind: string, at: string | number) =>
          at === 7 && how.fresh ? { kind, version: 7, ref: `${kind}@7`, body: {} } : undefined;
      }
    }
    await process(new LateDefinitions())('Pour', { drops: 1 });
    expect(streams.streams.get('cup-a')![0]!.data).toMatchObject({ under: 7 });
    expect(questions).toEqual([
      { kinds: ['size'], decidingAt: '2024-01-01T00:00:00.000Z' },
      { kinds: ['size'], decidingAt: '2024-01-01T00:00:00.000Z', fresh: true },
    ]);
    questions.length = 0;
    await process(new LateDefinitions())('Pour', { drops: 1 }, 'past', { mode: 'backfill' });
    expect(questions[0]).toEqual({ kinds: ['size'], decidingAt: undefined });
  });

  it('reads a stream again that was evicted from the cache', async () => {
    const send = process(undefined, 10); // a stream counts as the number of its commands plus eight
    await send('Pour', { drops: 1 });
    await send('Pour', { drops: 1 });
    await send('Pour', { drops: 1 });
    calls();
    await send('Pour', { drops: 1 });
    expect(calls()).toEqual(['append none', 'read 0', 'append 2']);
  });
});
