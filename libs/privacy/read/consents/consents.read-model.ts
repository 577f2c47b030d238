import { contactChannels, field, readModel, type DocumentOf } from '@baton/kernel';
import type { PersonEvent } from '../../write/person/person.events';

const listed = { filter: true, sort: true } as const;
const fields = {
  consentId: field.id('Lead, purpose and channel.'),
  leadId: field.id('The person.', { filter: true, entity: 'Lead' }),
  purpose: field.text('What the person may be contacted for.', listed),
  channel: field.enum(contactChannels, 'How.', { filter: true }),
  given: field.flag('Whether the person agrees; false if it was withdrawn.', { filter: true }),
  textVersion: field.text('The version of the text that was agreed to.', { nullable: true, filter: true }),
  source: field.text('Where it was said.', { filter: true }),
  at: field.instant('When the person said so.', listed),
  recordedBy: field.text('Who recorded it.'),
} as const;
/** What a person said last about one purpose and channel. */
export type ConsentDocument = DocumentOf<typeof fields>;

/** What each person said last about each purpose and channel. Earlier answers are in the case file. */
export const consents = readModel<ConsentDocument, PersonEvent>({
  name: 'consents',
  version: 1,
  node: 'Consent',
  description: 'Whether a person agrees to be contacted for a purpose by a channel.',
  key: 'consentId',
  fields,
  lists: { consents: { description: 'What people said last about being contacted, latest first.', orderBy: '-at' } },
  allow: ['marketing', 'sales', 'success', 'revops', 'admin', 'auditor'],
  questions: [
    { where: ['leadId'], orderBy: '-at' },
    { where: ['purpose', 'channel', 'given'], orderBy: '-at' },
  ],
  keys: ({ data }) => ('channel' in data ? [`${data.leadId}:${data.purpose}:${data.channel}`] : []),
  initial: (consentId) => ({
    ...{ consentId, leadId: '', purpose: '', channel: 'email', given: false, textVersion: null, source: '' },
    ...{ at: '', recordedBy: '' },
  }),
  on: {
    ConsentGiven: (doc, { data, occurredAt: at, meta: { actor } }) =>
      doc.at > at ? doc : { ...doc, ...data, given: true, at, recordedBy: actor },
    ConsentWithdrawn: (doc, { data, occurredAt: at, meta: { actor } }) =>
      doc.at > at ? doc : { ...doc, ...data, given: false, textVersion: null, at, recordedBy: actor },
  },
});
