import { firstWins, type WonDeal } from './customers.rules';

const deal = (opportunityId: string, day: number, account: string | null, ...people: string[]): WonDeal => ({
  opportunityId,
  closedAt: `2024-01-0${day}T00:00:00.000Z`,
  account,
  people,
});
const first = (...deals: readonly WonDeal[]) => [...firstWins(deals)].sort();

describe('the deals that won a new customer', () => {
  it('are the first of each account, whatever its spelling and the order of deals', () =>
    expect(first(deal('b', 3, 'ACME '), deal('a', 2, 'Acme', 'ada'), deal('c', 4, 'Other'))).toEqual(['a', 'c']));
  it('are the first of each person without an account, except people of a known customer', () =>
    expect(
      first(
        deal('a', 1, null, 'ada'),
        deal('b', 2, null, 'ada', 'bob'),
        deal('c', 3, ' ', 'cy'),
        deal('d', 4, 'Acme', 'dan', 'eve'),
        deal('e', 5, null, 'eve'),
        deal('f', 6, null, 'bob'),
      ),
    ).toEqual(['a', 'c', 'd']));
  it('are all deals with neither account nor people', () =>
    expect(first(deal('a', 1, null), deal('b', 1, null))).toEqual(['a', 'b']));
  it('is the one with the lower id of two that closed at once', () =>
    expect(first(deal('b', 1, 'Acme'), deal('a', 1, 'Acme'))).toEqual(['a']));
});
