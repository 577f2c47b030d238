import { aggregate, DecisionContext, Journal, KeyStore, type ContextParts } from '@baton/kernel';
import { directory } from './read/directory/directory.read-model';
import { personDecider } from './write/person/person.decider';
import { ToPerson } from './write/person/person.events';
import { PersonHandler } from './write/person/person.handler';

/** Our own people: who they are, in which team, and whom they report to. */
export const directoryParts: ContextParts = {
  name: 'directory',
  aggregates: [
    aggregate(ToPerson, personDecider, {
      handler: (get) => new PersonHandler(get(Journal), get(DecisionContext), get(KeyStore)),
    }),
  ],
  projections: [directory],
  policies: [],
};
