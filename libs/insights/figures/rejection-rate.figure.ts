import { handoffFact } from './facts/handoffs.fact';
import { count, figure, ratio } from './figure.rules';

/** Above this share a definition does not match what sales accepts, if there are so many handoffs: fewer could be chance. */
const MOST_REJECTED = 0.3;
const MIN_HANDOFFS = 10;

export const rejectionRate = figure({
  code: 'rejection-rate',
  title: 'Rejection rate',
  unit: 'ratio',
  formula: 'handoffs that were rejected before they were accepted / handoffs of the period',
  rows: { fact: handoffFact, time: { at: 'handedOffAt' } },
  value: ratio(count({ disposition: 'rejected' }), count(), { open: { disposition: 'waiting' } }),
  warns: {
    by: 'definition',
    of: (definition, { value, support }) =>
      !definition.startsWith('external:') && support >= MIN_HANDOFFS && value?.gt(MOST_REJECTED)
        ? `${definition}: definition needs work, as more than 30 % of at least 10 handoffs were rejected.`
        : undefined,
  },
});
