import { fromMs, toMs, type Day } from '@baton/kernel';
import type { ReviewKind } from '@baton/insights';
import { DAY, HOUR, teller, type DemoStep } from './story';

interface Held {
  readonly kind: ReviewKind;
  readonly on: Day;
  readonly from: Day;
  readonly to: Day;
  readonly notes: string;
  readonly what: string;
  readonly owner: string;
  /** After how many days it was done, if it was, and what came of it. */
  readonly done?: { readonly after: number; readonly outcome: string };
}

const held: readonly Held[] = [
  {
    kind: 'quarterly-definition',
    on: '2023-09-25',
    from: '2023-07-01',
    to: '2023-09-25',
    notes: 'Reps spend their time on companies that are too small to buy.',
    what: 'Ask for a company size in the definition of a qualified lead.',
    owner: 'revops-tilda',
    done: { after: 4, outcome: 'mql@2 is in force.' },
  },
  {
    kind: 'monthly-sla',
    on: '2024-06-05',
    from: '2024-05-01',
    to: '2024-06-01',
    notes: 'First responses differ from rep to rep more than from queue to queue.',
    what: 'Let the slowest two reps listen in on the fastest.',
    owner: 'vp-sales-otto',
    done: { after: 9, outcome: 'Both sat with rep-ada for a day.' },
  },
  {
    kind: 'quarterly-definition',
    on: '2024-06-25',
    from: '2024-04-01',
    to: '2024-06-25',
    notes: 'The definitions hold; most of them are overdue for their review.',
    what: 'Review every definition that is older than a year.',
    owner: 'cmo-ines',
  },
  {
    kind: 'weekly-pipeline',
    on: '2024-06-28',
    from: '2024-06-21',
    to: '2024-06-28',
    notes: 'Large deals wait for their proposals.',
    what: 'Bring a reference into each open proposal.',
    owner: 'content-mara',
  },
];

const midnight = (day: Day) => fromMs(toMs(`${day}T00:00:00.000Z`));

/** The reviews that both teams hold, and what they agree to do. */
export const reviewSteps = (): DemoStep[] => {
  const steps: DemoStep[] = [];
  for (const { kind, on, from, to, notes, what, owner, done } of held) {
    const reviewId = `${kind}-${on}`;
    const { tell, wait } = teller(steps, toMs(midnight(on)) + 14 * HOUR);
    const period = { from: midnight(from), to: midnight(to) };
    tell('review', reviewId, 'revops-tilda', 'HoldReview', { kind, ...period, notes });
    wait(HOUR);
    const dueOn = fromMs(toMs(midnight(on)) + 14 * DAY).slice(0, 10);
    tell('review', reviewId, 'revops-tilda', 'AgreeReviewAction', { what, owner, dueOn });
    wait((done?.after ?? 0) * DAY);
    if (done) tell('review', reviewId, owner, 'CompleteReviewAction', { number: 1, outcome: done.outcome });
  }
  return steps;
};
