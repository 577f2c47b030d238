import { positionalModel } from './credit.model';

/** All credit to the last touch at or before the earliest lead creation among the people; without such a touch equal parts. */
export const leadCreation = positionalModel(() => ({ milestones: { LC: 1 }, mid: 0 }), {
  code: 'lead-creation',
  name: 'Lead creation',
  description: 'All credit to the touch closest before the lead was created; without one, all touches share.',
});
