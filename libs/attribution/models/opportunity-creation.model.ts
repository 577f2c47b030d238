import { positionalModel } from './credit.model';

/** All credit to the last touch at or before the opening of the deal; without such a touch equal parts. */
export const opportunityCreation = positionalModel(() => ({ milestones: { OC: 1 }, mid: 0 }), {
  code: 'opportunity-creation',
  name: 'Opportunity creation',
  description: 'All credit to the touch closest before the deal opened; without one, all touches share.',
});
