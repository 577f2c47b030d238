import { aggregate, catalogueOf, eventsOf, type ContextParts } from '@baton/kernel';
import { caseFile } from './read/case-file/case-file.projection';
import { caseFileReport, caseFileSubscription } from './read/case-file/case-file.report';
import { eventsReport } from './read/events/events.report';
import { logHeads } from './read/proof/log-heads.read-model';
import { logTree } from './read/proof/log-tree.projection';
import { consistencyProofReport, inclusionProofReport, logHeadReport } from './read/proof/proof.report';
import { headDecider } from './write/head/head.decider';
import { ToHead } from './write/head/head.events';
import { LogHeads } from './write/head/log-heads';

export { LogHeads };
const heads = aggregate(ToHead, headDecider);

/** The providers of audit; its case file follows the events of all other contexts. */
export const auditParts = (contexts: readonly ContextParts[]): ContextParts => ({
  name: 'audit',
  aggregates: [heads],
  projections: [caseFile(catalogueOf(eventsOf([...contexts, { aggregates: [heads] }]))), logHeads, logTree],
  policies: [],
  reports: [caseFileReport, eventsReport, logHeadReport, inclusionProofReport, consistencyProofReport],
  subscriptions: [caseFileSubscription],
});
