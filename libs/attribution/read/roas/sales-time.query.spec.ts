import fc from 'fast-check';
import { NoDefinitions, type AnyEvent, type Instant } from '@baton/kernel';
import { recorded, repetitions } from '@baton/kernel/testing';
import { spend } from '@baton/campaigns';
import { deals, touches } from '@baton/opportunities';
import { modelsOf } from '../../../../test/support/read-models';
import { attributionModels } from '../../models/models.rules';
import { methodAt } from '../attribution/attribution.query';
import { people, visitors, visits } from '../conversions/people.projection';
import { journeys } from '../journeys/journeys.projection';
import { roas } from './roas.query';
import { roasDimensions } from './roas.rules';
import { salesMinutes } from './sales-minutes.projection';

const at = (day: number): Instant => new Date(Date.UTC(2024, 0, 1) + day * 86_400_000).toISOString();
interface Touch {
  readonly day: number;
  readonly channel: string;
  readonly team?: 'marketing' | 'sales';
  readonly minutes?: number;
}
const dataOf = ({ day: _, team = 'marketing', ...touch }: Touch) => ({ action: 'any', team, ...touch });
const call = (day: number, minutes: number): Touch => ({ day, channel: 'call', team: 'sales', minutes });
const person = (leadId: string, ...touches: readonly Touch[]) => [
  recorded<AnyEvent>({ type: 'LeadCaptured', data: { leadId } }, { occurredAt: at(0) }),
  ...touches.map((touch) =>
    recorded<AnyEvent>({ type: 'TouchRecorded', data: { leadId, ...dataOf(touch) } }, { occurredAt: at(touch.day) }),
  ),
];
const visit = (visitorId: string, touch: Touch) =>
  recorded<AnyEvent>({ type: 'VisitRecorded', data: { visitorId, ...dataOf(touch) } }, { occurredAt: at(touch.day) });
const opened = (opportunityId: string, day: number, leadId: string) => [
  recorded<AnyEvent>({ type: 'OpportunityOpened', data: { opportunityId, stage: 'any' } }, { occurredAt: at(day) }),
  recorded<AnyEvent>({ type: 'ContactRoleAdded', data: { opportunityId, leadId } }, { occurredAt: at(day) }),
];
const won = (opportunityId: string, day: number, leadId: string, account: string, touches: readonly Touch[]) => [
  recorded<AnyEvent>({ type: 'OpportunityOpened', data: { opportunityId, stage: 'any', account } }),
  recorded<AnyEvent>({ type: 'ContactRoleAdded', data: { opportunityId, leadId } }),
  recorded<AnyEvent>({ type: 'OpportunityWon', data: { opportunityId, leadIds: [leadId] } }, { occurredAt: at(day) }),
  recorded<AnyEvent>({
    type: 'JourneyClosed',
    data: {
      journeyId: opportunityId,
      outcome: 'won',
      closedAt: at(day),
      openedAt: at(0),
      leadIds: [leadId],
      amounts: [{ at: at(day), amount: { minor: 100_00, currency: 'EUR' } }],
      touches: touches.map((touch, place) => ({
        touchId: `${opportunityId}-${place}`,
        occurredAt: at(touch.day),
        leadId,
        ...dataOf(touch),
      })),
    },
  }),
];
const ask = async (events: Parameters<typeof modelsOf>[1], question: Partial<Parameters<typeof roas>[1]> = {}) =>
  roas(await modelsOf([journeys, spend, deals, people, visitors, visits, touches, salesMinutes], events), {
    by: 'channel',
    lookback: 'none',
    ...(await methodAt(new NoDefinitions(), at(0))),
    ...question,
  });
const minutesBy = ({ rows }: Awaited<ReturnType<typeof ask>>) =>
  Object.fromEntries(rows.flatMap(({ key, salesMinutes: minutes }) => (minutes > 0 ? [[key, minutes]] : [])));

