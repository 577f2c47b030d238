import type { Model } from './credit.model';

/**
 * A touch weighs half as much for every half-life (`parameters.halfLifeMs`, 7 days by default) between it and the
 * conversion, in exact time. Source: Google Analytics "time decay".
 */
export const timeDecay: Model = {
  code: 'time-decay',
  name: 'Time decay',
  description: 'More for touches closer to the conversion: half as much for every half-life of 7 days before it.',
  additive: true,
  parameters: ['halfLifeMs'],
  weigher:
    ({ halfLifeMs }) =>
    ({ length, at }, weights) => {
      // Ages count from the newest touch: the proportions are the same, and weights of journeys that are years old do not
      // underflow to zero.
      const newest = at[length - 1]!;
      for (let place = 0; place < length; place++) weights[place] = 2 ** ((at[place]! - newest) / halfLifeMs);
    },
};
