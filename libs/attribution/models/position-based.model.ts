import { positional, type Model, type ModelParameters, type Shares } from './credit.model';

const sharesOf = ({ weights: { first, last, mid } }: ModelParameters): Shares => ({
  milestones: { FT: first, CW: last },
  mid,
});

/**
 * First and last touch their shares (`parameters.weights`, 40 % each by default), the touches between them the rest.
 * Two touches share in the proportion of the ends, one takes all. Source: Google Ads "position-based".
 */
export const positionBased: Model = {
  code: 'position-based',
  name: 'Position-based',
  description: 'First touch 40 %, last touch 40 %, the others share 20 %; the definition may give other shares.',
  additive: true,
  shares: sharesOf,
  weights: (journey, parameters) => positional(journey, sharesOf(parameters)),
};
