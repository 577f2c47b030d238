import type { Model } from './credit.model';

/** Equal credit to every touch; repeats of a channel count. Source: Google Analytics "linear". */
export const linear: Model = {
  code: 'linear',
  name: 'Linear',
  description: 'The same credit to every touch.',
  additive: true,
  byLength: true,
  weigher:
    () =>
    ({ length }, weights) =>
      void weights.fill(1, 0, length),
};
