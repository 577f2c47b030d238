import fc from 'fast-check';
import { NoDefinitions, type Instant, type Money } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { definitions } from '@baton/definitions';
import { modelsOf } from '../../../../test/support/read-models';
import { attributionModels } from '../../models/models.rules';
import type { JourneyEvent } from '../../write/journey/journey.events';
import { attribution } from '../attribution/attribution.query';
import { journeys } from '../journeys/journeys.projection';
import { credit, explainJourney, type ExplainedDeal } from './credit.query';
import { methodOf } from './method.query';

const start = Date.UTC(2024, 0, 1);
const at = (day: number): Instant => new Date(start + Math.round(day * 86_400_000)).toISOString();
const eur = (minor: number): Money => ({ minor, currency: 'EUR' });

interface Deal {
  readonly id?: string;
  readonly closed: number;
  readonly touches: readonly { day: number; channel?: string; leadId?: string }[];
  readonly amount?: Money;
  readonly lead?: number;
  readonly opened?: number;
  readonly leadIds?: readonly string[];
  readonly outcome?: 'won' | 'lost';
  /** What it was worth later. */
  readonly changes?: readonly (readonly [day: number, amount: Money])[];
}
const data = ({
  id = 'deal',
  closed,
  touches,
  amount = eur(1000),
  lead,
  opened = 0,
  leadIds,
  outcome,
  changes = [],
}: Deal) => ({
  journeyId: id,
  outcome: outcome ?? ('won' as const),
  closedAt: at(closed),
  openedAt: at(opened),
  ...(lead !== undefined && { leadCreatedAt: at(lead) }),
  leadIds: [...(leadIds ?? ['ada'])],
  amounts: [{ at: at(closed), amount }, ...changes.map(([day, changed]) => ({ at: at(day), amount: changed }))],
  touches: touches.map(({ day, channel = 'search', leadId = 'ada' }, place) => ({
    touchId: `${id}-${place}`,
    occurredAt: at(day),
    leadId,
    channel,
    action: 'visit',
    team: 'marketing' as const,
  })),
});
const closed = (deal: Deal): JourneyEvent => ({ type: 'JourneyClosed', data: data(deal) });
const restated = (deal: Deal, reason: string): JourneyEvent => {
  const { touches: _, ...facts } = data(deal);
  return { type: 'JourneyRestated', data: { ...facts, reasons: [reason], added: [], changed: [], removed: [] } };
};
const holding = (...events: readonly (readonly [JourneyEvent, number])[]) =>
  modelsOf(
    [journeys],
    events.map(([event, day]) => recorded(event, { occurredAt: at(day) })),
  );
const builtIn = async () => methodOf(new NoDefinitions(), await modelsOf([definitions], []), at(0));

/**
 * Computes the credits of an explanation again, from what it says alone: shares, divisor, amount. Its own largest
 * remainder, in decimal fractions of nine places.
 */
const recomputed = ({ credits, divisor, additive, journey }: ExplainedDeal) => {
  const amount = journey.amountMinor!;
  const weighed = credits.flatMap(({ excluded }, place) => (excluded ? [] : [place]));
  const partOf = (place: number) => {
    const { share } = credits[place]!;
    if (!additive) return share!;
    return divisor === null ? 1 / weighed.length : share! / divisor;
  };
  const minors = credits.map(() => 0);
  let given = 0;
  const waiting = weighed.map((place) => {
    const exact = amount * partOf(place);
    const below = Math.floor(exact + 1e-7);
    minors[place] = below;
    given += below;
    return { place, remainder: Math.round((exact - below) * 1e7) };
  });
  if (additive) {
    waiting.sort((one, other) => other.remainder - one.remainder || one.place - other.place);
    for (const { place } of waiting.slice(0, amount - given)) minors[place]! += 1;
  }
  return credits.map((_, place) => ({ weight: weighed.includes(place) ? partOf(place) : 0, minor: minors[place]! }));
};

