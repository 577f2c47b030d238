import type { Instant, Order, Where } from '@baton/kernel';

/** Which waiting leads. */
export interface WaitingFilters {
  readonly rep?: string;
  /** null: those that no queue chose the rep of. */
  readonly queue?: string | null;
}

/** Leads that were handed off and wait for an answer; a lead that was merged away waits no more. */
export const whereWaiting = ({ rep, queue }: WaitingFilters): Where => ({
  ...{ waiting: { eq: true }, merged: { eq: false } },
  ...(rep !== undefined && rep !== null && { rep: { eq: rep } }),
  ...(queue !== undefined && { queue: { eq: queue } }),
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
