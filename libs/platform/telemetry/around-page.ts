import { codeOf } from '@baton/kernel';
import type { Logger } from 'pino';
import type { AroundPage } from '../runner';
import type { Metrics } from './metrics';
import { traced } from './trace';

/** Counts and traces each page that a follower takes; a fault is told with the follower that had it. */
export const aroundPageOf =
  (metrics: Metrics, logger: Logger): AroundPage =>
  async (follower, events, take) => {
    // A policy sends commands from here: they are its children.
    const kind = /^(policy|effect)-/.exec(follower)?.[1] ?? 'fold';
    try {
      await traced(`${kind} page`, { 'baton.follower': follower, 'baton.events': events }, take);
      metrics.page(follower);
    } catch (error) {
      metrics.fault(follower, codeOf(error));
      logger.error({ follower, code: codeOf(error), err: error }, 'a follower could not take a page');
      throw error;
    }
  };
