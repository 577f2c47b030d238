import type { ContextParts } from '@baton/kernel';
import { liftReport, probabilityReport } from './read/lift/lift.report';
import { outcomes } from './read/lift/outcomes.projection';
import { qualificationReport, scoreReport } from './read/qualification/qualification.report';

export const scoringParts: ContextParts = {
  name: 'scoring',
  aggregates: [],
  projections: [outcomes],
  policies: [],
  reports: [qualificationReport, scoreReport, liftReport, probabilityReport],
};
