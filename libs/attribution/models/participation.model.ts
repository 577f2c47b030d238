import type { Model } from './credit.model';

/**
 * Each distinct touch gets the whole conversion; a touch recorded twice counts once. Not additive: a conversion counts
 * for every touch. Source: the participation model of Adobe Analytics.
 */
export const participation: Model = {
  code: 'participation',
  name: 'Participation',
  description: 'The whole conversion to every touch. Not additive, so rows never sum to a total.',
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
