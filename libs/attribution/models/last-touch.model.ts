import type { Model } from './credit.model';

/** All credit to the newest eligible touch. Source: single-touch attribution, Google Analytics "last click". */
export const lastTouch: Model = {
  code: 'last-touch',
  name: 'Last touch',
  description: 'All credit to the last touch.',
  additive: true,
  byLength: true,
  weigher: () => (touches, weights) => {
    weights[touches.length - 1] = 1;
  },
};
