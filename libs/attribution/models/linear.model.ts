import type { Model } from './credit.model';

/** Equal credit to every touch; repeats of a channel count. Source: Google Analytics "linear". */
export const linear: Model = {
  code: 'linear',
  name: 'Linear',
  description: 'The same credit to every touch.',
  additive: true,
  weights: ({ touches }) => touches.map(() => 1),
};
