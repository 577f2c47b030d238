import { wordKey } from '@baton/kernel';
import type { Model } from './credit.model';

/**
 * All credit to the newest touch whose channel is not among `parameters.excludedChannels` (compared without case);
 * when all are, to the newest touch. Source: Google Analytics "last non-direct click".
 */
export const lastNonDirect: Model = {
  code: 'last-non-direct',
  name: 'Last non-direct touch',
  description: 'All credit to the last touch whose channel is not excluded; all excluded: to the last touch.',
  additive: true,
  parameters: ['excludedChannels'],
  weigher: ({ excludedChannels }) => {
    const excluded = new Set(excludedChannels.map(wordKey));
    return (touches, weights) => {
      let place = touches.length - 1;
      while (place >= 0 && excluded.has(wordKey(touches.touch(place).channel))) place--;
      weights[place >= 0 ? place : touches.length - 1] = 1;
    };
  },
};
