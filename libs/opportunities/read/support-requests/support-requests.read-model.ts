import {
  computed,
  dayField,
  enumeration,
  enumField,
  flagField,
  idField,
  instantField,
  numberField,
  personalField,
  readModel,
  roles,
  textField,
  toMs,
  type DocumentOf,
  type EnumerationValue,
} from '@baton/kernel';
import { supportKinds, type SupportRequestEvent } from '../../write/support-request/support-request.events';

const HOUR_MS = 3_600_000;
const supportStatuses = enumeration('SupportStatus', 'Status of a support request.', {
  requested: 'Nobody has taken it yet.',
  taken: 'Somebody in marketing has taken it.',
  delivered: 'It was delivered; the request is not closed yet.',
  served: 'It was delivered and closed.',
  withdrawn: 'It was closed without a delivery.',
});
export type SupportStatus = EnumerationValue<typeof supportStatuses>;

const filtered = { filter: true, sort: true } as const;
const known = { nullable: true, filter: true, sort: true } as const;
const fields = {
  supportId: idField('Id of the request.', { filter: true }),
  opportunityId: idField('Deal that it supports.', { filter: true, entity: 'Opportunity' }),
  kind: enumField(supportKinds, 'Kind of support.', { filter: true }),
  leadId: idField('Person on the deal whom it should convince.', { filter: true, entity: 'Lead' }),
  need: personalField('What is needed.', { nullable: true }),
  neededBy: dayField('Day by which it is needed.', known),
  status: enumField(supportStatuses, 'Status of the request.', { filter: true }),
  open: flagField('Whether it is requested or taken, and not delivered yet.', { filter: true }),
  requestedAt: instantField('When it was requested.', filtered),
  requestedBy: textField('Who requested it.', filtered),
  taker: textField('Person who has taken it.', known),
  takenAt: instantField('When it was taken.', known),
  delivered: textField('Latest delivery.', known),
  deliveredAt: instantField('When it was first delivered.', known),
  deliveredBy: textField('Who made the first delivery.', known),
  closedAt: instantField('When it was closed.', known),
  reason: textField('Reason for closing it.', known),
} as const;
/** A support request in its current state. Unknown fields are null. */
export type SupportRequestDocument = DocumentOf<typeof fields>;

/** One document per support request. */
export const supportRequests = readModel<SupportRequestDocument, SupportRequestEvent>({
  name: 'support-requests',
  version: 3,
  node: 'SupportRequest',
  description: 'A request for support of a deal by marketing.',
  key: 'supportId',
  fields,
  computed: {
    ageHours: computed<SupportRequestDocument>(
      numberField('Hours from the request to the first delivery or the withdrawal, or until now.'),
      ({ requestedAt, deliveredAt, closedAt }, at) =>
        Math.max(0, toMs(deliveredAt ?? closedAt ?? at) - toMs(requestedAt)) / HOUR_MS,
    ),
  },
  lists: { supportRequests: { description: 'Support requests, the oldest first.', orderBy: 'requestedAt' } },
  allow: roles,
  questions: [
    { where: ['open'], orderBy: 'requestedAt' },
    { where: ['opportunityId'], orderBy: 'requestedAt' },
    { where: ['taker', 'open'], orderBy: 'requestedAt' },
  ],
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
