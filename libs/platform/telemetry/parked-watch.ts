import type { Commit, Documents } from '@baton/kernel';
import type { Logger } from 'pino';
import type { Metrics } from './metrics';

/** Raises the alarm for each sequence that begins to wait: one line and one count, once it is saved that it waits. */
export const watchParked = (documents: Documents, metrics: Metrics, logger: Logger): Documents => {
  const commit = documents.commit.bind(documents);
  documents.commit = async (changes: Commit) => {
    await commit(changes);
    for (const { follower, sequence, position, eventId, code } of changes.parked ?? []) {
      metrics.sequenceParked(follower, code);
      logger.error({ follower, sequence, position, eventId, code }, 'a sequence of events waits for a decision');
    }
  };
  return documents;
};
