import { fromMs } from '@baton/kernel';
import { foldAll, recorded } from '@baton/kernel/testing';
import { touchFields } from '@baton/campaigns';
import type { JourneyEvent, JourneyTouch } from '../../write/journey/journey.events';
import { JourneyColumns } from './journey-columns.rules';
import { journeys } from './journeys.projection';

const at = (day: number) => fromMs(Date.UTC(2024, 0, 1) + day * 86_400_000);
const touch = (day: number, more: Partial<JourneyTouch> = {}): JourneyTouch => ({
  touchId: `touch-${day}-${JSON.stringify(more)}`,
  occurredAt: at(day),
  leadId: 'ada',
  action: 'visit',
  team: 'marketing',
  ...more,
});
const docOf = (journeyId: string, touches: readonly JourneyTouch[], more: object = {}) => {
  const event: JourneyEvent = {
    type: 'JourneyClosed',
    data: {
      ...{ journeyId, outcome: 'won', closedAt: at(40), openedAt: at(9), leadIds: ['ada'], amounts: [] },
      ...more,
      touches: [...touches],
    },
  };
  return foldAll(journeys, [recorded(event)]).get(journeyId)!;
};
const touchesOf = (columns: JourneyColumns, row: number) =>
  Array.from({ length: columns.count[row]! }, (_, place) => {
    const touch = columns.first[row]! + place;
    return {
      at: fromMs(columns.touchAt[touch]!),
      kind: columns.kinds.all[columns.kind[touch]!],
      upToCreation: columns.isUpToCreation(touch),
      leadId: columns.leads.texts[columns.lead[touch]!],
    };
  });

describe('packed journeys', () => {
  it('tell touches apart by every field that classifies them', () => {
    const columns = new JourneyColumns();
    const fields = Object.keys(touchFields).filter((field) => field !== 'minutes');
    // Values that look alike when they are joined
    const values = fields.flatMap((field, place) =>
      ['ab', 'ba', 'a', ''].map((value) => ({ [field]: `${value}${place % 2}` })),
    );
    const all = values.map((more, day) => touch(day, more as Partial<JourneyTouch>));
    columns.put('deal', docOf('deal', all));
    expect(touchesOf(columns, 0).map(({ kind }) => kind)).toEqual(
      values.map((more) => ({ action: 'visit', team: 'marketing', ...more })),
    );
    const kinds = columns.kinds.all.length;
    columns.put('other', docOf('other', all));
    expect(columns.kinds.all).toHaveLength(kinds);
  });

  it('tell apart many kinds that differ in a single character', () => {
    const columns = new JourneyColumns();
    const all = Array.from({ length: 200 }, (_, n) =>
      touch(n, { page: `/${String.fromCharCode(200 + n)}/${'x'.repeat(40)}` }),
    );
    columns.put('deal', docOf('deal', all));
    columns.put('other', docOf('other', [...all].reverse()));
    for (const row of [0, 1])
      expect(touchesOf(columns, row).map(({ kind }) => kind!.page)).toEqual(all.map(({ page }) => page));
    expect(columns.kinds.all).toHaveLength(all.length);
  });

  it('keep the order of a document for touches of the same instant', () => {
    const columns = new JourneyColumns();
    const doc = docOf('deal', []);
    columns.put('deal', { ...doc, touches: [touch(3), touch(1, { page: 'b' }), touch(1, { page: 'a' })] });
    expect(touchesOf(columns, 0).map(({ kind }) => kind!.page)).toEqual(['b', 'a', undefined]);
  });

  it('take no more memory for journeys that are put again and again', () => {
    const columns = new JourneyColumns();
    const many = Array.from({ length: 300 }, (_, place) => touch(place / 10, { page: `page ${place % 7}` }));
    for (const id of ['a', 'b', 'c']) columns.put(id, docOf(id, many, { leadCreatedAt: at(10) }));
    const { bytes } = columns;
    for (let time = 0; time < 200; time++) columns.put('b', docOf('b', many.slice(time), { leadCreatedAt: at(10) }));
    expect(columns.bytes).toBeLessThan(bytes + 400_000);
    const [a, b] = [touchesOf(columns, 0), touchesOf(columns, 1)];
    expect(a).toEqual(
      many.map(({ occurredAt, page }) => ({
        at: occurredAt,
        kind: { action: 'visit', team: 'marketing', page },
        upToCreation: occurredAt <= at(10),
        leadId: 'ada',
      })),
    );
    expect(b).toEqual(a.slice(199));
    expect(touchesOf(columns, 2)).toEqual(a);
  });

  it('know the people of a deal and its repeated touches until it is put again', () => {
    const columns = new JourneyColumns();
    const twice = [touch(1), touch(2), touch(1)];
    columns.put('deal', { ...docOf('deal', [], { leadIds: ['bea', 'ada'] }), touches: twice });
    const leads = () => [...columns.conversions().keys()].map((lead) => columns.leads.texts[lead]).sort();
    expect([columns.repeatsIn(0), leads()]).toEqual([
      [0, 0, 2],
      ['ada', 'bea'],
    ]);
    columns.put('deal', docOf('deal', twice.slice(0, 2)));
    expect([columns.repeatsIn(0), leads()]).toEqual([undefined, ['ada']]);
  });

  it('list rows in the order of ids', () => {
    const columns = new JourneyColumns();
    for (const id of ['b', 'c', 'a']) columns.put(id, docOf(id, [], id === 'c' ? { outcome: 'lost' } : {}));
    const rows = columns.inOrder(columns.closed('won'));
    expect([...rows].map((row) => columns.ids[row])).toEqual(['a', 'b']);
    columns.put('aa', docOf('aa', []));
    expect([...columns.inOrder(columns.closed('won'))].map((row) => columns.ids[row])).toEqual(['a', 'aa', 'b']);
    for (const id of ['aa', 'b', 'c', 'a']) columns.put(id, docOf(id, [], { outcome: id === 'c' ? 'won' : 'lost' }));
    expect([...columns.closed('won')].map((row) => columns.ids[row])).toEqual(['c']);
    expect(columns.size).toBe(4);
  });
});
