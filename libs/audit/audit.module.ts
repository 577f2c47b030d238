import { aggregate, catalogueOf, eventsOf, type ContextParts } from '@baton/kernel';
import { accessMatrix } from './read/access-matrix/access-matrix.projection';
import { accessMatrixReport } from './read/access-matrix/access-matrix.report';
import { caseFile } from './read/case-file/case-file.projection';
import { caseFileReport, caseFileSubscription } from './read/case-file/case-file.report';
import { eventsReport } from './read/events/events.report';
import { logHeads } from './read/proof/log-heads.read-model';
import { logTree } from './read/proof/log-tree.projection';
import { consistencyProofReport, inclusionProofReport, logHeadReport } from './read/proof/proof.report';
import { openPersonalReport } from './read/who-saw/open-personal.report';
import { whoSawReport } from './read/who-saw/who-saw.report';
import { accessMatrixDecider } from './write/access-matrix/access-matrix.decider';
import { ToAccessMatrix } from './write/access-matrix/access-matrix.events';
import { recordAccessMatrix } from './write/access-matrix/record-access-matrix';
import { headDecider } from './write/head/head.decider';
import { ToHead } from './write/head/head.events';
import { LogHeads } from './write/head/log-heads';

export { LogHeads, recordAccessMatrix };
const aggregates = [aggregate(ToHead, headDecider), aggregate(ToAccessMatrix, accessMatrixDecider)];

/** The providers of audit; its case file follows the events of all other contexts. */
export const auditParts = (contexts: readonly ContextParts[]): ContextParts => ({
  name: 'audit',
  aggregates,
  projections: [...[caseFile(catalogueOf(eventsOf([...contexts, { aggregates }]))), logHeads, logTree, accessMatrix]],
  policies: [],
  reports: [
    caseFileReport,
    eventsReport,
    logHeadReport,
    inclusionProofReport,
    consistencyProofReport,
    whoSawReport,
    openPersonalReport,
    accessMatrixReport,
  ],
  subscriptions: [caseFileSubscription],
});
