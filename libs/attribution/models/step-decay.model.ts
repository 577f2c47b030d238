import { DAY_MS, toMs } from '@baton/kernel';
import type { Model } from './credit.model';

const STEP_MS = 7 * DAY_MS;

/** A touch weighs half as much for every full week (168 hours) between it and the conversion. */
export const stepDecay: Model = {
  code: 'step-decay',
  name: 'Step decay',
  description: 'Half as much for every full week of 168 hours before the conversion.',
  additive: true,
  weights: ({ touches, conversionAt }) => {
    const until = toMs(conversionAt);
    const weeks = touches.map(({ occurredAt }) => Math.floor((until - toMs(occurredAt)) / STEP_MS));
    // Counted from the newest touch: the proportions are the same, and weights of journeys that are years old do not
    // underflow to zero.
    const newest = weeks[weeks.length - 1]!;
    return weeks.map((week) => 0.5 ** (week - newest));
  },
};
