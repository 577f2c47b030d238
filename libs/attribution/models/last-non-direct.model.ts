import { wordKey } from '@baton/kernel';
import { allToOne, type Model } from './credit.model';

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
  weights: (journey, { excludedChannels }) => {
    const excluded = new Set(excludedChannels.map(wordKey));
    const index = journey.touches.findLastIndex(({ channel }) => !excluded.has(wordKey(channel)));
    return allToOne(index >= 0 ? index : journey.touches.length - 1, journey);
  },
};
