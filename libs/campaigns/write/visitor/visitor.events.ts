import { commands, events, optional, ref, To, type CommandOf, type EventOf } from '@baton/kernel';
import { touchFields } from '../../touch.rules';

const visitorId = ref('visitor', 'The visitor, as the web site knows the browser; never a name or an address.');

export const visitorEvents = events({
  VisitRecorded: {
    version: 1,
    description: 'An anonymous or identified visitor was in contact with us.',
    sentence:
      'Visit of {visitorId}, by {team}: {action:words}[, {direction}][ on {page}][, about {content}][, from {source}][ / {medium}][, campaign {campaign}][, {minutes}]',
    visitorId,
    leadId: optional(ref('lead', 'The person, once the visitor is identified.')),
    ...touchFields,
  },
  VisitorIdentified: {
    version: 1,
    description: 'The visitor turned out to be this person: all its visits, earlier ones too, belong to the person.',
    sentence: 'Visitor {visitorId} is lead {leadId}',
    visitorId,
    leadId: ref('lead'),
  },
});
export type VisitorEvent = EventOf<typeof visitorEvents>;

export const visitorCommands = commands('visitor', {
  RecordVisit: {
    about: 'occurrence',
    description: 'Record a contact with a visitor whose name is not known (yet).',
    allow: ['marketing', 'revops'],
    datable: true,
    visitorId,
    ...touchFields,
  },
  IdentifyVisitor: {
    description: 'Say which person a visitor is.',
    allow: ['marketing', 'sales', 'revops'],
    visitorId,
    leadId: ref('lead'),
  },
});
export type VisitorCommand = CommandOf<typeof visitorCommands>;
export class ToVisitor extends To<VisitorCommand> {}
