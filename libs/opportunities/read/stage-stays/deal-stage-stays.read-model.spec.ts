import fc from 'fast-check';
import { foldAll, recorded } from '@baton/kernel/testing';
import type { StoredEvent } from '@baton/kernel';
import type { OpportunityEvent } from '../../write/opportunity/opportunity.events';
import { dealStageStays } from './deal-stage-stays.read-model';

const on = (day: number) => new Date(Date.UTC(2024, 0, day, 10)).toISOString();
const event = (type: OpportunityEvent['type'], day: number, data: object) =>
  recorded({ type, data: { opportunityId: 'd', ...data } } as unknown as OpportunityEvent, { occurredAt: on(day) });
const opened = event('OpportunityOpened', 1, { stage: 'demo', owner: 'rita', product: 'loom' });
const movedTo = (day: number, to: string) => event('OpportunityStageMoved', day, { from: 'x', to });
const ownedBy = (day: number, to: string) => event('OpportunityOwnerChanged', day, { to });
const won = (day: number) => event('OpportunityWon', day, { leadIds: [] });
const lost = (day: number) => event('OpportunityLost', day, { reason: 'price', leadIds: [] });
const reopened = (day: number, stage?: string) =>
  event('OpportunityReopened', day, { reason: 'budget', ...(stage !== undefined && { stage }) });

const staysOf = (events: readonly StoredEvent[]) =>
  [...foldAll(dealStageStays, events).values()].sort((a, b) => (a.enteredAt < b.enteredAt ? -1 : 1));
const dayOf = (at: string | null) => (at === null ? null : new Date(at).getUTCDate());
const short = (...events: readonly StoredEvent[]) =>
  staysOf(events).map((stay) => [stay.stage, dayOf(stay.enteredAt), dayOf(stay.leftAt), stay.exit, stay.owner]);

describe('stays of a deal in its stages', () => {
  it('end when it moves or closes, and begin again when it is reopened', () => {
    expect(short(opened, movedTo(3, 'proposal'), lost(6), reopened(9), won(12))).toEqual([
      ['demo', 1, 3, 'moved', 'rita'],
      ['proposal', 3, 6, 'lost', 'rita'],
      ['proposal', 9, 12, 'won', 'rita'],
    ]);
    expect(short(opened, lost(6), reopened(9, 'proposal')).at(-1)).toEqual(['proposal', 9, null, null, 'rita']);
  });

  it('have the facts at their beginning, however late they are recorded', () => {
    const all = [opened, movedTo(5, 'proposal'), movedTo(9, 'contract'), ownedBy(4, 'rolf')];
    expect(short(...all)).toEqual([
      ['demo', 1, 5, 'moved', 'rita'],
      ['proposal', 5, 9, 'moved', 'rolf'],
      ['contract', 9, null, null, 'rolf'],
    ]);
    const cleared = event('OpportunityFactsCleared', 8, { facts: ['product', 'account'] });
    expect(staysOf([...all, cleared]).map(({ product }) => product)).toEqual(['loom', 'loom', null]);
  });

  it('take a move dated at the instant of the close as made before it', () => {
    expect(short(opened, won(6), movedTo(6, 'contract'))).toEqual([
      ['demo', 1, 6, 'moved', 'rita'],
      ['contract', 6, 6, 'won', 'rita'],
    ]);
    expect(short(opened, won(6), reopened(6)).map(([, from, until]) => [from, until])).toEqual([
      [1, 6],
      [6, null],
    ]);
  });

  it('are the same in whatever order the moves are recorded', () =>
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 2, max: 25 }), { minLength: 1, maxLength: 8 }),
        fc.array(fc.constantFrom('demo', 'proposal', 'contract'), { minLength: 8, maxLength: 8 }),
        (days, stages) => {
          const moves = days.map((day, index) =>
            index % 4 === 3 ? ownedBy(day, `o${day}`) : movedTo(day, stages[index]!),
          );
          const inOrder = [...moves].sort((a, b) => (a.occurredAt < b.occurredAt ? -1 : 1));
          const stays = staysOf([opened, ...moves, won(28)]);
          expect(stays).toEqual(staysOf([opened, ...inOrder, won(28)]));
          expect([stays[0]!.enteredAt, stays.at(-1)!.leftAt]).toEqual([on(1), on(28)]);
          for (const [index, { leftAt, nextStage }] of stays.slice(0, -1).entries())
            expect(stays[index + 1]).toMatchObject({ enteredAt: leftAt, stage: nextStage });
        },
      ),
      { numRuns: 60 },
    ));
});
