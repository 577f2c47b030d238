import type { EventFilter, EventLog, Position } from '@baton/kernel';
import type { Runner } from './runner';

/**
 * Where the log has come to, for answers that show a state and not each event: at once when something of these types
 * stands behind `after` (or no `after` is given), then whenever more of it was recorded.
 * @param everyMs what comes sooner after one another is told as one
 * @returns positions; ends when the signal aborts
 */
export async function* positionsOf(
  log: EventLog,
  {
    after,
    types,
    signal,
    everyMs = 250,
  }: { after?: Position; types?: string[]; signal: AbortSignal; everyMs?: number },
): AsyncGenerator<Position> {
  const filter = types ? { types } : {};
  const tip = await log.tip();
  if (after === undefined || (await hasEventsAfter(log, after, filter, signal))) yield tip;
  for await (const { events, position } of log.follow(tip, filter, { signal })) {
    if (events.length === 0) continue;
    yield position;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** Does anything stand behind a position? A page of a filtered read looks at a part of the log only, and may be empty. */
const hasEventsAfter = async (
  log: EventLog,
  after: Position,
  filter: EventFilter,
  signal: AbortSignal,
): Promise<boolean> => {
  for (let from = after; !signal.aborted;) {
    const { events, position, atTip } = await log.readAll(from, filter, 1);
    if (events.length > 0) return true;
    if (atTip || position <= from) return false;
    from = position;
  }
  return false;
};

/** Those who watch the same thing share what is read of it: once for a position, however many they are. */
export class SharedReading<S> {
  private last: { readonly position: Position; readonly state: Promise<S> } | undefined;

  constructor(private readonly read: () => Promise<S>) {}

  /** @returns the state at this position, or at a later one that was read already */
  at(position: Position): Promise<S> {
    if (!this.last || this.last.position < position) {
      const reading = { position, state: this.read() };
      this.last = reading;
      reading.state.catch(() => {
        if (this.last === reading) this.last = undefined;
      });
    }
    return this.last.state;
  }
}

/**
 * A state now, and again whenever it has changed, each with the position that it holds. Behind `after` the first answer
 * comes with the first event, whether or not that changed the state.
 * @param stateOf reads it; asked once the read models have come to that position, which it is given
 */
export async function* snapshotsOf<S extends object>(
  log: EventLog,
  runner: Pick<Runner, 'waitFor'>,
  { types, ...from }: { after?: Position; types: readonly string[] | undefined; signal: AbortSignal },
  stateOf: (position: Position) => Promise<S>,
): AsyncGenerator<S & { readonly position: Position }> {
  let last = '';
  for await (const position of positionsOf(log, { ...from, ...(types && { types: [...types] }) })) {
    await runner.waitFor(position);
    const now = await stateOf(position);
    const text = JSON.stringify(now);
    if (text !== last) yield { ...now, position };
    last = text;
  }
}

/** The states that somebody watches, by what was asked. */
export class SharedReadings {
  private readonly watched = new Map<string, { readonly reading: SharedReading<object>; watchers: number }>();

  /** As `snapshotsOf`; `question` tells one state from another. */
  async *snapshots<S extends object>(
    question: string,
    log: EventLog,
    runner: Pick<Runner, 'waitFor'>,
    from: Parameters<typeof snapshotsOf>[2],
    read: () => Promise<S>,
  ): AsyncGenerator<S & { readonly position: Position }> {
    const one = this.watched.get(question) ?? { reading: new SharedReading<object>(read), watchers: 0 };
    this.watched.set(question, one);
    one.watchers++;
    try {
      yield* snapshotsOf(log, runner, from, (position) => (one.reading as SharedReading<S>).at(position));
    } finally {
      if (--one.watchers === 0) this.watched.delete(question);
    }
  }
}
