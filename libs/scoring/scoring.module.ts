import type { ContextParts } from '@baton/kernel';
import { liftReport, probabilityReport } from './read/lift/lift.report';
import { leadScores } from './read/list-scores/lead-scores.contribution';
import { scoreFacts } from './read/list-scores/score-facts.projection';
import { qualificationReport, scoreReport } from './read/qualification/qualification.report';

export const scoringParts: ContextParts = {
  name: 'scoring',
  aggregates: [],
  projections: [scoreFacts],
  policies: [],
  contributions: [leadScores],
  reports: [qualificationReport, scoreReport, liftReport, probabilityReport],
};
