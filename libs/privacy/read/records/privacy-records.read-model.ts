import { enumeration, field, readModel, type DocumentOf } from '@baton/kernel';
import { erasureReasons, type PersonEvent } from '../../write/person/person.events';

export const erasureStates = enumeration('ErasureState', 'How far the erasure of a person is.', {
  none: 'Nobody decided it.',
  requested: 'It was decided, and is being carried out.',
  done: 'The key is destroyed: nobody can read the personal data any more.',
});
const known = { nullable: true, filter: true, sort: true } as const;
const fields = {
  leadId: field.id('The person.', { filter: true, entity: 'Lead' }),
  holds: field.text('The legal holds that stand: the person is not erased while there is one.', {
    list: true,
    filter: true,
  }),
  erasure: field.enum(erasureStates, 'How far the erasure is.', { filter: true }),
  reason: field.enum(erasureReasons, 'Why the person was erased.', { nullable: true, filter: true }),
  reference: field.text('The number of the request in your register.', { nullable: true, filter: true }),
  requestedAt: field.instant('When the erasure was decided.', known),
  erasedAt: field.instant('When the key was destroyed.', known),
} as const;
/** What is recorded about the rights of one person. */
export type PrivacyRecord = DocumentOf<typeof fields>;

/** One document per lead whose rights somebody used. Nothing in it is personal. */
export const privacyRecords = readModel<PrivacyRecord, PersonEvent>({
  name: 'privacy-records',
  version: 2,
  node: 'PrivacyRecord',
  description: 'What is recorded about the rights of a person: erasure and legal holds.',
  key: 'leadId',
  fields,
  one: { name: 'privacyRecord', description: 'The record of one lead; null if nothing was recorded.' },
  lists: {
    privacyRecords: { description: 'The records of people, latest erasure first.', orderBy: '-requestedAt' },
  },
  allow: ['revops', 'admin', 'auditor'],
  questions: [{ where: ['erasure'], orderBy: '-requestedAt' }],
  keys: ({ data }) => [data.leadId],
  initial: (leadId) => ({
    ...{ leadId, holds: [], erasure: 'none', reason: null, reference: null, requestedAt: null, erasedAt: null },
  }),
  on: {
    ErasureRequested: (doc, { data: { reason, reference }, occurredAt }) => ({
      ...doc,
      ...{ erasure: 'requested', reason, reference: reference ?? null, requestedAt: occurredAt },
    }),
    PersonErased: (doc, { occurredAt }) => ({ ...doc, erasure: 'done', erasedAt: occurredAt }),
    LegalHoldPlaced: (doc, { data: { hold } }) => ({ ...doc, holds: [...doc.holds, hold] }),
    LegalHoldReleased: (doc, { data: { hold } }) => ({ ...doc, holds: doc.holds.filter((one) => one !== hold) }),
  },
});
