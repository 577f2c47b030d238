import fc from 'fast-check';
import { Refused, type Context, type Instant, type Money, type StoredEvent } from '@baton/kernel';
import { foldAll, recorded, repetitions } from '@baton/kernel/testing';
import { factsAt, foldDeal, statusAt } from '../../write/opportunity/deal.model';
import { opportunityDecider } from '../../write/opportunity/opportunity.decider';
import type { OpportunityCommand, OpportunityEvent } from '../../write/opportunity/opportunity.events';
import { daysMovedOf, dealChanges, previousAmountOf, type DealChange } from './deal-changes.read-model';

const opportunityId = 'd';
const on = (day: number): Instant => new Date(Date.UTC(2024, 0, day)).toISOString();
const eur = (minor: number): Money => ({ minor, currency: 'EUR' });
const event = (type: OpportunityEvent['type'], day: number, data: object) =>
  recorded({ type, data: { opportunityId, ...data } } as unknown as OpportunityEvent, { occurredAt: on(day) });
const changesOf = (events: readonly StoredEvent[]): readonly DealChange[] =>
  [...foldAll<DealChange>(dealChanges, events).values()].sort((a, b) =>
    a.at === b.at ? a.turn - b.turn : a.at < b.at ? -1 : 1,
  );
const opened = event('OpportunityOpened', 3, {
  ...{ stage: 'demo', owner: 'rita', amount: eur(100), expectedCloseOn: '2024-03-01' },
});

