import { positionalModel } from './credit.model';

/** Four milestones 22.5 % each, the others 10 %. Source: the full-path (Z-shaped) model of B2B marketing. */
export const fullPath = positionalModel(
  () => ({ milestones: { FT: 0.225, LC: 0.225, OC: 0.225, CW: 0.225 }, mid: 0.1 }),
  {
    code: 'full-path',
    name: 'Full path',
    description:
      'First touch, lead creation, opportunity creation and the last touch 22.5 % each, the others share 10 %.',
  },
);
