import { hasText, wordKey, type Instant } from '@baton/kernel';

/** A won deal with its account and people. */
export interface WonDeal {
  readonly opportunityId: string;
  readonly closedAt: Instant;
  /** The account, without regard to spelling. */
  readonly account: string | null;
  /** The people of the deal, the primary contact first; for merged leads the one that represents the person. */
  readonly people: readonly string[];
}

/**
 * The deals that won a customer for the first time. The customer is the account; without an account, the primary
 * contact, who is not a new customer after any earlier deal that the person was on; without either, the deal itself.
 * @param deals all won deals, in any order; at the same instant the one with the lowest id comes first
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
