import type { Model } from './credit.model';

/** All credit to the oldest eligible touch. Source: single-touch attribution, Google Analytics "first click". */
export const firstTouch: Model = {
  code: 'first-touch',
  name: 'First touch',
  description: 'All credit to the first touch.',
  additive: true,
  byLength: true,
  weigher: () => (_, weights) => {
    weights[0] = 1;
  },
};
