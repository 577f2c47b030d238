import { positionalModel } from './credit.model';

/** Like W-shaped, but the 10 % go only to touches between the milestones: touches after the opportunity get nothing. */
export const wMilestones = positionalModel(
  () => ({ milestones: { FT: 0.3, LC: 0.3, OC: 0.3 }, mid: 0.1, between: true }),
  {
    code: 'w-milestones',
    name: 'W-shaped, between milestones',
    description:
      'First touch, lead creation and opportunity creation 30 % each, the touches between them share 10 %, later ones nothing.',
  },
);