describe('the cost of sales time', () => {
  it('is split by the journey of the person, even of one who never bought', async () => {
    const events = [
      ...person('ada', { day: 1, channel: 'search' }, { day: 2, channel: 'email' }, call(3, 30), call(4, 10)),
      ...person('bob', { day: 1, channel: 'social' }),
    ];
    const linear = await ask(events);
    expect(minutesBy(linear)).toEqual({ search: 10, email: 10, call: 20 });
    expect(linear).toMatchObject({ salesTime: 'all', total: { salesMinutes: 40 } });
    expect(minutesBy(await ask(events, { model: 'first-touch' }))).toEqual({ search: 40 });
    expect(minutesBy(await ask(events, { salesTime: 'won-only' }))).toEqual({});
  });
  it('is unattributed for people without an eligible touch, and for anonymous visitors', async () => {
    const parameters = { exclude: { channels: ['call'] } };
    const events = [
      ...person('ada', call(1, 30)),
      ...person('bob', { day: 1, channel: 'search' }, call(2, 7)),
      visit('v', call(3, 5)),
    ];
    const report = await ask(events, { parameters });
    expect(minutesBy(report)).toEqual({ search: 7 });
    expect(report.unattributed.salesMinutes).toBe(35);
  });
  it('covers the period, as the touches of the journey do: none after its end', async () => {
    const events = person('ada', call(1, 1), { day: 2, channel: 'search' }, call(3, 20), { day: 9, channel: 'late' }, call(9, 300)); // prettier-ignore
    const report = await ask(events, { from: at(2), to: at(9), model: 'last-touch' });
    expect(minutesBy(report)).toEqual({ call: 20 });
    const months = await ask([...person('ada', call(1, 4), call(40, 6))], { by: 'month' });
    expect(minutesBy(months)).toEqual({ '2024-01': 4, '2024-02': 6 });
  });
  it('belongs to one person, on whatever lead or visitor it was recorded', async () => {
    const events = [
      ...person('ada', { day: 1, channel: 'search' }, call(2, 10)),
      ...person('eve', { day: 1, channel: 'social' }, call(3, 20)),
      visit('v', call(4, 10)),
      recorded<AnyEvent>({ type: 'VisitorIdentified', data: { visitorId: 'v', leadId: 'eve' } }),
      recorded<AnyEvent>({ type: 'LeadVisitorLinked', data: { visitorId: 'v', leadId: 'eve' } }),
      recorded<AnyEvent>({ type: 'LeadMerged', data: { leadId: 'ada', mergedLeadId: 'eve' } }),
    ];
    expect(minutesBy(await ask(events))).toEqual({ search: 8, social: 8, call: 24 });
  });
  it('counts more contacts than a person’s document keeps', async () => {
    const calls = Array.from({ length: 1_200 }, (_, index) => call(1 + index / 100, 1));
    const report = await ask(person('ada', { day: 0.5, channel: 'search' }, ...calls), { model: 'first-touch' });
    expect(minutesBy(report)).toEqual({ search: 1_200 });
  });
  it('uses the first deal of the person, for models that credit its opening', async () => {
    const touches = [{ day: 1, channel: 'search' }, { day: 5, channel: 'email' }, call(9, 10)];
    const events = [...person('ada', ...touches), ...opened('two', 8, 'ada'), ...opened('one', 6, 'ada')];
    expect(minutesBy(await ask(events, { model: 'opportunity-creation' }))).toEqual({ email: 10 });
  });
  it('is a cost of customers won for the first time, not of deals', async () => {
    const touches = [{ day: 1, channel: 'search' }];
    const events = [
      ...won('a', 10, 'ada', 'Acme', touches),
      ...won('b', 20, 'bob', 'ACME', touches),
      ...won('c', 21, 'cy', 'Other', []),
      ...person('ada', ...touches),
      ...person('eve', { day: 2, channel: 'search' }, call(3, 60)),
    ];
    const rate = { ratePerMinute: { minor: 2, currency: 'EUR' }, model: 'first-touch' };
    const report = await ask(events, rate);
    expect(report.rows).toMatchObject([
      { key: 'search', conversions: 2, newCustomers: 1, cac: [{ currency: 'EUR', numerator: 120, denominator: 1 }] },
    ]);
    expect(report.unattributed).toMatchObject({ conversions: 1, newCustomers: 1 });
    // A customer from before the period is not a new one.
    expect((await ask(events, { ...rate, from: at(15) })).total).toMatchObject({ conversions: 1, newCustomers: 0 });
  });

  const touch = fc.record({
    day: fc.integer({ min: 0, max: 60 }),
    channel: fc.constantFrom('a', 'b', 'direct'),
    team: fc.constantFrom('marketing' as const, 'sales' as const),
    minutes: fc.integer({ min: 0, max: 60 }),
  });
  const world = fc.record({
    people: fc.array(fc.array(touch, { maxLength: 8 }), { maxLength: 6 }),
    visits: fc.array(touch, { maxLength: 3 }),
    merged: fc.boolean(),
    window: fc.constantFrom('none', 'P3D'),
    excluded: fc.subarray(['a', 'b']),
  });
  it('loses no minute in any world: rows and unattributed sum to all', () =>
    fc.assert(
      fc.asyncProperty(
        world,
        fc.constantFrom(...roasDimensions.values),
        fc.constantFrom(...attributionModels.filter(({ additive }) => additive).map(({ code }) => code)),
        async ({ people: all, visits, merged, window, excluded }, by, model) => {
          const report = await ask(
            [
              ...all.flatMap((touches, index) => person(`lead-${index}`, ...touches)),
              ...visits.map((one, index) => visit(`visitor-${index % 2}`, one)),
              recorded<AnyEvent>({ type: 'VisitorIdentified', data: { visitorId: 'visitor-0', leadId: 'lead-0' } }),
              ...(merged
                ? [recorded<AnyEvent>({ type: 'LeadMerged', data: { leadId: 'lead-1', mergedLeadId: 'lead-0' } })]
                : []),
            ],
            { by, model, lookback: window, from: at(10), to: at(50), parameters: { exclude: { channels: excluded } } },
          );
          const worked = [...all.flat(), ...visits].filter(
            ({ day, team }) => team === 'sales' && day >= 10 && day < 50,
          );
          const { rows, total, unattributed } = report;
          const sum = rows.reduce((one, row) => one + row.salesMinutes, 0);
          expect(sum).toBeCloseTo(total.salesMinutes, 9);
          expect(total.salesMinutes + unattributed.salesMinutes).toBe(
            worked.reduce((one, { minutes }) => one + minutes, 0),
          );
        },
      ),
      { numRuns: repetitions(25, 500) },
    ));
});
