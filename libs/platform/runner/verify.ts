import {
  Conflict,
  START,
  type BatonError,
  type Checkpoint,
  type EventLog,
  type EventPlace,
  type Projection,
} from '@baton/kernel';
import { Digest, hashOf } from './digest';

/**
 * Whether a follower has seen every event that it handles, up to its checkpoint, and its documents are the fold of
 * these events.
 */
export interface VerificationResult {
  readonly follower: string;
  readonly complete: boolean;
  readonly position: string;
  /** How many events the log has for it up to `position`, and how many it counted. */
  readonly expected: number;
  readonly counted: number;
  /** The revision that is missing in the log itself. */
  readonly gap?: string;
  /** The first ids of documents that differ from a new fold, are missing, or should not exist. */
  readonly differing?: readonly string[];
  /**
   * Why it is not complete: `read/foreign-checkpoint`, `read/checkpoint-beyond-log`, `read/log-gap`,
   * `read/events-differ`, `read/documents-differ`, or the code of a store's error.
   */
  readonly code?: string;
}

/** A follower and the checkpoint to verify. */
export interface FollowerCheckpoint {
  readonly follower: string;
  /** The owner that the checkpoint must name, such as `deals-v1`. */
  readonly owner: string;
  /** The event types it handles; undefined: all. */
  readonly types: readonly string[] | undefined;
  /** Undefined if there is none yet. */
  readonly checkpoint: Checkpoint | undefined;
  /** Absent for a policy or an effect. */
  readonly projection?: Projection;
}

const emptyCheckpoint = (owner: string): Checkpoint => ({ position: START, count: 0, digest: `${owner}:0` });

/**
 * Recomputes counts and digests independently of the followers: reads the whole log once, without a filter, hashes each
 * event, and checks that no stream lacks a revision.
 */
export const recountEvents = async (
  log: EventLog,
  followers: readonly FollowerCheckpoint[],
): Promise<readonly VerificationResult[]> => {
  const all = followers.map(({ follower, owner, types, checkpoint = emptyCheckpoint(owner) }) => {
    const { since = START, position } = checkpoint;
    return {
      follower,
      owner,
      checkpoint,
      since,
      upTo: position,
      types: types && new Set(types),
      digest: new Digest(owner),
    };
  });
  const end = all.reduce((latest, { upTo }) => (upTo > latest ? upTo : latest), START);
  const revisions = new Map<string, number>();
  let gap: { readonly position: string; readonly description: string } | undefined;
  let reached = START;
  for (let done = end === START; !done;) {
    const page = await log.readAll(reached, {}, 5000);
    for (const event of page.events) {
      const { position, type, stream, revision } = event;
      if (position > end) break;
      const next = (revisions.get(stream) ?? -1) + 1;
      if (revision !== next) gap ??= { position, description: `${stream} lacks revision ${next}` };
      revisions.set(stream, revision);
      const subscribed = all.filter(
        ({ types, since, upTo }) => position > since && position <= upTo && (!types || types.has(type)),
      );
      if (subscribed.length === 0) continue;
      const hash = hashOf(event);
      for (const { digest } of subscribed) digest.add(event, hash);
    }
    reached = page.position;
    done = page.atTip || reached >= end;
  }
  return all.map(({ follower, owner, checkpoint, upTo, digest }) => {
    const gapBefore = gap && gap.position <= upTo ? gap.description : undefined;
    const codeOf = (): string | undefined => {
      if (!Digest.isOf(owner, checkpoint)) return 'read/foreign-checkpoint';
      if (reached < upTo) return 'read/checkpoint-beyond-log';
      if (gapBefore) return 'read/log-gap';
      const isSame = digest.count === checkpoint.count && digest.text() === checkpoint.digest;
      return isSame ? undefined : 'read/events-differ';
    };
    const code = codeOf();
    const result = { follower, complete: !code, position: upTo, expected: digest.count, counted: checkpoint.count };
    return { ...result, ...(gapBefore && { gap: gapBefore }), ...(code && { code }) };
  });
};

/** Whether the log has this event at this revision. */
const logHolds = async (log: EventLog, { stream, revision, id }: EventPlace): Promise<boolean> =>
  (await log.read(stream, revision))[0]?.id === id;

/**
 * Whether this is the log that these checkpoints were made from. An older copy that was restored, even if it has grown
 * since, lacks the last event that some follower saw.
 */
export const isLogOfCheckpoints = async (
  log: EventLog,
  checkpoints: readonly (Checkpoint | undefined)[],
): Promise<boolean> => {
  const places = new Map(
    checkpoints.flatMap((checkpoint) => (checkpoint?.last ? [[checkpoint.last.id, checkpoint.last]] : [])),
  );
  const answers = await Promise.all([...places.values()].map((place) => logHolds(log, place)));
  return answers.every(Boolean);
};

/**
 * Checks whether a follower may continue from its checkpoint. With the checkpoint of another follower or another log,
 * or one beyond the end of the log, it would skip events.
 * @param trusted whether the log is known to be the one that all checkpoints were made from; if not, the events are
 *   counted again
 * @returns the position to continue from, or the fault that requires a new start
 */
export const checkCheckpoint = async (
  log: EventLog,
  followed: FollowerCheckpoint,
  trusted: boolean,
): Promise<{ readonly from: string } | { readonly fault: BatonError }> => {
  const { follower, owner, checkpoint } = followed;
  if (!checkpoint) return { from: START };
  const fault = (code: string, message: string) => ({ fault: new Conflict(code, `${follower}: ${message}`) });
  if (!Digest.isOf(owner, checkpoint))
    return fault('read/foreign-checkpoint', 'the checkpoint belongs to another follower.');
  const tip = await log.tip();
  const upTo = checkpoint.position <= tip ? checkpoint.position : tip;
  // The checkpoint may lie beyond the tip because a store counts events of its own: then no event of Baton is missing.
  if (trusted && upTo === checkpoint.position) return { from: upTo };
  const [seen] = await recountEvents(log, [{ ...followed, checkpoint: { ...checkpoint, position: upTo } }]);
  if (seen!.complete) return { from: upTo };
  return upTo < checkpoint.position
    ? fault('read/checkpoint-beyond-log', 'the checkpoint is beyond the end of the log.')
    : fault('read/other-log', 'it has seen events that are not in this log, which is an older copy or another log.');
};
