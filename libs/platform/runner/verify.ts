import { START, type Checkpoint, type EventLog } from '@baton/kernel';
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
}

/**
 * Recomputes count and digest by another path than the folds': the whole log without a filter, with every stream's
 * revisions checked to be dense on the way.
 */
export const seenBy = async (
  log: EventLog,
  follower: string,
  types: readonly string[] | undefined,
  checkpoint: Checkpoint = { position: START, count: 0, digest: '0' },
): Promise<Completeness> => {
  const digest = new Digest();
  const revisions = new Map<string, number>();
  const wanted = types && new Set(types);
  let gap: string | undefined;
  for (let after = START, done = checkpoint.position === START; !done;) {
    const page = await log.readAll(after, {}, 5000);
    for (const { position, id, type, stream, revision } of page.events) {
      if (position > checkpoint.position) break;
      if (revision !== (revisions.get(stream) ?? -1) + 1)
        gap ??= `${stream} lacks revision ${(revisions.get(stream) ?? -1) + 1}`;
      revisions.set(stream, revision);
      if (!wanted || wanted.has(type)) digest.add(position, id);
    }
    after = page.position;
    done = page.events.length === 0 || after >= checkpoint.position;
  }
  const complete = !gap && digest.count === checkpoint.count && digest.hex() === checkpoint.digest;
  const { position, count: counted } = checkpoint;
  return { follower, complete, position, expected: digest.count, counted, ...(gap && { gap }) };
};
