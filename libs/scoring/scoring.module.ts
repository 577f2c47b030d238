import type { ContextParts } from '@baton/kernel';
import { outcomes } from './read/lift/outcomes.projection';

export const scoringParts: ContextParts = {
  name: 'scoring',
  aggregates: [],
  projections: [outcomes],
  policies: [],
};
