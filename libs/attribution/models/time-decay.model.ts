import { toMs } from '@baton/kernel';
import type { Model } from './credit.model';

/**
 * A touch weighs half as much for every half-life (`parameters.halfLifeMs`, 7 days by default) that it lies before the
 * conversion, in exact time. Source: Google Analytics "time decay".
 */
export const timeDecay: Model = {
  code: 'time-decay',
  name: 'Time decay',
  description: 'The nearer to the conversion, the more: half as much for every half-life of 7 days before it.',
  additive: true,
  parameters: ['halfLifeMs'],
  weights: ({ touches }, { halfLifeMs }) => {
    // Ages are taken from the newest touch: the same proportions, and years-old journeys do not vanish to zero.
    const newest = toMs(touches.at(-1)!.occurredAt);
    return touches.map(({ occurredAt }) => 2 ** ((toMs(occurredAt) - newest) / halfLifeMs));
  },
};
