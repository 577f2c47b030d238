import { createHash, type Hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Conflict, Refused, START, type Clock, type EventLog, type RawEvent } from '@baton/kernel';
import { EmbeddedEventLog } from '../event-log';
import { privateFolder } from '../private-files';

const PAGE = 2000;

/** A log to which events of another can be copied unchanged. */
export interface CopyTarget extends EventLog {
  /** @throws Conflict if an event does not follow the last one of its stream here */
  appendCopies(events: readonly RawEvent[]): Promise<void>;
}

/**
 * The result of a copy: both logs have these events, with the same digest over stream, revision, id, type, data and
 * meta.
 */
export interface CopyResult {
  /** Events that this run wrote. */
  readonly written: number;
  /** Events of the source up to its end when the run began; the target has exactly these. */
  readonly events: number;
  readonly digest: string;
}

/**
 * Opens a log.
 * @param place a data folder, or the connection string of an EventStoreDB
 * @throws Refused `copy/no-log` if the folder contains no log and `create` is false
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

/** Whether two events have the same id, stream and revision. */
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

const targetDiffers = (reason: string): Refused =>
  new Refused('copy/target-differs', `${reason} The target must be empty, or contain the beginning of this log.`, 'to');

/**
 * Copies every event of a log up to its present end, in log order, with ids, streams, revisions, data and metadata;
 * sealed fields stay sealed, and their keys are not part of a log. The embedded log also keeps `recordedAt`;
 * EventStoreDB sets its own. Run it again after an interruption, or to add new events. At the end both logs are read
 * and compared.
 * @throws Refused `copy/target-differs` if the target has other events, or another process writes to it
 * @throws Conflict `log/unavailable` in an outage of either log: run it again
 */
export const copyLog = async (
  source: EventLog,
  target: CopyTarget,
  onProgress: (events: number) => void = () => undefined,
): Promise<CopyResult> => {
  await source.flush();
  const until = await source.tip();
  const targetEvents = eventsOf(target)[Symbol.asyncIterator]();
  let next = await targetEvents.next();
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
      if (!isSame(event, next.value))
        throw targetDiffers(`The target has event ${next.value.id} in the place of ${event.id}.`);
      next = await targetEvents.next();
    } else waiting.push(event);
    if (waiting.length >= PAGE) await write();
    if (++seen % PAGE === 0) onProgress(seen);
  }
  if (!next.done) throw targetDiffers('The target has more events than the source.');
  await write();
  const [from, to] = [await digestOf(source, until), await digestOf(target)];
  if (from.digest !== to.digest) throw targetDiffers('The copy differs from the source.');
  return { written, ...to };
};
