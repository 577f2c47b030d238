import { NoDefinitions, type AnyEvent, type Instant, type Money } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { deals, touches } from '@baton/opportunities';
import { modelsOf } from '../../../../test/support/read-models';
import { methodAt } from '../attribution/attribution.query';
import { people, visitors, visits } from '../conversions/people.projection';
import { journeys } from '../journeys/journeys.projection';
import { paths } from './paths.query';

const at = (day: number): Instant => new Date(Date.UTC(2024, 0, 1) + day * 86_400_000).toISOString();
const eur = (minor: number): Money => ({ minor, currency: 'EUR' });
const eurs = (minor: number) => [eur(minor)];
let deal = 0;
/** A deal closed on day 100 whose touches are `day:channel`. */
const closed = (outcome: 'won' | 'lost', amount: Money, ...touches: readonly string[]) =>
  recorded<AnyEvent>({
    type: 'JourneyClosed',
    data: {
      journeyId: `deal-${deal++}`,
      outcome,
      closedAt: at(100),
      openedAt: at(0),
      leadIds: ['ada'],
      amounts: [{ at: at(100), amount }],
      touches: touches.map((touch, place) => ({
        touchId: `${place}`,
        occurredAt: at(Number(touch.split(':')[0])),
        leadId: 'ada',
        action: 'any',
        team: 'marketing',
        channel: touch.split(':')[1]!,
      })),
    },
  });
const ask = async (events: Parameters<typeof modelsOf>[1], question: Partial<Parameters<typeof paths>[1]> = {}) =>
  paths(await modelsOf([journeys, deals, people, visitors, visits, touches], events), {
    ...(await methodAt(new NoDefinitions(), at(0))),
    ...question,
  });
const year = [
  closed('won', eur(100), '90:search', '95:email'),
  closed('won', eur(20), '99.5:search', '100:email'),
  closed('lost', eur(7), '90:search', '92:email'),
  closed('won', eur(3), '1:search', '98:email', '99:email'),
  closed('lost', eur(9), '40:social'),
  closed('won', eur(5)),
];

describe('paths to conversions', () => {
  it('are counted with their failures and revenue, most frequent first', async () =>
    expect(await ask(year, { lookback: 'P90D' })).toEqual({
      conversion: 'won',
      lookback: 'P90D',
      definitions: { attribution: 'attribution@0', channelRules: 'channel-rules@0' },
      paths: [
        { channels: ['search', 'email'], conversions: 2, nonConversions: 1, revenue: eurs(120) },
        { channels: ['email', 'email'], conversions: 1, nonConversions: 0, revenue: eurs(3) },
        { channels: [], conversions: 1, nonConversions: 0, revenue: eurs(5) },
        { channels: ['social'], conversions: 0, nonConversions: 1, revenue: eurs(0) },
      ],
      others: { paths: 0, conversions: 0, nonConversions: 0, revenue: eurs(0) },
      total: { conversions: 4, nonConversions: 2, revenue: eurs(128) },
      lengths: [
        { steps: 0, conversions: 1, nonConversions: 0, revenue: eurs(5) },
        { steps: 1, conversions: 0, nonConversions: 1, revenue: eurs(0) },
        { steps: 2, conversions: 3, nonConversions: 1, revenue: eurs(123) },
      ],
      lags: [
        { days: 0, conversions: 1, nonConversions: 0, revenue: eurs(20) },
        { days: 2, conversions: 1, nonConversions: 0, revenue: eurs(3) },
        { days: 10, conversions: 1, nonConversions: 1, revenue: eurs(100) },
        { days: 60, conversions: 0, nonConversions: 1, revenue: eurs(0) },
      ],
      outsideWindow: { touches: 1, conversions: 0.333333333333334, revenue: eurs(1) },
    }));
  it('beyond the limit are summed', async () => {
    const { paths: named, others, total } = await ask(year, { top: 1 });
    expect(named).toHaveLength(1);
    expect(others).toEqual({ paths: 3, conversions: 2, nonConversions: 1, revenue: eurs(8) });
    expect(named[0]!.conversions + others.conversions).toBe(total.conversions);
    await expect(ask(year, { top: 0 })).rejects.toMatchObject({ code: 'attribution/top-out-of-range' });
  });
  it('count repeats once on request, and another window', async () => {
    const { paths: named, lengths } = await ask(year, { collapse: true, lookback: 'none' });
    expect(named[0]).toMatchObject({ channels: ['search', 'email'], conversions: 3 });
    expect(lengths.map(({ steps }) => steps)).toEqual([0, 1, 2]);
  });
  it('report several currencies, each with its total', async () => {
    const both = [...year, closed('won', { minor: 1, currency: 'USD' })];
    const { total, paths: rows, lags, others } = await ask(both);
    const usd = (minor: number) => ({ minor, currency: 'USD' });
    expect(total).toMatchObject({ conversions: 5, revenue: [eur(128), usd(1)] });
    expect(rows.find(({ channels }) => channels.length === 0)).toMatchObject({ revenue: [eur(5), usd(1)] });
    for (const { revenue } of [...lags, others]) expect(revenue[1]).toEqual(usd(0));
    expect((await ask(both, { currency: 'USD' })).total).toMatchObject({ conversions: 1, nonConversions: 0 });
  });
  it('lead to any conversion; failures that are not recorded are null', async () => {
    const events = [
      recorded<AnyEvent>({ type: 'LeadCaptured', data: { leadId: 'ada' } }, { occurredAt: at(3) }),
      recorded<AnyEvent>(
        { type: 'TouchRecorded', data: { leadId: 'ada', action: 'any', team: 'marketing', channel: 'search' } },
        { occurredAt: at(1) },
      ),
    ];
    expect(await ask([...year, ...events], { conversion: 'lead-created' })).toMatchObject({
      conversion: 'lead-created',
      paths: [{ channels: ['search'], conversions: 1, nonConversions: null, revenue: [] }],
      lags: [{ days: 2, conversions: 1 }],
    });
  });
  it('ignore the spelling of a channel, and show the spelling that sorts first', async () => {
    const [one, other] = [
      closed('won', eur(1), '1:email', '2:Fair'),
      closed('won', eur(2), '1:Email ', '2:email', '3:fair'),
    ];
    for (const events of [
      [one, other],
      [other, one],
    ])
      expect((await ask(events, { collapse: true, lookback: 'none' })).paths).toMatchObject([
        { channels: ['email', 'Fair'], conversions: 2, revenue: [eur(3)] },
      ]);
  });
});
