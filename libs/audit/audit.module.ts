import { catalogueOf, eventsOf, type ContextParts } from '@baton/kernel';
import { caseFile } from './read/case-file/case-file.projection';
import { caseFileReport } from './read/case-file/case-file.report';
import { eventsReport } from './read/events/events.report';
import { logTree } from './read/proof/log-tree.projection';

/** The providers of audit; its case file follows the events of all other contexts. */
export const auditParts = (contexts: readonly ContextParts[]): ContextParts => ({
  name: 'audit',
  aggregates: [],
  projections: [caseFile(catalogueOf(eventsOf(contexts))), logTree],
  policies: [],
  reports: [caseFileReport, eventsReport],
});
