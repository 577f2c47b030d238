import {
  commands,
  events,
  keyOwner,
  optional,
  personal,
  ref,
  text,
  To,
  type CommandOf,
  type EventOf,
} from '@baton/kernel';

const noteId = ref('note', 'The note.');
const leadId = optional(ref('lead', 'The person whom it is about, and whose key seals it.'));
/** Without a person the note is sealed with a key of the deal, which goes with its last person. */
const opportunityId = optional(keyOwner(ref('opportunity', 'The deal that it is about.')));
const words = text('What is to be remembered, in free words.', { min: 1, max: 5000 });

export const noteEvents = events({
  NoteAdded: {
    version: 1,
    description: 'Somebody of either team wrote a note about a person or a deal.',
    sentence: 'A note was written[ about deal {opportunityId}][: “{text}”]',
    noteId,
    leadId,
    opportunityId,
    text: optional(personal(words)),
  },
});
export type NoteEvent = EventOf<typeof noteEvents>;

export const noteCommands = commands('note', {
  AddNote: {
    creates: true,
    datable: true,
    about: 'occurrence',
    description:
      'Write a note about a person, a deal, or a person of a deal. It is personal: sealed with the key of the person, or without one with that of the deal.',
    allow: ['marketing', 'sales', 'success', 'revops'],
    noteId,
    leadId,
    opportunityId,
    text: personal(words),
  },
});
export type NoteCommand = CommandOf<typeof noteCommands>;
/** Sends a command to a note. */
export class ToNote extends To<NoteCommand> {}
