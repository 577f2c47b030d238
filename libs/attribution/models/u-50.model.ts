import { positionalModel } from './credit.model';

/** First touch and the touch at lead creation half each. Source: the U-shaped model of Adobe Marketo Measure. */
export const u50 = positionalModel(() => ({ milestones: { FT: 0.5, LC: 0.5 }, mid: 0 }), {
  code: 'u-50',
  name: 'U-shaped 50/50',
  description: 'First touch 50 %, touch at lead creation 50 %.',
});
