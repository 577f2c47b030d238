import { decider } from '@baton/kernel';
import { dealNotesCommands, dealNotesEvents, type DealNotesCommand, type DealNotesEvent } from './deal-notes.events';

export const dealNotesDecider = decider<{ readonly erased: boolean }, DealNotesCommand, DealNotesEvent>({
  commands: dealNotesCommands,
  events: dealNotesEvents,
  initialState: () => ({ erased: false }),
  decide: { EraseDealNotes: ({ erased }, { data }) => (erased ? [] : [{ type: 'DealNotesErased', data }]) },
  evolve: { DealNotesErased: () => ({ erased: true }) },
});
