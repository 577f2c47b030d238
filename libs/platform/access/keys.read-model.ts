import { callerOrigins, field, readModel, roleNames, type DocumentOf } from '@baton/kernel';
import type { KeyEvent } from './key.events';

const listed = { filter: true, sort: true } as const;
const fields = {
  keyId: field.id('The public part of the key.', { filter: true }),
  label: field.text('The owner of the key: a person, a system, or the system behind a connector.', listed),
  origin: field.enum(callerOrigins, 'The kind of owner.', { filter: true }),
  actsForPersons: field.flag('Whether requests with this key can name the person who acts.', { filter: true }),
  roles: field.enum(roleNames, 'The roles that the key grants.', { list: true }),
  issuedAt: field.instant('When the key was created.', listed),
  revokedAt: field.instant('When the key was revoked; null for a key that is accepted.', { ...listed, nullable: true }),
} as const;
export type KeyDocument = DocumentOf<typeof fields>;

/** The bearer keys; their hashes stay in the log. */
export const keyList = readModel<KeyDocument, KeyEvent>({
  name: 'keys',
  version: 3,
  node: 'Key',
  description: 'A bearer key, without its secret.',
  key: 'keyId',
  fields,
  lists: { keys: { description: 'The bearer keys, newest first; revoked ones too.', orderBy: '-issuedAt' } },
  allow: ['admin'],
  questions: [{ where: ['label'], orderBy: '-issuedAt' }],
  keys: ({ data }) => [data.keyId],
  initial: (keyId) => ({
    keyId,
    label: '',
    origin: 'person',
    actsForPersons: false,
    roles: [],
    issuedAt: '',
    revokedAt: null,
  }),
  on: {
    KeyIssued: (doc, { data: { label, origin, actsForPersons = false, roles }, occurredAt }) => ({
      ...doc,
      ...{ label, origin, actsForPersons, roles, issuedAt: occurredAt },
    }),
    KeyRevoked: (doc, { occurredAt }) => ({ ...doc, revokedAt: occurredAt }),
  },
});
