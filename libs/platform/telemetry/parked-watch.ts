import type { ParkedSequence } from '@baton/kernel';
import type { Logger } from 'pino';
import type { Metrics } from './metrics';

/** Reports a newly parked sequence: one log line and one count. */
export const parkedAlarmOf =
  (metrics: Metrics, logger: Logger) =>
  ({ follower, sequence, position, eventId, code }: ParkedSequence): void => {
    metrics.sequenceParked(follower, code);
    logger.error({ follower, sequence, position, eventId, code }, 'a sequence of events waits for a decision');
  };
