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
    const known = new Map<string, boolean>();
    const isExcluded = (channel: string): boolean => {
      let found = known.get(channel);
      if (found === undefined) known.set(channel, (found = excluded.has(wordKey(channel))));
      return found;
    };
    return (touches, weights) => {
      let place = touches.length - 1;
      while (place >= 0 && isExcluded(touches.touch(place).channel)) place--;
      weights[place >= 0 ? place : touches.length - 1] = 1;
    };
  },
};
