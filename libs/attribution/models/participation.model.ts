import type { Model } from './credit.model';

/**
 * Each distinct touch takes part with the whole conversion; what is recorded twice counts once. Not additive: a
 * conversion counts for everything that took part in it. Source: the participation model of Adobe Analytics.
 */
export const participation: Model = {
  code: 'participation',
  name: 'Participation',
  description: 'The whole conversion to every touch: who took part in it. Not additive, so rows never sum to a total.',
  additive: false,
  weights: ({ touches }) => {
    const seen = new Set<string>();
    return touches.map(({ touchId }) => {
      if (touchId === undefined) return 1;
      if (seen.has(touchId)) return 0;
      seen.add(touchId);
      return 1;
    });
  },
};
