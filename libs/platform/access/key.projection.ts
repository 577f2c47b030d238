import { projection, type Role } from '@baton/kernel';
import type { KeyEvent } from './key.events';

export interface KeyDocument {
  readonly keyId: string;
  readonly label: string;
  readonly roles: readonly Role[];
  readonly issuedAt: string;
  readonly revokedAt: string | null;
}

/** The bearer keys there are; their hashes stay in the log. */
export const keyList = projection<KeyDocument, KeyEvent>({
  name: 'keys',
  version: 1,
  columns: { label: 'text', issuedAt: 'text', revokedAt: 'text' },
  keys: ({ data }) => [data.keyId],
  initial: (keyId) => ({ keyId, label: '', roles: [], issuedAt: '', revokedAt: null }),
  on: {
    KeyIssued: (doc, { data: { label, roles }, occurredAt }) => ({ ...doc, label, roles, issuedAt: occurredAt }),
    KeyRevoked: (doc, { occurredAt }) => ({ ...doc, revokedAt: occurredAt }),
  },
});
