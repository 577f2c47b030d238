import { projection, type Day, type Instant, type Json } from '@baton/kernel';
import type { DefinitionEvent } from '../../write/definition/definition.events';

/** One version of a definition, `mql@3`. */
export interface DefinitionDocument {
  readonly kind: string;
  readonly number: number;
  /** draft: no team has approved; approved: one has; in-force: both have, and it decides from `from` on. */
  readonly status: 'draft' | 'approved' | 'in-force' | 'retired';
  readonly body: Json;
  readonly reason: string;
  readonly proposedBy: string;
  readonly proposedAt: Instant;
  readonly inForceFrom?: Instant;
  readonly from?: Instant;
  readonly reviewBy: Day;
  readonly approvals: readonly { readonly team: string; readonly approver: string; readonly at: Instant }[];
  readonly retiredAt?: Instant;
  readonly retiredBecause?: string;
}

/** Every version of every definition. */
export const definitions = projection<DefinitionDocument, DefinitionEvent>({
  name: 'definitions',
  version: 1,
  columns: { kind: 'text', number: 'integer', status: 'text', from: 'text', reviewBy: 'text' },
  keys: ({ data: { definitionId, number } }) => [`${definitionId}@${number}`],
  initial: (key) => ({
    kind: key.slice(0, key.lastIndexOf('@')),
    number: Number(key.slice(key.lastIndexOf('@') + 1)),
    status: 'draft',
    body: null,
    reason: '',
    proposedBy: '',
    proposedAt: '',
    reviewBy: '',
    approvals: [],
  }),
  on: {
    DefinitionProposed: (doc, { data: { body, reason, inForceFrom, reviewBy }, occurredAt, meta }) => ({
      ...doc,
      body,
      reason,
      reviewBy,
      ...(inForceFrom !== undefined && { inForceFrom }),
      proposedBy: meta.actor,
      proposedAt: occurredAt,
    }),
    DefinitionApproved: (doc, { data: { team, approver }, occurredAt }) => ({
      ...doc,
      status: 'approved',
      approvals: [...doc.approvals, { team, approver, at: occurredAt }],
    }),
    DefinitionPutInForce: (doc, { data: { from } }) => ({ ...doc, status: 'in-force', from }),
    DefinitionRetired: (doc, { data: { reason }, occurredAt }) => ({
      ...doc,
      status: 'retired',
      retiredAt: occurredAt,
      retiredBecause: reason,
    }),
  },
});
