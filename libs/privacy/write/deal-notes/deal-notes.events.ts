import { commands, events, ref, To, type CommandOf, type EventOf } from '@baton/kernel';

const opportunityId = ref('opportunity', 'The deal.');

/** What is kept beside a deal, in the stream `deal-notes-<opportunityId>`. */
export const dealNotesEvents = events({
  DealNotesErased: {
    version: 1,
    description: 'Everybody on the deal is erased; the key of the notes that name nobody was destroyed with the last.',
    sentence: 'Everybody on the deal is erased: notes about it can no longer be read',
    opportunityId,
  },
});
export type DealNotesEvent = EventOf<typeof dealNotesEvents>;

export const dealNotesCommands = commands(
  'deal-notes',
  {
    EraseDealNotes: {
      description: 'Destroy the key of the notes about a deal that name nobody, once everybody on it is erased.',
      opportunityId,
    },
  },
  { idField: 'opportunityId' },
);
export type DealNotesCommand = CommandOf<typeof dealNotesCommands>;
export class ToDealNotes extends To<DealNotesCommand> {}
