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
  weigher: () => (touches, weights) => {
    for (let place = 0; place < touches.length; place++) weights[place] = touches.isRepeated(place) ? 0 : 1;
  },
};
