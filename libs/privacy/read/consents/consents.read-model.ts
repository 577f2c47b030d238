import {
  contactChannels,
  enumField,
  flagField,
  idField,
  instantField,
  readModel,
  textField,
  type DocumentOf,
} from '@baton/kernel';
import type { PersonEvent } from '../../write/person/person.events';

const listed = { filter: true, sort: true } as const;
const fields = {
  consentId: idField('Lead, purpose and channel.'),
  leadId: idField('The person.', { filter: true, entity: 'Lead' }),
  purpose: textField('What the person may be contacted for.', listed),
  channel: enumField(contactChannels, 'How.', { filter: true }),
  given: flagField('Whether the person agrees; false if it was withdrawn.', { filter: true }),
  textVersion: textField('The version of the text that was agreed to.', { nullable: true, filter: true }),
  source: textField('Where it was said.', { filter: true }),
  at: instantField('When the person said so.', listed),
  recordedBy: textField('Who recorded it.'),
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
