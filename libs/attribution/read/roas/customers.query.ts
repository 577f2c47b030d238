import type { Instant } from '@baton/kernel';
import { deals } from '@baton/opportunities';
import type { ReadModels } from '@baton/platform/documents';
import { mergedLeadsOf } from '../conversions/conversions.query';
import { personOf, survivorOf } from '../conversions/conversions.rules';
import { firstWins, type WonDeal } from './customers.rules';

/** What the return on spend needs to know about all deals, including those before the period. */
interface Customers {
  /** The won deals with a new customer. */
  readonly firstWins: ReadonlySet<string>;
  /** When the first deal of a person was opened, by each lead on it. */
  readonly firstOpened: ReadonlyMap<string, Instant>;
}

/** Reads every deal, because earlier customers may be from any time. */
export const customersOf = async (models: ReadModels): Promise<Customers> => {
  const won: WonDeal[] = [];
  const firstOpened = new Map<string, Instant>();
  for await (const page of models.pages(deals)) {
    const ofPage = page.map(({ doc }) => doc);
    for (const { openedAt, contacts } of ofPage)
      for (const { leadId } of contacts) {
        const known = firstOpened.get(leadId);
        if (known === undefined || openedAt < known) firstOpened.set(leadId, openedAt);
      }
    const closed = ofPage.filter(({ status, closedAt }) => status === 'won' && closedAt !== null);
    const people = await mergedLeadsOf(
      models,
      closed.flatMap(({ contacts }) => contacts.map(({ leadId }) => leadId)),
    );
    for (const { opportunityId, closedAt, account, contacts } of closed) {
      const persons = contacts.map(({ leadId }) => {
        const person = personOf(leadId, { people });
        return person.length > 0 ? survivorOf(person).leadId : leadId;
      });
      won.push({ opportunityId, closedAt: closedAt!, account, people: persons });
    }
  }
  return { firstWins: firstWins(won), firstOpened };
};
