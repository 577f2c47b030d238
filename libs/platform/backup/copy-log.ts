import { createHash, type Hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Conflict, Refused, START, type Clock, type EventLog, type RawEvent } from '@baton/kernel';
import { EmbeddedEventLog } from '../event-log';
import { privateFolder } from '../private-files';

const PAGE = 2000;

/** A log that can take over the events of another as they are. */
export interface CopyTarget extends EventLog {
  /** @throws Conflict where a stream does not go on where it ends here */
  appendCopies(events: readonly RawEvent[]): Promise<void>;
}

/** What a copy came to: both sides hold these events, with one digest over stream, revision, id, type, data, meta. */
export interface CopyResult {
  /** Events that this run wrote. */
  readonly written: number;
  /** Events of the source up to its end when the run began; the target holds exactly these. */
  readonly events: number;
  readonly digest: string;
}

/**
 * Opens the log at a place: a data folder, or the connection string of an EventStoreDB.
 * @throws Refused `copy/no-log` where a source folder holds no log
 */
export const openLog = async (place: string, clock: Clock, { create = false } = {}): Promise<CopyTarget> => {
  if (/^esdb(\+discover)?:\/\//.test(place))
    return (await import('../event-log/eventstore-event-log.js')).EventStoreEventLog.connect(place);
  const file = join(place, 'log.db');
  if (!create && !existsSync(file))
    throw new Refused(
      'copy/no-log',
      `${place} does not contain a log; give a data folder or an esdb:// address.`,
      'from',
    );
  if (create) privateFolder(place);
  return EmbeddedEventLog.open(file, clock);
};

/** Two events that are one: same place in the same stream, same id. */
const isSame = (a: RawEvent, b: RawEvent): boolean =>
  a.id === b.id && a.stream === b.stream && a.revision === b.revision;

const addTo = (hash: Hash, { stream, revision, id, type, data, meta }: RawEvent): void => {
  hash.update(`${JSON.stringify([stream, revision, id, type, data, meta])}\n`);
};

async function* eventsOf(log: EventLog, until?: string): AsyncIterable<RawEvent> {
  for (let after = START; ;) {
    const page = await log.readAll(after, {}, PAGE);
    for (const event of page.events) {
      if (until !== undefined && event.position > until) return;
      yield event;
    }
    if (page.atTip || (until !== undefined && page.position >= until)) return;
    after = page.position;
  }
}

const digestOf = async (log: EventLog, until?: string): Promise<{ events: number; digest: string }> => {
  const hash = createHash('sha256');
  let events = 0;
  for await (const event of eventsOf(log, until)) {
    addTo(hash, event);
    events++;
  }
  return { events, digest: hash.digest('hex') };
};

const targetDiffers = (what: string): Refused =>
  new Refused('copy/target-differs', `${what} The target must be empty, or contain the beginning of this log.`, 'to');

/**
 * Copies every event of a log up to its present end, in log order, with ids, streams, revisions, data and metadata as
 * they are; sealed fields stay sealed, and their keys are not part of a log. The embedded log also keeps `recordedAt`;
 * EventStoreDB puts its own clock there. A run that was cut off is simply run again, and a run after new events adds
 * those. At the end both sides are read anew and compared.
 * @throws Refused `copy/target-differs` where the target holds other events, or others write to it meanwhile
 * @throws Conflict `log/unavailable` in an outage of either side: run it again
 */
export const copyLog = async (
  source: EventLog,
  target: CopyTarget,
  onProgress: (events: number) => void = () => undefined,
): Promise<CopyResult> => {
  const until = await source.tip();
  const held = eventsOf(target)[Symbol.asyncIterator]();
  let next = await held.next();
  let seen = 0;
  let written = 0;
  let waiting: RawEvent[] = [];
  const write = async () => {
    if (waiting.length === 0) return;
    await target.appendCopies(waiting).catch((error: unknown) => {
      if (!(error instanceof Conflict && error.code === 'log/wrong-revision')) throw error;
      throw targetDiffers(`Another process writes to the target: ${error.message}`);
    });
    written += waiting.length;
    waiting = [];
  };
  for await (const event of eventsOf(source, until)) {
    if (!next.done) {
      if (!isSame(event, next.value)) throw targetDiffers(`Event ${next.value.id} stands where ${event.id} should.`);
      next = await held.next();
    } else waiting.push(event);
    if (waiting.length >= PAGE) await write();
    if (++seen % PAGE === 0) onProgress(seen);
  }
  if (!next.done) throw targetDiffers('The target holds more events than the source.');
  await write();
  const [from, to] = [await digestOf(source, until), await digestOf(target)];
  if (from.digest !== to.digest) throw targetDiffers('The copy is not equal to the source.');
  return { written, ...to };
};
