import { decider, refuse } from '@baton/kernel';
import { noteCommands, noteEvents, type NoteCommand, type NoteEvent } from './note.events';

interface Note {
  readonly added: boolean;
}

/** A note; whom it is about is checked by the handler, which knows the person and the deal. */
export const noteDecider = decider<Note, NoteCommand, NoteEvent>({
  commands: noteCommands,
  events: noteEvents,
  initialState: () => ({ added: false }),
  decide: {
    AddNote: ({ added }, { data }) => {
      if (added)
        return refuse('note/already-added', 'A note with this noteId exists; choose another noteId.', 'noteId');
      if (data.leadId === undefined && data.opportunityId === undefined)
        return refuse(
          'note/about-nobody',
          'A note is about a person or a deal; give leadId or opportunityId.',
          'leadId',
        );
      return [{ type: 'NoteAdded', data }];
    },
  },
  evolve: { NoteAdded: () => ({ added: true }) },
});
