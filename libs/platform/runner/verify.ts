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

/** Has a follower seen every event that it takes, up to its checkpoint, and are its documents what they make of them? */
export interface VerificationResult {
  readonly follower: string;
  readonly complete: boolean;
  readonly position: string;
  /** Events that the log holds for it up to there, and those it counted. */
  readonly expected: number;
  readonly counted: number;
  /** A position or revision that is missing in the log itself. */
  readonly gap?: string;
  /** The first ids of documents that a fold anew makes otherwise, or not at all. */
  readonly differing?: readonly string[];
  /**
   * Why it is not complete: `read/foreign-checkpoint`, `read/checkpoint-beyond-log`, `read/log-gap`,
   * `read/events-differ`, `read/documents-differ`, or what a store said when it was asked.
   */
  readonly code?: string;
}

/** A follower whose checkpoint is looked at. */
export interface FollowerCheckpoint {
  readonly follower: string;
  /** Whose checkpoint it must be, `deals-v1`. */
  readonly owner: string;
  /** Undefined: all. */
  readonly types: readonly string[] | undefined;
  /** Undefined: none yet. */
  readonly checkpoint: Checkpoint | undefined;
  /** Of a read model; absent for a policy or an effect. */
  readonly projection?: Projection;
}

const emptyCheckpoint = (owner: string): Checkpoint => ({ position: START, count: 0, digest: `${owner}:0` });

/**
 * Recomputes counts and digests by another path than the folds': the whole log once, without a filter, with the content
 * of each event and the revisions of every stream, which must be dense, on the way.
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
  let gap: { readonly position: string; readonly says: string } | undefined;
  let reached = START;
  for (let done = end === START; !done;) {
    const page = await log.readAll(reached, {}, 5000);
    for (const event of page.events) {
      const { position, type, stream, revision } = event;
      if (position > end) break;
      const next = (revisions.get(stream) ?? -1) + 1;
      if (revision !== next) gap ??= { position, says: `${stream} lacks revision ${next}` };
      revisions.set(stream, revision);
      const taking = all.filter(
        ({ types, since, upTo }) => position > since && position <= upTo && (!types || types.has(type)),
      );
      if (taking.length === 0) continue;
      const hash = hashOf(event);
      for (const { digest } of taking) digest.add(event, hash);
    }
    reached = page.position;
    done = page.atTip || reached >= end;
  }
  return all.map(({ follower, owner, checkpoint, upTo, digest }) => {
    const here = gap && gap.position <= upTo ? gap.says : undefined;
    const code = !Digest.isOf(owner, checkpoint)
      ? 'read/foreign-checkpoint'
      : reached < upTo
        ? 'read/checkpoint-beyond-log'
        : here
          ? 'read/log-gap'
          : digest.count !== checkpoint.count || digest.text() !== checkpoint.digest
            ? 'read/events-differ'
            : undefined;
    const answer = { follower, complete: !code, position: upTo, expected: digest.count, counted: checkpoint.count };
    return { ...answer, ...(here && { gap: here }), ...(code && { code }) };
  });
};

/** Does the log hold this very event? */
const logHolds = async (log: EventLog, { stream, revision, id }: EventPlace): Promise<boolean> =>
  (await log.read(stream, revision))[0]?.id === id;

/**
 * Is this the log that these checkpoints were made of? An older copy that was put in its place and has grown since lacks
 * the last event that some follower saw.
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
 * May a follower go on from its checkpoint? Another follower's checkpoint, one that lies beyond the log, and one of
 * another log would pass by what is appended next.
 * @param trusted whether the log is the one that the checkpoints of all followers were made of; where it is not, each
 *   counts again what it should have seen
 * @returns from where to go on, or the fault that asks to begin anew
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
  // A store may count events of its own beyond the last of ours: then nothing of ours is missing before the tip.
  if (trusted && upTo === checkpoint.position) return { from: upTo };
  const [seen] = await recountEvents(log, [{ ...followed, checkpoint: { ...checkpoint, position: upTo } }]);
  if (seen!.complete) return { from: upTo };
  return upTo < checkpoint.position
    ? fault('read/checkpoint-beyond-log', 'the checkpoint is beyond the end of the log.')
    : fault('read/other-log', 'it has seen events that are not in this log, which is an older copy or another log.');
};
