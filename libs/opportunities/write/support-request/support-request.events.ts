import {
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

export const supportKinds = enumeration('SupportKind', 'What sales may ask marketing for.', {
  asset: 'A piece of content.',
  'air-cover': 'Attention from outside: events, ads, a reference.',
});
export type SupportKind = EnumerationValue<typeof supportKinds>;

const supportId = ref('support', 'The request.');
const opportunityId = ref('opportunity', 'The deal it serves.');
const kind = oneOf(supportKinds, 'A piece of content, or attention from outside.');
const leadId = ref('lead', 'The person on the deal whom it is to win; what is needed is kept with that person’s key.');
const need = personal(text('What is needed: a case study from banking, a reference call …', { min: 1, max: 500 }));
const neededBy = optional(day('By when it helps.'));
const taker = text('Who in marketing takes care of it.', { min: 1, max: 200 });
const delivered = text('What was delivered: the content’s name or address, as touches name it.', { min: 1, max: 500 });
const reason = text('Why.', { min: 1, max: 300 });

export const supportRequestEvents = events({
  SupportRequested: {
    version: 1,
    description: 'Sales asked marketing to support a deal.',
    sentence: 'Sales asked marketing to support deal {opportunityId} ({kind})[: {need}][, needed by {neededBy}]',
    supportId,
    opportunityId,
    leadId,
    kind,
    need: optional(need),
    neededBy,
  },
  SupportRequestTaken: {
    version: 1,
    description: 'Somebody in marketing takes care of the request.',
    sentence: '{taker} takes care of the support for deal {opportunityId}',
    supportId,
    opportunityId,
    taker,
  },
  SupportDelivered: {
    version: 1,
    description: 'Marketing delivered what was asked for.',
    sentence: 'Marketing delivered {delivered} for deal {opportunityId}',
    supportId,
    opportunityId,
    delivered,
  },
  SupportRequestClosed: {
    version: 1,
    description: 'The request is settled: it was delivered, or is not wanted any more.',
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
    description: 'Ask marketing to support a deal with an asset or with air cover.',
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
    description: 'Take care of a request.',
    allow: ['marketing', 'revops'],
    supportId,
    taker: optional(text('Who takes care of it; by default you.', { min: 1, max: 200 })),
  },
  DeliverSupport: {
    description: 'Say what was delivered; again with something else, for what was improved.',
    allow: ['marketing', 'revops'],
    datable: true,
    supportId,
    delivered,
  },
  CloseSupportRequest: {
    description: 'Settle a request that was delivered, or withdraw one that is not wanted any more.',
    allow: ['sales', 'marketing', 'revops'],
    supportId,
    reason: optional(reason),
  },
});
export type SupportRequestCommand = CommandOf<typeof supportRequestCommands>;

/** A command on its way to a request for support. */
export class ToSupport extends To<SupportRequestCommand> {}
