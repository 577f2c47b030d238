import {
  computed,
  field,
  enumeration,
  readModel,
  roles,
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
  supportId: field.id('Id of the request.', { filter: true }),
  opportunityId: field.id('Deal that it supports.', { filter: true, entity: 'Opportunity' }),
  kind: field.enum(supportKinds, 'Kind of support.', { filter: true }),
  leadId: field.id('Person on the deal whom it should convince.', { filter: true, entity: 'Lead' }),
  need: field.personal('What is needed.', { nullable: true }),
  neededBy: field.day('Day by which it is needed.', known),
  status: field.enum(supportStatuses, 'Status of the request.', { filter: true }),
  open: field.flag('Whether it is requested or taken, and not delivered yet.', { filter: true }),
  requestedAt: field.instant('When it was requested.', filtered),
  requestedBy: field.text('Who requested it.', filtered),
  taker: field.text('Person who has taken it.', known),
  takenAt: field.instant('When it was taken.', known),
  delivered: field.text('Latest delivery.', known),
  deliveredAt: field.instant('When it was first delivered.', known),
  deliveredBy: field.text('Who made the first delivery.', known),
  closedAt: field.instant('When it was closed.', known),
  reason: field.text('Reason for closing it.', known),
} as const;
/** A support request in its current state. Unknown fields are null. */
export type SupportRequestDocument = DocumentOf<typeof fields>;

/** One document per support request. */
export const supportRequests = readModel<SupportRequestDocument, SupportRequestEvent>({
  name: 'support-requests',
  version: 4,
  node: 'SupportRequest',
  description: 'A request for support of a deal by marketing.',
  key: 'supportId',
  fields,
  computed: {
    ageHours: computed<SupportRequestDocument>(
      field.number('Hours from the request to the first delivery or the withdrawal, or until now.'),
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
  initial: { status: 'requested', open: true },
  on: {
    SupportRequested: (doc, { data, occurredAt, meta }) => ({
      ...doc,
      ...data,
      requestedAt: occurredAt,
      requestedBy: meta.actor,
    }),
    SupportRequestTaken: (doc, { data: { taker }, occurredAt: takenAt }) => ({
      ...doc,
      status: 'taken',
      taker,
      takenAt,
    }),
    SupportDelivered: (doc, { data: { delivered }, occurredAt, meta }) => ({
      ...doc,
      status: 'delivered',
      open: false,
      delivered,
      deliveredAt: doc.deliveredAt !== null && doc.deliveredAt < occurredAt ? doc.deliveredAt : occurredAt,
      deliveredBy: doc.deliveredBy ?? meta.actor,
    }),
    SupportRequestClosed: (doc, { data: { outcome: status, reason = null }, occurredAt: closedAt }) => ({
      ...doc,
      status,
      open: false,
      closedAt,
      reason,
    }),
  },
});
