import { fromMs } from '@baton/kernel';
import type { ReviewKind } from '@baton/insights';
import { DAY, HOUR, storyWriter, type DemoStep, type Period } from './story';

interface HeldReview {
  readonly kind: ReviewKind;
  /** The day of the period on which the review is held, and the first and last day that it covers. */
  readonly on: number;
  readonly from: number;
  readonly to: number;
  readonly notes: string;
  readonly what: string;
  readonly owner: string;
  /** Days until the action was done, if it was, and its result. */
  readonly done?: { readonly after: number; readonly outcome: string };
}

const heldReviews: readonly HeldReview[] = [
  {
    kind: 'quarterly-definition',
    on: 267,
    from: 181,
    to: 266,
    notes: 'Reps spend their time on companies that are too small to buy.',
    what: 'Ask for a company size in the definition of a qualified lead.',
    owner: 'revops-tilda',
    done: { after: 4, outcome: 'mql@2 is in force.' },
  },
  {
    kind: 'monthly-sla',
    on: 521,
    from: 486,
    to: 516,
    notes: 'First responses differ from rep to rep more than from queue to queue.',
    what: 'Let the slowest two reps listen in on the fastest.',
    owner: 'vp-sales-otto',
    done: { after: 9, outcome: 'Both sat with rep-ada for a day.' },
  },
  {
    kind: 'quarterly-definition',
    on: 541,
    from: 456,
    to: 540,
    notes: 'The definitions hold; most of them are overdue for their review.',
    what: 'Review every definition that is older than a year.',
    owner: 'cmo-ines',
  },
  {
    kind: 'weekly-pipeline',
    on: 544,
    from: 537,
    to: 543,
    notes: 'Large deals wait for their proposals.',
    what: 'Bring a reference into each open proposal.',
    owner: 'content-mara',
  },
];

/** The reviews that both teams hold, and the actions that they agree on. */
export const reviewSteps = (within: Period): DemoStep[] => {
  const steps: DemoStep[] = [];
  const dayOf = (day: number) => fromMs(within.begin + day * DAY).slice(0, 10);
  for (const { kind, on, from, to, notes, what, owner, done } of heldReviews) {
    const reviewId = `${kind}-${dayOf(on)}`;
    const { add, wait } = storyWriter(steps, within.begin + on * DAY + 14 * HOUR, within);
    const period = { from: dayOf(from), to: dayOf(to), timeZone: 'UTC' };
    add('review', reviewId, 'revops-tilda', 'HoldReview', { kind, ...period, notes });
    wait(HOUR);
    const dueOn = dayOf(on + 14);
    add('review', reviewId, 'revops-tilda', 'AgreeReviewAction', { what, owner, dueOn });
    wait((done?.after ?? 0) * DAY);
    if (done) add('review', reviewId, owner, 'CompleteReviewAction', { number: 1, outcome: done.outcome });
  }
  return steps;
};
