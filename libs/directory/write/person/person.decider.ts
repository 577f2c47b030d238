import { decider, refuse, zoneOf } from '@baton/kernel';
import { withEntry, type Entries } from './entries.model';
import { personCommands, personEvents, type PersonCommand, type PersonEvent } from './person.events';

interface Person {
  readonly entries: Entries;
  /** The key of name and addresses is destroyed. */
  readonly erased: boolean;
}

/** One of our own people. That nobody reports to themselves is checked by the handler, which knows the others. */
export const personDecider = decider<Person, PersonCommand, PersonEvent>({
  commands: personCommands,
  events: personEvents,
  initialState: () => ({ entries: [], erased: false }),
  decide: {
    SetDirectoryEntry: (_, { data }) => {
      zoneOf(data.timeZone, 'timeZone');
      if (data.activeFrom && data.activeTo && data.activeTo < data.activeFrom)
        return refuse('directory/ends-before-start', 'activeTo must not be before activeFrom.', 'activeTo');
      return [{ type: 'DirectoryEntrySet', data }];
    },
    EraseDirectoryEntry: ({ entries, erased }, { data }) => {
      if (entries.length === 0)
        return refuse('directory/unknown', 'There is no entry of this person in the directory.', 'personId');
      return erased ? [] : [{ type: 'DirectoryEntryErased', data }];
    },
  },
  evolve: {
    DirectoryEntrySet: (state, { data, occurredAt }) => ({
      ...state,
      entries: withEntry(state.entries, occurredAt, data),
    }),
    DirectoryEntryErased: (state) => ({ ...state, erased: true }),
  },
});
