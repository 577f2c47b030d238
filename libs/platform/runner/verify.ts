import { Conflict, START, type BatonError, type Checkpoint, type EventLog } from '@baton/kernel';
import { Digest } from './digest';

/** Has a read model seen every event that it takes, up to its checkpoint? */
export interface Completeness {
  readonly follower: string;
  readonly complete: boolean;
  readonly position: string;
  /** Events that the log holds for it up to there, and those it counted. */
  readonly expected: number;
  readonly counted: number;
  /** A position or revision that is missing in the log itself. */
  readonly gap?: string;
  /** Why it is not complete: `read/foreign-checkpoint`, `read/checkpoint-beyond-log`, `read/log-gap`, `read/events-missed`. */
  readonly code?: string;
}

/**
 * Recomputes count and digest by another path than the folds': the whole log without a filter, with every stream's
 * revisions checked to be dense on the way.
 * @param owner whose checkpoint it must be, `deals-v1`
 */
export const seenBy = async (
  log: EventLog,
  { follower, owner }: { readonly follower: string; readonly owner: string },
  types: readonly string[] | undefined,
  checkpoint: Checkpoint = { position: START, count: 0, digest: `${owner}:0` },
): Promise<Completeness> => {
  const digest = new Digest(owner);
  const revisions = new Map<string, number>();
  const wanted = types && new Set(types);
  let gap: string | undefined;
  let reached = START;
  for (let done = checkpoint.position === START; !done;) {
    const page = await log.readAll(reached, {}, 5000);
    for (const { position, id, type, stream, revision } of page.events) {
      if (position > checkpoint.position) break;
      if (revision !== (revisions.get(stream) ?? -1) + 1)
        gap ??= `${stream} lacks revision ${(revisions.get(stream) ?? -1) + 1}`;
      revisions.set(stream, revision);
      if (!wanted || wanted.has(type)) digest.add(position, id);
    }
    reached = page.position;
    done = page.atTip || reached >= checkpoint.position;
  }
  const code = !Digest.isOf(owner, checkpoint)
    ? 'read/foreign-checkpoint'
    : reached < checkpoint.position
      ? 'read/checkpoint-beyond-log'
      : gap
        ? 'read/log-gap'
        : digest.count !== checkpoint.count || digest.text() !== checkpoint.digest
          ? 'read/events-missed'
          : undefined;
  const { position, count: counted } = checkpoint;
  const answer = { follower, complete: !code, position, expected: digest.count, counted };
  return { ...answer, ...(gap && { gap }), ...(code && { code }) };
};

/**
 * May a follower go on from its checkpoint? Another follower's checkpoint and one that lies beyond the log (which was
 * restored from a backup) would pass by what is appended next.
 * @returns from where to go on, or the fault that asks to begin anew
 */
export const soundness = async (
  log: EventLog,
  who: { readonly follower: string; readonly owner: string },
  types: readonly string[] | undefined,
  checkpoint: Checkpoint | undefined,
): Promise<{ readonly from: string } | { readonly fault: BatonError }> => {
  if (!checkpoint) return { from: START };
  const fault = (code: string, message: string) => ({ fault: new Conflict(code, `${who.follower}: ${message}`) });
  if (!Digest.isOf(who.owner, checkpoint)) return fault('read/foreign-checkpoint', 'its checkpoint is not its own.');
  const tip = await log.tip();
  if (checkpoint.position <= tip) return { from: checkpoint.position };
  // A store may count events of its own beyond the last of ours: then nothing of ours is missing before the tip.
  const { complete } = await seenBy(log, who, types, { ...checkpoint, position: tip });
  return complete ? { from: tip } : fault('read/checkpoint-beyond-log', `its checkpoint lies beyond the log's end.`);
};
