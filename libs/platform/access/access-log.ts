import { randomUUID } from 'node:crypto';
import {
  accessStreamOf,
  codeOf,
  Conflict,
  streamOfKey,
  type CallerOrigin,
  type Clock,
  type EventLog,
  type Journal,
} from '@baton/kernel';
import { SUBJECTS_NAMED, type AccessEvent } from './access.events';

/** Who did it. */
export interface AccessActor {
  readonly actor: string;
  readonly origin: CallerOrigin;
}
/** What is recorded of one access. */
export type AccessEntry = AccessEvent & { readonly by: AccessActor };
/** Records what a caller is about to be shown. @throws Conflict `access/not-recorded` */
export type RecordAccess = (entries: readonly AccessEntry[]) => Promise<void>;

interface PendingAccess {
  readonly entries: readonly AccessEntry[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Far below the 1 MiB that an append can have: an event names at most 500 people. */
const EVENTS_PER_APPEND = 10;
const CONFLICTS = 8;
/** The ids are new, so that no store needs to look for them. */
const how = { checked: true, aside: true } as const;
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
        ? { type: 'PersonalDataRead', data: { ...data, ...(reason !== undefined && { reason }) }, by }
        : { type: 'PersonalDataOpened', data: { ...data, reason: opened }, by },
    );
  }
  return entries;
};

/**
 * The record of who was shown personal data, who signed in, and who was refused: one stream for each day. What several
 * requests record within the same turn, or while an append is under way, is one append.
 */
export class AccessLog {
  private pending: PendingAccess[] = [];
  private writing: Promise<void> | undefined;
  /** The last revision of a stream, where this process knows it. */
  private known: { readonly stream: string; readonly revision: number } | undefined;

  constructor(
    private readonly journal: Pick<Journal, 'append'>,
    private readonly log: Pick<EventLog, 'availability' | 'revisionOf'>,
    private readonly clock: Clock,
  ) {}

  /**
   * Resolves once the entries are in the log.
   * @throws Conflict `access/not-recorded`: the log takes no events; whoever asks must not see the answer
   */
  readonly record: RecordAccess = (entries) => {
    if (entries.length === 0) return Promise.resolve();
    if (this.log.availability().state === 'unavailable') return Promise.reject(notRecorded('log/unavailable'));
    return new Promise<void>((resolve, reject) => {
      this.pending.push({ entries, resolve, reject });
      this.writing ??= new Promise<void>((begin) => setImmediate(begin)).then(() => this.writeAll());
    });
  };

  /** Waits for what is being written. */
  async settle(): Promise<void> {
    await this.writing;
  }

  private async writeAll(): Promise<void> {
    while (this.pending.length > 0) {
      const [some, entries] = [[] as PendingAccess[], [] as AccessEntry[]];
      while (this.pending.length > 0 && (some.length === 0 || entries.length < EVENTS_PER_APPEND)) {
        some.push(this.pending.shift()!);
        entries.push(...some.at(-1)!.entries);
      }
      await this.writeInParts(entries).then(
        () => some.forEach(({ resolve }) => resolve()),
        (error: unknown) => some.forEach(({ reject }) => reject(notRecorded(codeOf(error)))),
      );
    }
    this.writing = undefined; // in the turn in which nothing was pending: what comes next begins anew
  }

  private async writeInParts(entries: readonly AccessEntry[]): Promise<void> {
    for (let at = 0; at < entries.length; at += EVENTS_PER_APPEND)
      await this.write(entries.slice(at, at + EVENTS_PER_APPEND));
  }

  /** Appends at the end of the day’s stream, again where another process came first. */
  private async write(entries: readonly AccessEntry[]): Promise<void> {
    const now = this.clock.now();
    const stream = accessStreamOf(now);
    const events = entries.map(({ type, data, by: { actor, origin } }) => {
      const id = randomUUID();
      const cause = { commandId: id, commandHash: '', $correlationId: id, $causationId: id };
      return { id, type, data, meta: { actor, origin, occurredAt: now, mode: 'live' as const, ...cause } };
    });
    for (let conflicts = 0; ; conflicts++) {
      const last = this.known?.stream === stream ? this.known.revision : ((await this.log.revisionOf(stream)) ?? -1);
      try {
        const { revision } = await this.journal.append(stream, events, last < 0 ? 'none' : last, how);
        this.known = { stream, revision };
        return;
      } catch (error) {
        this.known = undefined;
        if (codeOf(error) !== 'log/wrong-revision' || conflicts >= CONFLICTS) throw error;
      }
    }
  }
}

/** @param why the code of what the log says */
export const notRecorded = (why: string): Conflict =>
  new Conflict(
    'access/not-recorded',
    `Personal values are shown only once that is recorded, and the log takes no events now (${why}); try again later.`,
  );
