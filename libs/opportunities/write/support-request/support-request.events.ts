import {
  addressFree,
  commands,
  day,
  events,
  enumeration,
  oneOf,
  optional,
  personal,
  ref,
  text,
  To,
  type CommandOf,
  type EventOf,
  type EnumerationValue,
} from '@baton/kernel';

export const supportKinds = enumeration('SupportKind', 'What sales can request from marketing.', {
  asset: 'A piece of content.',
  'air-cover': 'Attention from outside: events, ads, a reference.',
});
export type SupportKind = EnumerationValue<typeof supportKinds>;

const supportId = ref('support', 'Support request.');
const opportunityId = ref('opportunity', 'Deal that the request supports.');
const kind = oneOf(supportKinds, 'Kind of support.');
const leadId = ref(
  'lead',
  'Person on the deal whom it should convince; `need` is encrypted with the key of that person.',
);
const need = personal(text('What is needed: a banking case study, a reference call …', { min: 1, max: 500 }));
const neededBy = optional(day('Day by which it is needed.'));
const taker = text('Person in marketing who handles the request.', { min: 1, max: 200 });
const delivered = addressFree('What was delivered: name or address of the content, as touches state it.', {
  min: 1,
  max: 500,
});
const reason = addressFree('Reason for closing it.', { min: 1, max: 300 });

export const supportRequestEvents = events({
  SupportRequested: {
    version: 1,
    description: 'Sales requested support for a deal from marketing.',
    sentence: 'Sales requested support for deal {opportunityId} ({kind})[: {need}][, needed by {neededBy}]',
    supportId,
    opportunityId,
    leadId,
    kind,
    need: optional(need),
    neededBy,
  },
  SupportRequestTaken: {
    version: 1,
    description: 'Somebody in marketing took the request.',
    sentence: '{taker} took the support request for deal {opportunityId}',
    supportId,
    opportunityId,
    taker,
  },
  SupportDelivered: {
    version: 1,
    description: 'Marketing delivered the requested support.',
    sentence: 'Marketing delivered {delivered} for deal {opportunityId}',
    supportId,
    opportunityId,
    delivered,
  },
  SupportRequestClosed: {
    version: 1,
    description: 'The request was closed: served if something was delivered, otherwise withdrawn.',
    sentence: 'The support request was {outcome}[: {reason}]',
    supportId,
    opportunityId,
    outcome: oneOf(['served', 'withdrawn']),
    reason: optional(reason),
  },
});
export type SupportRequestEvent = EventOf<typeof supportRequestEvents>;

export const supportRequestCommands = commands('support', {
  RequestSupport: {
    about: 'occurrence',
    description: 'Request support for a deal from marketing: an asset or air cover.',
    creates: true,
    allow: ['sales', 'revops'],
    supportId,
    opportunityId,
    leadId,
    kind,
    need,
    neededBy,
  },
  TakeSupportRequest: {
    description: 'Take a support request.',
    allow: ['marketing', 'revops'],
    supportId,
    taker: optional(text('Person who handles the request; by default you.', { min: 1, max: 200 })),
  },
  DeliverSupport: {
    description: 'Record what was delivered; send it again with other content for an improved delivery.',
    allow: ['marketing', 'revops'],
    datable: true,
    supportId,
    delivered,
  },
  CloseSupportRequest: {
    description: 'Close a support request: as served if something was delivered, otherwise as withdrawn.',
    allow: ['sales', 'marketing', 'revops'],
    supportId,
    reason: optional(reason),
  },
});
export type SupportRequestCommand = CommandOf<typeof supportRequestCommands>;

/** Sends a command to a support request. */
export class ToSupport extends To<SupportRequestCommand> {}