describe('an explanation', () => {
  const deals = fc.record({
    closed: fc.integer({ min: 50, max: 200 }),
    touches: fc
      .array(
        fc.record({ day: fc.integer({ min: 0, max: 210 }), channel: fc.constantFrom('direct', 'search', 'email') }),
        {
          maxLength: 12,
        },
      )
      .map((all) => all.sort((a, b) => a.day - b.day)),
    amount: fc.integer({ min: 0, max: 1e6 }).map(eur),
    lead: fc.option(fc.integer({ min: 0, max: 200 }), { nil: undefined }),
    opened: fc.integer({ min: 0, max: 200 }),
  });
  it.each(attributionModels.map(({ code }) => code))('of %s recomputes to its credits', (model) =>
    fc.assert(
      fc.asyncProperty(deals, async (deal) => {
        const models = await holding([closed(deal as Deal), deal.closed]);
        const parameters = {
          stages: [
            { stage: 'first-touch', share: 0.5 },
            { stage: 'email', share: 0.3, channel: 'email' },
          ],
          mid: 0.2,
        };
        const explained = await credit(models, 'deal', { ...(await builtIn()), model, parameters, lookback: 'P90D' });
        const again = recomputed(explained);
        // With what the look-back left out the answer without one is whole.
        const left = explained.credits.filter(({ excluded }) => excluded === 'before-window').length;
        expect(explained.outsideWindow!.touches).toBe(left);
        const window = 90 * 86_400_000;
        explained.credits.forEach((one, place) => {
          const age = (deal.closed - deal.touches[place]!.day) * 86_400_000;
          expect(one.excluded).toBe(age < 0 ? 'after-conversion' : age > window ? 'before-window' : undefined);
          expect(one.revenue).toEqual(eur(again[place]!.minor));
          expect(one.weight).toBeCloseTo(again[place]!.weight, 9);
          expect(Number(one.exact) + Number(one.rounding)).toBeCloseTo(one.revenue!.minor, 5);
          expect(Number(one.exact)).toBeCloseTo(again[place]!.weight * deal.amount.minor, 3);
          expect(one.bookings.reduce((sum, { revenue }) => sum + revenue.minor, 0)).toBe(one.revenue!.minor);
        });
      }),
      { numRuns: 40 },
    ),
  );

  it('names the touch, its roles, the weights before and after, and what was missing', async () => {
    const deal = { closed: 10, touches: [{ day: 1 }, { day: 2 }, { day: 3, channel: 'email' }], opened: 2 };
    const models = await holding([closed({ ...deal, amount: eur(100) }), 10]);
    const explained = await credit(models, 'deal', { ...(await builtIn()), model: 'w-shaped' });
    expect(explained).toMatchObject({ model: 'w-shaped', missing: ['LC'], unattributed: false, additive: true });
    expect(explained.divisor).toBeCloseTo(0.7, 12);
    expect(explained.credits).toMatchObject([
      { touchId: 'deal-0', share: 0.3, milestones: ['FT'], revenue: eur(43), exact: '42.857143', rounding: '0.142857' },
      { touchId: 'deal-1', share: 0.3, milestones: ['OC'], revenue: eur(43) },
      { touchId: 'deal-2', share: 0.1, milestones: ['CW'], revenue: eur(14), touch: { channel: 'email' } },
    ]);
    const one = await credit(models, 'deal', { ...(await builtIn()), model: 'w-shaped', touchId: 'deal-2' });
    expect(one.credits).toEqual([explained.credits[2]]);
    const unknown = credit(models, 'deal', { ...(await builtIn()), touchId: 'x' });
    await expect(unknown).rejects.toMatchObject({ code: 'journey/unknown-touch' });
  });
  it('is none while the deal is open again', async () => {
    const reopened: JourneyEvent = { type: 'JourneyReopened', data: { journeyId: 'deal' } };
    const models = await holding([closed({ closed: 1, touches: [{ day: 0 }] }), 1], [reopened, 2]);
    await expect(credit(models, 'deal', await builtIn())).rejects.toMatchObject({ code: 'journey/reopened' });
  });
});

