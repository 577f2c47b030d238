import { projection, type CallerOrigin, type Role } from '@baton/kernel';
import type { KeyEvent } from './key.events';

export interface KeyDocument {
  readonly keyId: string;
  readonly label: string;
  readonly origin: CallerOrigin;
  readonly actsForPersons: boolean;
  readonly roles: readonly Role[];
  readonly issuedAt: string;
  readonly revokedAt: string | null;
}

/** The bearer keys; their hashes stay in the log. */
export const keyList = projection<KeyDocument, KeyEvent>({
  name: 'keys',
  version: 2,
  columns: { label: 'text', issuedAt: 'text', revokedAt: 'text' },
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
