import { conditionsOf, type Instant, type Order, type ValueFilter, type Where } from '@baton/kernel';

/** Which waiting leads. */
export interface WaitingFilters {
  readonly rep?: string | ValueFilter;
  /** None: no queue chose the rep. */
  readonly queue?: string | ValueFilter;
}

/** Leads handed off and waiting for an answer; not those merged into another lead. */
export const whereWaiting = ({ rep, queue }: WaitingFilters): Where => ({
  ...{ waiting: { eq: true }, merged: { eq: false } },
  ...conditionsOf({ rep, queue }),
});
/** Earliest due instant first; those without an obligation last, by id. */
export const byDue: readonly Order[] = [{ column: 'rank' }];

/** Only those in limbo: without an answer for longer than agreed, or for 48 hours if nothing is agreed. */
export const whereLimbo = (filters: WaitingFilters, at: Instant): Where => ({
  ...whereWaiting(filters),
  limboAt: { lte: at },
});
/** Longest in limbo first. */
export const byLimbo: readonly Order[] = [{ column: 'limboAt' }];