describe('an amount that changes after the win', () => {
  const deal: Deal = { closed: 10, touches: [{ day: 1 }, { day: 2 }, { day: 3 }], amount: eur(1000) };
  it('is a reversing credit by the same weights, and the sum is the new amount exactly', async () => {
    const models = await holding(
      [closed(deal), 10],
      [restated({ ...deal, changes: [[20, eur(700)]] }, 'amount'), 20],
      [
        restated(
          {
            ...deal,
            changes: [
              [20, eur(700)],
              [30, eur(0)],
            ],
          },
          'amount',
        ),
        30,
      ],
    );
    const { credits } = await credit(models, 'deal', await builtIn());
    const booked = credits.map(({ bookings }) => bookings.map(({ revenue }) => revenue.minor));
    expect(booked).toEqual([
      [334, -100, -234],
      [333, -100, -233],
      [333, -100, -233],
    ]);
    expect(credits[0]!.bookings.map(({ at: when, reason }) => [when, reason])).toEqual([
      [at(10), 'close'],
      [at(20), 'amount-changed'],
      [at(30), 'amount-changed'],
    ]);
    expect(credits.map(({ revenue }) => revenue)).toEqual([eur(0), eur(0), eur(0)]);
  });
  it('in another currency takes all back and gives anew', async () => {
    const usd = { minor: 30, currency: 'USD' };
    const models = await holding([closed(deal), 10], [restated({ ...deal, changes: [[20, usd]] }, 'amount'), 20]);
    const { credits } = await credit(models, 'deal', { ...(await builtIn()), model: 'last-touch' });
    expect(credits[2]!.bookings.map(({ revenue }) => revenue)).toEqual([
      eur(1000),
      eur(-1000),
      { minor: 30, currency: 'USD' },
    ]);
  });
  it('keeps every credit at or above zero and every sum exact, whatever the changes', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 5 }),
        fc.constantFrom('u-shaped', 'time-decay', 'linear', 'full-path'),
        async ([first, ...later], model) => {
          const models = await holding(
            [closed({ ...deal, amount: eur(first!) }), 10],
            ...later.map((_, n) => {
              const changes = later.slice(0, n + 1).map((minor, index) => [11 + index, eur(minor)] as const);
              return [restated({ ...deal, amount: eur(first!), changes }, 'amount'), 11 + n] as const;
            }),
          );
          const { credits } = await credit(models, 'deal', { ...(await builtIn()), model });
          [first!, ...later].forEach((minor, n) => {
            const until = at(10 + n);
            const held = credits.map(({ bookings }) =>
              bookings.reduce((sum, { revenue, at: when }) => sum + (when <= until ? revenue.minor : 0), 0),
            );
            expect(held.reduce((sum, one) => sum + one, 0)).toBe(minor);
            for (const one of held) expect(one).toBeGreaterThanOrEqual(0);
          });
        },
      ),
      { numRuns: 60 },
    ));
});

