import {
  commands,
  day,
  email,
  events,
  keyOwner,
  optional,
  personal,
  state,
  text,
  To,
  type CommandOf,
  type EventOf,
} from '@baton/kernel';

/** Records name our people as their systems do: by a login, an address, or a name with blanks. */
const personId = keyOwner({
  ...text('Who it is, exactly as records name the person: as rep, owner or actor.', { min: 1, max: 200 }),
  ref: 'person',
});
const ownPerson = (description: string) => text(description, { min: 1, max: 200 });
const entry = {
  name: optional(personal(text('Full name.', { max: 300 }))),
  email: optional(personal(email('E-mail address for messages.'))),
  slackId: optional(personal(text('Slack member id for messages.', { max: 100 }))),
  team: state(
    'person.team',
    text('The team: marketing, sales, success, revops, or a part of one.', { min: 1, max: 100 }),
  ),
  manager: state('person.manager', optional(ownPerson('Whom the person reports to, as records name that person.'))),
  timeZone: state('person.time-zone', optional(text('IANA time zone, such as Europe/Berlin.', { max: 100 }))),
  activeFrom: state('person.active-from', optional(day('First day at work.'))),
  activeTo: state('person.active-to', optional(day('Last day at work; who has left gets no leads and no messages.'))),
};

export const personEvents = events({
  DirectoryEntrySet: {
    version: 1,
    description: 'What is known about one of our own people; what is absent is unknown from then on.',
    sentence:
      '{personId} is in team {team}[, reports to {manager}][, in time zone {timeZone}][, from {activeFrom}][, until {activeTo}]',
    personId,
    ...entry,
  },
  DirectoryEntryErased: {
    version: 1,
    description: 'The key of the personal fields of the entry was destroyed, so that nobody can read them.',
    sentence: 'The name and addresses of {personId} were erased',
    personId,
  },
});
export type PersonEvent = EventOf<typeof personEvents>;

const allow = ['revops', 'admin'] as const;
export const personCommands = commands('person', {
  SetDirectoryEntry: {
    about: 'state',
    datable: true,
    description:
      'Say what is known about one of our own people, from `occurredAt` on. The whole entry is replaced: what is left out is unknown from then on.',
    allow,
    personId,
    ...entry,
  },
  EraseDirectoryEntry: {
    about: 'state',
    description: 'Destroy the key of the name and addresses of one of our own people. Team and manager stay.',
    allow,
    personId,
  },
});
export type PersonCommand = CommandOf<typeof personCommands>;
/** Sends a command about one of our own people. */
export class ToPerson extends To<PersonCommand> {}
