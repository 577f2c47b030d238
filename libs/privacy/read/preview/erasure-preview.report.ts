import { field, NotFound, objectFields, type ObjectOf } from '@baton/kernel';
import { caseEntries } from '@baton/audit';
import { report, type ReportContext } from '@baton/platform/report';
import { leadsOfPerson } from '../../write/person/person.reader';
import { privacyRecords } from '../records/privacy-records.read-model';

const personalFields = objectFields('PersonalValues', 'The personal values of one field of one type of event.', {
  type: field.text('The type of the events.'),
  field: field.text('The field.'),
  values: field.integer('How many values would become unreadable.', { unit: 'values' }),
});
const preview = objectFields('ErasurePreview', 'What the erasure of a person would affect.', {
  leadIds: field.id('The leads of the person: this one, and all that are merged with it.', { list: true }),
  visitorIds: field.id('Visitors identified as the person. Their visits stay, without a name.', { list: true }),
  personal: field.object(personalFields, 'The personal values, by type and field.', { list: true }),
  holds: field.text('Legal holds that keep the person from being erased.', { list: true }),
  erasedLeadIds: field.id('The leads that are erased already.', { list: true }),
});
export type ErasurePreview = ObjectOf<typeof preview.fields>;

/**
 * What erasing a person would affect; nothing is changed.
 * @throws NotFound `lead/unknown`
 */
export const erasurePreview = async (
  {
    live,
    sources: { journal, log, catalogue },
  }: Pick<ReportContext, 'live'> & {
    readonly sources: Pick<ReportContext['sources'], 'journal' | 'log' | 'catalogue'>;
  },
  leadId: string,
): Promise<ErasurePreview> => {
  const person = await leadsOfPerson(journal, leadId);
  if (!person) throw new NotFound('lead/unknown', 'No lead has this leadId; name a captured lead.', 'leadId');
  const { leadIds, visitorIds } = person;
  const counts = new Map<string, number>();
  for (const id of leadIds)
    for (const { stream, revision, type } of await live.entries(caseEntries, `lead-${id}`)) {
      const fields = catalogue.get(type)?.personal ?? [];
      if (fields.length === 0) continue;
      const [event] = await log.read(stream, revision, 1);
      const data = event!.data as Readonly<Record<string, unknown>>;
      if (data['leadId'] !== id) continue; // it only refers to the lead
      for (const field of fields)
        if (data[field] !== undefined) counts.set(`${type} ${field}`, (counts.get(`${type} ${field}`) ?? 0) + 1);
    }
  const records = [...(await live.getMany(privacyRecords, leadIds)).values()];
  return {
    ...{ leadIds, visitorIds },
    personal: [...counts].sort().map(([key, values]) => {
      const [type, field] = key.split(' ') as [string, string];
      return { type, field, values };
    }),
    holds: [...new Set(records.flatMap(({ holds }) => holds))].sort(),
    erasedLeadIds: records.filter(({ erasure }) => erasure === 'done').map((record) => record.leadId),
  };
};

export const erasurePreviewReport = report({
  name: 'erasurePreview',
  description:
    'What `eraseLead` would affect: the leads of the person, and how many personal values become unreadable.',
  allow: ['revops', 'admin'],
  asOf: false,
  arguments: { leadId: field.id('The lead.', { entity: 'Lead' }) },
  answer: field.object(preview, 'What would be affected.'),
  ask: ({ leadId }, context) => erasurePreview(context, leadId),
});
