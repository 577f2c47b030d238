import { field } from '@baton/kernel';
import { pageOfRows, type Connection, type PageQuestion } from '@baton/platform/documents';
import { report, subscription } from '@baton/platform/report';
import {
  caseFileEntry,
  caseFileEvents,
  openCaseFile,
  type CaseFileEntry,
  type CaseFiles,
  type CaseFileView,
} from './case-file.query';
import { caseFileTimes } from './case-file.rules';

/**
 * One page of a case file; only its entries are read from the log.
 * @throws as `openCaseFile` and `pageOfRows`
 */
export const caseFilePage = async (
  files: CaseFiles,
  subject: string,
  view: CaseFileView,
  page: PageQuestion,
): Promise<Connection<CaseFileEntry>> => {
  const { entries, show } = await openCaseFile(files, subject, view);
  const { edges, ...place } = pageOfRows(entries, page, ({ position }) => position);
  const nodes = await show(edges.map(({ node }) => node));
  return { ...place, nodes, edges: edges.map(({ cursor }, index) => ({ cursor, node: nodes[index]! })) };
};

const subjectArgument = {
  subject: field.text('Whose case file, with its kind: `lead-7f3c`, `opportunity-42`.'),
} as const;

export const caseFileReport = report({
  name: 'caseFile',
  description:
    'How a lead, deal or anything else was handled: every event whole, in order, with who, when, why, and what changed. Merged people appear as one.',
  allow: ['auditor', 'revops', 'marketing', 'sales'],
  heavy: 'log', // a process reads the index of a subject whole the first time, however long it is
  page: true,
  arguments: {
    ...subjectArgument,
    orderBy: field.enum(caseFileTimes, 'By when things happened, or were recorded.', { default: 'occurred' }),
    newestFirst: field.flag('Latest events first.', { default: false }),
  },
  answer: field.object(caseFileEntry, 'The entries.'),
  ask: ({ subject, orderBy: by, newestFirst }, { live: models, page, cut: asOf, reads, sources }) =>
    caseFilePage({ models, ...sources }, subject, { by, newestFirst, asOf, reads }, page),
});

export const caseFileSubscription = subscription({
  name: 'caseFileEvents',
  description:
    'New entries of a case file, in order. With `after`, the position of the last entry received, none is left out or sent twice. ' +
    'After a merge the entries of both go on; what the other had before is in the query `caseFile`.',
  allow: caseFileReport.allow,
  arguments: subjectArgument,
  answer: caseFileEntry,
  follow: ({ subject }, { models, sources, ...from }) => caseFileEvents({ models, ...sources }, subject, from),
});
