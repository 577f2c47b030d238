export { directory, type Colleague } from './read/directory/directory.read-model';
export { entriesOf, entryAt, isActive, stretchesOf, type Entries, type Entry } from './write/person/entries.model';
export { availableFor, colleagueAt, isAvailable, managerOf } from './write/person/look-up.rules';
export { personDecider } from './write/person/person.decider';
export {
  personCommands,
  personEvents,
  ToPerson,
  type PersonCommand,
  type PersonEvent,
} from './write/person/person.events';