describe('the changes of a deal', () => {
  it('have a row each, with the value before and after', () => {
    const rows = changesOf([
      opened,
      event('OpportunityStageMoved', 4, { from: 'demo', to: 'proposal' }),
      event('OpportunityAmountChanged', 5, { to: eur(150) }),
      event('OpportunityCloseDateChanged', 6, { to: '2024-03-11' }),
      event('OpportunityCloseDateChanged', 7, { to: '2024-02-11' }),
      event('OpportunityCloseDateChanged', 8, { to: '2024-04-11' }),
      event('OpportunityOwnerChanged', 9, { to: 'rolf' }),
      event('OpportunityFactsCleared', 10, { facts: ['owner', 'expected-close', 'source'] }),
      event('ProposalSent', 11, {}),
      event('OpportunityWon', 12, { signedAmount: eur(120), leadIds: [] }),
      event('OpportunityReopened', 13, { reason: 'error', stage: 'demo' }),
      event('OpportunityLost', 14, { reason: 'price', leadIds: [] }),
    ]);
    const short = rows.map((row) => [
      row.what,
      row.previous ?? previousAmountOf(row)?.minor ?? null,
      daysMovedOf(row),
      row.push,
    ]);
    expect(short).toEqual([
      ['opened', null, null, null],
      ['stage', 'demo', null, null],
      ['amount', 100, null, null],
      ['close-date', '2024-03-01', 10, 1],
      ['close-date', '2024-03-11', -29, null],
      ['close-date', '2024-02-11', 60, 2],
      ['owner', 'rita', null, null],
      ['close-date', '2024-04-11', null, null],
      ['owner', 'rolf', null, null],
      ['details', null, null, null],
      ['proposal', null, null, null],
      ['amount', 150, null, null],
      ['won', null, null, null],
      ['stage', 'proposal', null, null],
      ['reopened', null, null, null],
      ['lost', null, null, null],
    ]);
    expect(rows.map(({ status }) => status).slice(-4)).toEqual(['won', 'won', 'open', 'lost']);
    expect(rows.at(-1)).toMatchObject({ stage: 'demo', amountMinor: 120, currency: 'EUR', owner: null });
  });

  it('count from their own time: one between others changes the rows around it', () => {
    const first = event('OpportunityAmountChanged', 9, { to: eur(300) });
    const between = event('OpportunityAmountChanged', 6, { to: eur(200) });
    const amounts = (events: readonly StoredEvent[]) =>
      changesOf(events)
        .filter(({ what }) => what === 'amount')
        .map((row) => [previousAmountOf(row)?.minor, row.amountMinor]);
    expect(amounts([opened, first])).toEqual([[100, 300]]);
    expect(amounts([opened, first, between])).toEqual([
      [100, 200],
      [200, 300],
    ]);
    const same = event('OpportunityAmountChanged', 5, { to: eur(200) });
    expect(amounts([opened, first, between, same])).toEqual([
      [100, 200],
      [200, 300],
    ]);
  });

  it('dated before the opening replace what it was opened with', () => {
    const rows = changesOf([opened, event('OpportunityStageMoved', 2, { from: 'demo', to: 'proposal' })]);
    expect(rows.map(({ what, stage }) => [what, stage])).toEqual([
      ['stage', 'proposal'],
      ['opened', 'proposal'],
    ]);
  });

  it('of one instant keep their order, those of values before the close', () => {
    const all = [
      event('OpportunityWon', 3, { leadIds: [] }),
      event('OpportunityReopened', 3, { reason: 'error' }),
      event('OpportunityAmountChanged', 3, { to: eur(7) }),
    ];
    expect(changesOf([opened, ...all]).map(({ what, turn, amountMinor }) => [what, turn, amountMinor])).toEqual([
      ['opened', 0, 100],
      ['amount', 1, 7],
      ['won', 2, 7],
      ['reopened', 3, 7],
    ]);
  });

  it('give the values that the deal has at any instant, however they are recorded', () => {
    const command = fc.oneof(
      fc.record({ type: fc.constant('MoveOpportunityStage'), to: fc.constantFrom('demo', 'proposal', 'signing') }),
      fc.record({ type: fc.constant('ChangeOpportunityAmount'), to: fc.integer({ min: 0, max: 3 }).map(eur) }),
      fc.record({
        type: fc.constant('ChangeOpportunityCloseDate'),
        to: fc.constantFrom('2024-03-01', '2024-04-01', '2024-05-01'),
      }),
      fc.record({ type: fc.constant('AssignOpportunity'), to: fc.constantFrom('rita', 'rolf') }),
      fc.constantFrom(
        { type: 'ClearOpportunityFact', facts: ['owner', 'expected-close'] },
        { type: 'WinOpportunity' },
        { type: 'WinOpportunity', amount: eur(9) },
        { type: 'LoseOpportunity', reason: 'price' },
        { type: 'ReopenOpportunity', reason: 'again' },
        { type: 'ReopenOpportunity', reason: 'later', stage: 'demo' },
      ),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), command), { maxLength: 25 }), (asked) => {
        const events: StoredEvent<OpportunityEvent>[] = [opened as StoredEvent<OpportunityEvent>];
        for (const [day, { type, ...data }] of asked) {
          const context: Context = { now: on(day), mode: 'backfill', definition: () => undefined, idOf: String };
          const sent = { type, data: { opportunityId, ...data } } as unknown as OpportunityCommand;
          const decided = opportunityDecider.decide(foldDeal(events), sent, context);
          if (!(decided instanceof Refused))
            events.push(...decided.map((one) => recorded(one, { occurredAt: on(day) })));
        }
        const rows = changesOf(events);
        const deal = foldDeal(events)!;
        for (let day = 1; day <= 12; day++) {
          const row = rows.findLast(({ at }) => at <= on(day));
          if (!row) continue;
          const { stage, amount, owner = null, expectedCloseOn = null } = factsAt(deal, on(day));
          expect(row).toMatchObject({ stage, owner, expectedCloseOn, amountMinor: amount?.minor });
          expect(row.status).toBe(statusAt(deal, on(day)).status);
        }
        for (const [index, row] of rows.entries()) {
          const before = rows[index - 1];
          if (before?.at === row.at) expect(row.turn).toBe(before.turn + 1);
          if (before && row.what === 'stage') expect(row.previous).toBe(before.stage);
          if (before && row.what === 'amount') expect(row.previousMinor).toBe(before.amountMinor);
        }
      }),
      { numRuns: repetitions(150, 2000) },
    );
  });

  it('stay as they are once 500 others followed, and what comes later than that is refused', () => {
    const many = Array.from({ length: 520 }, (_, index) =>
      recorded({ type: 'OpportunityOwnerChanged', data: { opportunityId, to: `o${index}` } } as OpportunityEvent, {
        occurredAt: new Date(Date.UTC(2024, 1, 1) + index * 1000).toISOString(),
      }),
    );
    expect(changesOf([opened, ...many])).toHaveLength(521);
    expect(() => changesOf([opened, ...many, event('OpportunityAmountChanged', 4, { to: eur(1) })])).toThrow(
      expect.objectContaining({ code: 'history/too-late' }),
    );
  });
});
