import { positional, type Model, type Shares } from './credit.model';

const shares: Shares = { milestones: { FT: 0.3, LC: 0.3, OC: 0.3 }, mid: 0.1 };

/**
 * First touch, the touch at lead creation and the one at opportunity creation 30 % each, the others 10 %. Source: the
 * W-shaped model of B2B marketing.
 */
export const wShaped: Model = {
  code: 'w-shaped',
  name: 'W-shaped',
  description: 'First touch, lead creation and opportunity creation 30 % each, the others share 10 %.',
  additive: true,
  shares: () => shares,
  weights: (journey) => positional(journey, shares),
};
