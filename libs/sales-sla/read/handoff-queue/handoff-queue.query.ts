import { conditionsOf, type Instant, type Order, type ValueFilter, type Where } from '@baton/kernel';

/** Which waiting leads. */
export interface WaitingFilters {
  readonly rep?: string | ValueFilter;
  /** Without one: no queue chose the rep. */
  readonly queue?: string | ValueFilter;
}

/** Leads that were handed off and wait for an answer; a lead that was merged away waits no more. */
export const whereWaiting = ({ rep, queue }: WaitingFilters): Where => ({
  ...{ waiting: { eq: true }, merged: { eq: false } },
  ...conditionsOf({ rep, queue }),
});
/** Whose answer is due next comes first; those that nothing is agreed for come last, by id. */
export const byDue: readonly Order[] = [{ column: 'rank' }];

/** Those of them in limbo: without a word for longer than agreed, or for 48 hours where nothing is. */
export const whereLimbo = (filters: WaitingFilters, at: Instant): Where => ({
  ...whereWaiting(filters),
  limboAt: { lte: at },
});
/** Who is in limbo longest comes first. */
export const byLimbo: readonly Order[] = [{ column: 'limboAt' }];
