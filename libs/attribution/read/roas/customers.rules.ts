import { hasText, wordKey, type Instant } from '@baton/kernel';

/** A deal that stands won, and whose it is. */
export interface WonDeal {
  readonly opportunityId: string;
  readonly closedAt: Instant;
  /** The company, in whatever spelling. */
  readonly account: string | null;
  /** The people of the deal, the primary contact first: of merged leads the one that stands for the person. */
  readonly people: readonly string[];
}

/**
 * The deals that won a customer for the first time. The customer is the account; where none is known, the primary
 * contact, who is no new customer after any earlier deal that the person was part of; where nobody is known, the deal
 * itself.
 * @param deals all that stand won, in any order: of one instant the least id comes first
 * @returns ids of deals
 */
export const firstWins = (deals: readonly WonDeal[]): ReadonlySet<string> => {
  const customers = new Set<string>();
  const first = new Set<string>();
  const inOrder = [...deals].sort((a, b) =>
    a.closedAt === b.closedAt ? (a.opportunityId < b.opportunityId ? -1 : 1) : a.closedAt < b.closedAt ? -1 : 1,
  );
  for (const { opportunityId, account, people } of inOrder) {
    const persons = people.map((person) => `person ${person}`);
    const customer =
      account !== null && hasText(account) ? `account ${wordKey(account)}` : (persons[0] ?? `deal ${opportunityId}`);
    if (!customers.has(customer)) first.add(opportunityId);
    for (const one of [customer, ...persons]) customers.add(one);
  }
  return first;
};
