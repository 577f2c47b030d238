import { positionalModel } from './credit.model';

/** First touch, lead creation, opportunity creation 30 % each, the others 10 %. Source: the W-shaped model of B2B marketing. */
export const wShaped = positionalModel(() => ({ milestones: { FT: 0.3, LC: 0.3, OC: 0.3 }, mid: 0.1 }), {
  code: 'w-shaped',
  name: 'W-shaped',
  description: 'First touch, lead creation and opportunity creation 30 % each, the others share 10 %.',
});
