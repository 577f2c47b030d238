import { positionalModel } from './credit.model';

/** First touch 40 %, the touch at lead creation 40 %, the others 20 %. Source: the U-shaped model of B2B marketing. */
export const uShaped = positionalModel(() => ({ milestones: { FT: 0.4, LC: 0.4 }, mid: 0.2 }), {
  code: 'u-shaped',
  name: 'U-shaped',
  description: 'First touch 40 %, touch at lead creation 40 %, the others share 20 %.',
});
