import { catalogueOf, eventsOf, type ContextParts } from '@baton/kernel';
import { caseFile } from './read/case-file/case-file.projection';

/** The providers of audit; its case file follows the events of all other contexts. */
export const auditParts = (contexts: readonly ContextParts[]): ContextParts => ({
  name: 'audit',
  aggregates: [],
  projections: [caseFile(catalogueOf(eventsOf(contexts)))],
  policies: [],
});