describe('a journey after an earlier conversion of the person', () => {
  const [ada, bob] = ['ada', 'bob'];
  const first: Deal = { id: 'first', closed: 10, touches: [{ day: 1 }, { day: 10 }], amount: eur(100) };
  const second: Deal = {
    id: 'second',
    closed: 30,
    leadIds: [ada, bob],
    touches: [{ day: 1 }, { day: 5, leadId: bob, channel: 'email' }, { day: 10 }, { day: 20 }],
    amount: eur(900),
  };
  const ask = async (afterConversion: 'restart' | 'continue', ...deals: readonly Deal[]) => {
    const models = await holding(...deals.map((deal) => [closed(deal), deal.closed] as const));
    const method = { ...(await builtIn()), parameters: { afterConversion } };
    const [explained] = (await explainJourney(models, 'second', { ...method, models: ['linear'] })).models;
    const report = await attribution(models, { ...method, by: 'channel', model: 'linear' });
    return {
      excluded: explained!.credits.map(({ excluded }) => excluded ?? '-'),
      rows: report.rows.map(({ key, revenue }) => [key, revenue[0]!.minor]),
    };
  };
  const earlier = 'before-earlier-conversion';
  it('goes on, or restarts for that person, as the definition says', async () => {
    expect(await ask('continue', first, second)).toEqual({
      excluded: ['-', '-', '-', '-'],
      rows: [
        ['email', 225],
        ['search', 775],
      ],
    });
    expect(await ask('restart', first, second)).toEqual({
      excluded: [earlier, '-', earlier, '-'],
      rows: [
        ['email', 450],
        ['search', 550],
      ],
    });
  });
  it('goes on after a deal that was lost, or closed later', async () => {
    expect((await ask('restart', { ...first, outcome: 'lost' }, second)).excluded).toEqual(['-', '-', '-', '-']);
    expect((await ask('restart', { ...first, closed: 30 }, second)).excluded).toEqual(['-', '-', '-', '-']);
  });
});

describe('the definitions of a question', () => {
  const proposed = (definitionId: string, number: number, body: object) =>
    recorded({
      type: 'DefinitionProposed',
      data: { definitionId, number, body, reason: 'x', reviewBy: '2024-06-01' },
    });
  const models = () =>
    modelsOf(
      [definitions, journeys],
      [
        proposed('attribution', 1, { model: 'first-touch', lookback: 'P5D' }),
        proposed('attribution', 2, { model: 'last-touch', lookback: 'none', exclude: { channels: ['EMAIL'] } }),
        proposed('channel-rules', 1, { rules: [], otherwise: 'anything' }),
        recorded(closed({ closed: 10, touches: [{ day: 1 }, { day: 6 }, { day: 7, channel: 'email' }] })),
      ],
    );
  const ask = async (versions: object) => {
    const known = await models();
    const method = await methodOf(new NoDefinitions(), known, at(0), versions);
    return attribution(known, { ...method, by: 'channel' });
  };
  it('are any version that it names, and the answer says which decided', async () => {
    expect(await ask({ definition: 'attribution@1' })).toMatchObject({
      model: 'first-touch',
      lookback: 'P5D',
      definitions: { attribution: 'attribution@1', channelRules: 'channel-rules@0' },
      rows: [{ key: 'search', conversions: 1 }],
    });
    expect(await ask({ definition: 'attribution@2' })).toMatchObject({ rows: [{ key: 'search' }] });
    expect(await ask({ definition: 'attribution@0', channelRules: 'channel-rules@1' })).toMatchObject({
      model: 'linear',
      definitions: { attribution: 'attribution@0', channelRules: 'channel-rules@1' },
      rows: [{ key: 'anything', conversions: 1 }],
    });
  });
  it('are refused when there is no such version', async () => {
    await expect(ask({ definition: 'attribution@3' })).rejects.toMatchObject({ code: 'definition/unknown-version' });
    for (const definition of ['3', 'channel-rules@1', 'attribution@x'])
      await expect(ask({ definition })).rejects.toMatchObject({
        code: 'attribution/not-a-version',
        path: 'definition',
      });
  });
  it('give way to the parameters of the question, which are checked as a definition is', async () => {
    const known = await models();
    const asked = async (parameters: object) =>
      attribution(known, { ...(await methodOf(new NoDefinitions(), known, at(0))), by: 'channel', parameters });
    expect((await asked({ include: { channels: ['email'] } })).rows).toMatchObject([{ key: 'email', conversions: 1 }]);
    await expect(asked({ weights: { first: 1, last: 1, mid: 1 } })).rejects.toMatchObject({
      code: 'attribution/invalid-parameter',
      path: 'parameters.weights',
    });
    await expect(asked({ transforms: [{ kind: 'mix' }] })).rejects.toMatchObject({
      path: 'parameters.transforms.0.kind',
    });
  });
});
