import { field, readModel, type DocumentOf } from '@baton/kernel';
import type { HeadEvent } from '../../write/head/head.events';

const fields = {
  headId: field.id('The size, in twelve digits.'),
  size: field.largeInteger('How many events it covers: the first ones of the log.', { filter: true, sort: true }),
  root: field.text('Root of the tree of events (RFC 6962), in base64.'),
  places: field.text('Root of the tree of positions and times of recording, in base64.'),
  note: field.text('The signed note (C2SP tlog-checkpoint): keep it, and nobody can change these events unnoticed.'),
  verifierKey: field.text('The key that signed it. Compare it with the one that you were given.'),
  signedAt: field.instant('When it was signed.', { filter: true, sort: true }),
} as const;
export type HeadDocument = DocumentOf<typeof fields>;

export const logHeads = readModel<HeadDocument, HeadEvent>({
  name: 'log-heads',
  version: 1,
  node: 'LogHead',
  description: 'A signed head of the Merkle log.',
  key: 'headId',
  fields,
  lists: { logHeads: { description: 'The signed heads of the Merkle log.', orderBy: '-size' } },
  allow: ['auditor', 'analyst'],
  keys: ({ data }) => [String(data.size).padStart(12, '0')],
  on: {
    LogHeadSigned: (doc, { data: { headId: _, ...head }, occurredAt }) => ({ ...doc, ...head, signedAt: occurredAt }),
  },
});
/** The newest head first. */
export const newestFirst = [{ column: 'size', descending: true }];
