import { positionalModel } from './credit.model';

/**
 * First and last touch their shares (`parameters.weights`, 40 % each by default), the touches between them the rest.
 * Two touches share in the proportion of the ends, one takes all. Source: Google Ads "position-based".
 */
export const positionBased = positionalModel(
  ({ weights: { first, last, mid } }) => ({ milestones: { FT: first, CW: last }, mid }),
  {
    code: 'position-based',
    name: 'Position-based',
    description: 'First touch 40 %, last touch 40 %, the others share 20 %; the definition may give other shares.',
    parameters: ['weights'],
  },
);
