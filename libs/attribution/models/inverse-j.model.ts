import { positionalModel } from './credit.model';

/** First touch 60 %, last touch 20 %, the others 20 %. Source: the inverse J of web analytics. */
export const inverseJ = positionalModel(() => ({ milestones: { FT: 0.6, CW: 0.2 }, mid: 0.2 }), {
  code: 'inverse-j',
  name: 'Inverse J',
  description: 'First touch 60 %, last touch 20 %, the others share 20 %.',
});
