import { randomUUID } from 'node:crypto';
import {
  accessStreamOf,
  codeOf,
  Conflict,
  streamOfKey,
  SUBJECTS_NAMED,
  type CallerOrigin,
  type Clock,
  type EventLog,
} from '@baton/kernel';
import type { SealedJournal } from '../event-log';
import type { AccessEvent } from './access.events';

/** Who did it. */
export interface AccessActor {
  readonly actor: string;
  readonly origin: CallerOrigin;
}
/** What is recorded of one access. */
export type AccessEntry = AccessEvent & { readonly by: AccessActor };
/** Records what a caller is about to be shown. @throws Conflict `access/not-recorded` */
export type RecordAccess = (entries: readonly AccessEntry[]) => Promise<void>;

/** Far below the 1 MiB that an append can have: an event names at most 500 people. */
const EVENTS_PER_APPEND = 10;
export const NOT_RECORDED = 'access/not-recorded';
/**
 * The events of people whose values are shown: one for each 500.
 * @param leadIds the people
 * @param opened why they were opened for a caller who sees them sealed otherwise
 * @param reason why a caller who sees them anyway says that it looks
 */
export const readEntries = (
  { actor, origin }: AccessActor,
  operation: string,
  leadIds: readonly string[],
  { opened, reason }: { readonly opened?: string | undefined; readonly reason?: string | undefined } = {},
): readonly AccessEntry[] => {
  const by = { actor, origin };
  const entries: AccessEntry[] = [];
  for (let at = 0; at < leadIds.length; at += SUBJECTS_NAMED) {
    const subjects = leadIds.slice(at, at + SUBJECTS_NAMED).map(streamOfKey);
    const data = { operation, subjects, people: leadIds.length };
    entries.push(
      opened === undefined
        ? { type: 'PersonalDataRead', data: { ...data, answers: 1, ...(reason !== undefined && { reason }) }, by }
        : { type: 'PersonalDataOpened', data: { ...data, reason: opened }, by },
    );
  }
  return entries;
};

/**
 * The record of who was shown personal data, who signed in, and who was refused: one stream for each day. What is recorded
 * is kept when the answer leaves; the log may gather it with what others record before it is in the stream.
 */
export class AccessLog {
  private readonly writing = new Set<Promise<void>>();

  constructor(
    private readonly journal: Pick<SealedJournal, 'appendDeferred'>,
    private readonly log: Pick<EventLog, 'availability'>,
    private readonly clock: Clock,
  ) {}

  /**
   * Resolves once the log keeps the entries, see `EventLog.appendDeferred`.
   * @throws Conflict `access/not-recorded`: the log takes no events; whoever asks must not see the answer
   */
  readonly record: RecordAccess = async (entries) => {
    if (entries.length === 0) return;
    if (this.log.availability().state === 'unavailable') throw notRecorded('log/unavailable');
    const written = this.write(entries);
    this.writing.add(written);
    try {
      await written;
    } catch (error) {
      throw notRecorded(codeOf(error));
    } finally {
      this.writing.delete(written);
    }
  };

  /** Waits for what is being recorded, also by callers who do not wait for it. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.writing);
  }

  private async write(entries: readonly AccessEntry[]): Promise<void> {
    const now = this.clock.now();
    const events = entries.map(({ type, data, by: { actor, origin } }) => {
      const id = randomUUID();
      const cause = { commandId: id, commandHash: '', mode: 'live' as const, $correlationId: id, $causationId: id };
      return { id, type, data, meta: { actor, origin, occurredAt: now, ...cause } }; // in the order of `storedMeta`
    });
    for (let at = 0; at < events.length; at += EVENTS_PER_APPEND)
      await this.journal.appendDeferred(accessStreamOf(now), events.slice(at, at + EVENTS_PER_APPEND));
  }
}

/** @param why the code of what the log says */
export const notRecorded = (why: string): Conflict =>
  new Conflict(
    'access/not-recorded',
    `Personal values are shown only once that is recorded, and the log takes no events now (${why}); try again later.`,
  );
