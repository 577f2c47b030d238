import type { DatedEvent, Journal, StoredEvent } from '@baton/kernel';
import { samePersonAs, type LeadEvent, type SamePerson } from '@baton/leads';
import { personDecider, type Person } from './person.decider';
import type { PersonEvent } from './person.events';

/** What is recorded about the rights of the person behind one lead. */
export const personOf = async (journal: Journal, leadId: string): Promise<Person> =>
  (await journal.read(`privacy-${leadId}`)).reduce<Person>(
    (state, event) => personDecider.evolve(state, event as unknown as DatedEvent<PersonEvent>),
    personDecider.initialState(),
  );

/** All leads of a person; undefined if no lead has this id. */
export const leadsOfPerson = (journal: Journal, leadId: string): Promise<SamePerson | undefined> =>
  samePersonAs(async (id) => (await journal.read(`lead-${id}`)) as readonly StoredEvent<LeadEvent>[], leadId);
