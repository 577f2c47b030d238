import { codeOf } from '@baton/kernel';
import type { Logger } from 'pino';
import type { AroundPage } from '../runner';
import type { Metrics } from './metrics';
import { traced } from './trace';

/** Counts and traces each page that a follower handles, and logs a fault with the name of the follower. */
export const aroundPageOf =
  (metrics: Metrics, logger: Logger): AroundPage =>
  async (follower, events, take) => {
    // The commands that a policy sends are child spans of this one.
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
