import { field, objectFields, Refused } from '@baton/kernel';
import { REASON_LENGTH } from '@baton/platform/access';
import { pageField, report } from '@baton/platform/report';
import { leadsOfPerson } from '../case-file/case-file.query';
import { caseFileEntry } from '../case-file/case-file.query';
import { caseFilePage, caseFileReport } from '../case-file/case-file.report';

const openedPerson = objectFields('OpenedPerson', 'A person whose values are shown in this answer, and in no other.', {
  leadIds: field.id('Its leads: more than one after a merge.', { list: true, entity: 'Lead' }),
  caseFile: pageField(
    caseFileEntry,
    'How the person was handled, oldest first, with what is sealed elsewhere.',
    undefined,
    caseFileReport.allow,
  ),
});

/** What auditors and analysts see sealed, shown for one person, for one answer and with a reason; recorded before. */
export const openPersonalReport = report({
  name: 'openPersonal',
  description:
    'Personal values of one person, opened for this answer alone, with a reason. Who opened them and why is recorded before the answer leaves; see `whoSaw`.',
  ...{ allow: ['auditor', 'analyst'], heavy: 'log', asOf: false },
  arguments: {
    leadId: field.id('The lead’s id; merged leads are opened with it.'),
    reason: field.text(
      `Why, in up to ${REASON_LENGTH} characters. It stays in the log for ever, so it must name nobody.`,
      {
        max: REASON_LENGTH,
      },
    ),
  },
  answer: field.object(openedPerson, 'The person.'),
  ask: async ({ leadId, reason }, { live: models, reads, sources }) => {
    if (reason.trim() === '')
      throw new Refused('access/no-reason', 'reason must say why the values are opened.', 'reason');
    const subject = `lead-${leadId}`;
    const leadIds = (await leadsOfPerson({ models, ...sources }, subject)).map((lead) => lead.slice('lead-'.length));
    await reads.openFor(leadIds, reason.trim());
    return {
      leadIds,
      caseFile: (page) => caseFilePage({ models, ...sources }, subject, { reads }, page),
    };
  },
});
