import { DAY_MS } from '@baton/kernel';
import type { Model } from './credit.model';

const STEP_MS = 7 * DAY_MS;

/** A touch weighs half as much for every full week (168 hours) between it and the conversion. */
export const stepDecay: Model = {
  code: 'step-decay',
  name: 'Step decay',
  description: 'Half as much for every full week of 168 hours before the conversion.',
  additive: true,
  weigher:
    () =>
    ({ length, at, conversionAt }, weights) => {
      const weeksBefore = (place: number) => Math.floor((conversionAt - at[place]!) / STEP_MS);
      // Counted from the newest touch: the proportions are the same, and weights of journeys that are years old do not
      // underflow to zero.
      const newest = weeksBefore(length - 1);
      for (let place = 0; place < length; place++) weights[place] = 0.5 ** (weeksBefore(place) - newest);
    },
};
