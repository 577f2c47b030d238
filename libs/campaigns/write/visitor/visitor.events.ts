import { commands, events, optional, ref, To, type CommandOf, type EventOf } from '@baton/kernel';
import { touchFields } from '../../touch.rules';

const visitorId = ref('visitor', 'Visitor id that the web site gives the browser; never a name or an address.');

export const visitorEvents = events({
  VisitRecorded: {
    version: 1,
    description: 'An anonymous or identified visitor had a touch.',
    sentence:
      'Visit of {visitorId}, by {team}: {action:words}[, {direction}][ on {page}][, about {content}][, from {source}][ / {medium}][, campaign {campaign}][, {minutes}]',
    visitorId,
    leadId: optional(ref('lead', 'Lead of the visitor, once identified.')),
    ...touchFields,
  },
  VisitorIdentified: {
    version: 1,
    description: 'The visitor was identified as a lead; all its visits, earlier ones too, belong to that lead.',
    sentence: 'Visitor {visitorId} was identified as lead {leadId}',
    visitorId,
    leadId: ref('lead'),
  },
});
export type VisitorEvent = EventOf<typeof visitorEvents>;

export const visitorCommands = commands('visitor', {
  RecordVisit: {
    about: 'occurrence',
    description: 'Record a touch of a visitor who may still be anonymous.',
    allow: ['marketing', 'revops'],
    datable: true,
    visitorId,
    ...touchFields,
  },
  IdentifyVisitor: {
    description: 'Identify a visitor as a lead.',
    allow: ['marketing', 'sales', 'revops'],
    visitorId,
    leadId: ref('lead'),
  },
});
export type VisitorCommand = CommandOf<typeof visitorCommands>;
export class ToVisitor extends To<VisitorCommand> {}
