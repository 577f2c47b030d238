import { positionalModel } from './credit.model';

/** First touch 20 %, last touch 60 %, the others 20 %. Source: the J-shaped model of web analytics. */
export const jShaped = positionalModel(() => ({ milestones: { FT: 0.2, CW: 0.6 }, mid: 0.2 }), {
  code: 'j-shaped',
  name: 'J-shaped',
  description: 'First touch 20 %, last touch 60 %, the others share 20 %.',
});
