import { projection, type Day, type Instant, type Sealed } from '@baton/kernel';
import type { SupportKind, SupportRequestEvent } from '../../write/support-request/support-request.events';

export type SupportStatus = 'requested' | 'taken' | 'delivered' | 'served' | 'withdrawn';

/** A support request in its current state. Unknown fields are null. */
export interface SupportRequestDocument {
  readonly supportId: string;
  readonly opportunityId: string;
  readonly kind: SupportKind;
  readonly leadId: string;
  /** Free text, encrypted with the key of the person. */
  readonly need: Sealed | null;
  readonly neededBy: Day | null;
  readonly status: SupportStatus;
  /** Requested or taken: not delivered yet. */
  readonly open: boolean;
  readonly requestedAt: Instant;
  readonly requestedBy: string;
  readonly taker: string | null;
  readonly takenAt: Instant | null;
  /** The latest delivery; `deliveredAt` and `deliveredBy` are of the first. */
  readonly delivered: string | null;
  readonly deliveredAt: Instant | null;
  readonly deliveredBy: string | null;
  readonly closedAt: Instant | null;
  readonly reason: string | null;
}

/** One document per support request. */
export const supportRequests = projection<SupportRequestDocument, SupportRequestEvent>({
  name: 'support-requests',
  version: 2,
  columns: {
    opportunityId: 'text',
    kind: 'text',
    status: 'text',
    open: 'flag',
    requestedAt: 'text',
    taker: 'text',
    deliveredAt: 'text',
  },
  keys: ({ data }) => [data.supportId],
  initial: (supportId) => ({
    supportId,
    opportunityId: '', // SupportRequested is the first event of every request
    kind: 'asset',
    leadId: '',
    need: null,
    neededBy: null,
    status: 'requested',
    open: true,
    requestedAt: '',
    requestedBy: '',
    taker: null,
    takenAt: null,
    delivered: null,
    deliveredAt: null,
    deliveredBy: null,
    closedAt: null,
    reason: null,
  }),
  on: {
    SupportRequested: (doc, { data: { opportunityId, leadId, kind, need, neededBy }, occurredAt, meta }) => ({
      ...doc,
      opportunityId,
      leadId,
      kind,
      need: need ?? null,
      neededBy: neededBy ?? null,
      requestedAt: occurredAt,
      requestedBy: meta.actor,
    }),
    SupportRequestTaken: (doc, { data: { taker }, occurredAt }) => ({
      ...doc,
      status: 'taken',
      taker,
      takenAt: occurredAt,
    }),
    SupportDelivered: (doc, { data: { delivered }, occurredAt, meta }) => ({
      ...doc,
      status: 'delivered',
      open: false,
      delivered,
      deliveredAt: doc.deliveredAt !== null && doc.deliveredAt < occurredAt ? doc.deliveredAt : occurredAt,
      deliveredBy: doc.deliveredBy ?? meta.actor,
    }),
    SupportRequestClosed: (doc, { data: { outcome, reason }, occurredAt }) => ({
      ...doc,
      status: outcome,
      open: false,
      closedAt: occurredAt,
      reason: reason ?? null,
    }),
  },
});
