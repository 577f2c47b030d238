import { positionalModel } from './credit.model';

/**
 * The first and last touch get their shares (`parameters.weights`, 40 % each by default), the touches between them
 * split the rest. Two touches split all in the proportion of their shares; a single touch gets all. Source: Google Ads
 * "position-based".
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
