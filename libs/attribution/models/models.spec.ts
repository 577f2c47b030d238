import fc from 'fast-check';
import { DAY_MS, fromMs, toMs } from '@baton/kernel';
import { attributionModelCodes } from '@baton/definitions';
import { attributionModels } from './models.rules';
import { dataDrivenModels } from './data-driven.model';
import { creditsOf, milestonesOf, normalised, weightsOf, type ModelParameters } from './credit.model';
import { weighedTouchesOf, type ModelJourney } from './model-journey.rules';

const start = toMs('2024-01-01T00:00:00.000Z');
const day = (days: number) => fromMs(start + days * DAY_MS);
const parameters: ModelParameters = {
  excludedChannels: ['direct', 'direct traffic'],
  weights: { first: 0.4, last: 0.4, mid: 0.2 },
  halfLifeMs: 7 * DAY_MS,
};
const model = (code: string) => attributionModels.find((one) => one.code === code)!;
const touches = (days: readonly number[], channel = 'search') => days.map((one) => ({ occurredAt: day(one), channel }));

const deal: ModelJourney = {
  touches: touches([0, 3, 10, 17, 24, 38, 45, 52]),
  conversionAt: day(52),
  leadCreatedAt: day(3),
  openedAt: day(24),
};
const minors = (code: string, journey = deal, minor = 10_000_00, changed: Partial<ModelParameters> = {}) =>
  creditsOf(model(code), journey, { ...parameters, ...changed }, undefined, { minor }).credits.map(
    (credit) => credit.minor,
  );

describe('a deal of 10 000.00 with eight touches', () => {
  it.each([
    ['first-touch', [1000000, 0, 0, 0, 0, 0, 0, 0]],
    ['last-touch', [0, 0, 0, 0, 0, 0, 0, 1000000]],
    ['linear', Array<number>(8).fill(125000)],
    ['u-shaped', [400000, 400000, 33334, 33334, 33333, 33333, 33333, 33333]],
    ['u-50', [500000, 500000, 0, 0, 0, 0, 0, 0]],
    ['w-shaped', [300000, 300000, 20000, 20000, 300000, 20000, 20000, 20000]],
    ['w-milestones', [300000, 300000, 50000, 50000, 300000, 0, 0, 0]],
    ['full-path', [225000, 225000, 25000, 25000, 225000, 25000, 25000, 225000]],
    ['j-shaped', [200000, 33334, 33334, 33333, 33333, 33333, 33333, 600000]],
    ['inverse-j', [600000, 33334, 33334, 33333, 33333, 33333, 33333, 200000]],
    ['lead-creation', [0, 1000000, 0, 0, 0, 0, 0, 0]],
    ['opportunity-creation', [0, 0, 0, 0, 1000000, 0, 0, 0]],
    ['position-based', [400000, 33334, 33334, 33333, 33333, 33333, 33333, 400000]],
    ['time-decay', [3099, 4171, 8342, 16685, 33369, 133476, 266953, 533905]],
    // whole weeks before the close: 7, 7, 6, 5, 4, 2, 1, 0
    ['step-decay', [4167, 4167, 8333, 16667, 33333, 133333, 266667, 533333]],
    ['participation', Array<number>(8).fill(1000000)],
  ])('is split by %s', (code, expected) => expect(minors(code)).toEqual(expected));

  it('is split by the stages of the definition, including custom ones', () => {
    const journey = {
      ...deal,
      touches: deal.touches.map((touch, index) => ({
        ...touch,
        action: index === 3 || index === 5 ? 'Demo' : 'visit',
      })),
    };
    const stages = [
      { stage: 'first-touch', share: 0.25 },
      { stage: 'opportunity-creation', share: 0.25 },
      { stage: 'demo', share: 0.4, action: 'demo' },
    ];
    const given = { stages, mid: 0.1 };
    expect(minors('custom', journey, 10_000_00, given)).toEqual([
      250000, 20000, 20000, 400000, 250000, 20000, 20000, 20000,
    ]);
    const without = creditsOf(model('custom'), deal, { ...parameters, ...given }, undefined, { minor: 6 });
    expect(without.missing).toEqual(['demo']);
    expect(without.credits.map(({ minor }) => minor)).toEqual([3, 0, 0, 0, 3, 0, 0, 0]);
  });
  it('counts a touch recorded twice once in participation', () => {
    const twice = { ...deal, touches: deal.touches.map((touch, index) => ({ ...touch, touchId: `t${index % 4}` })) };
    expect(minors('participation', twice)).toEqual([1000000, 1000000, 1000000, 1000000, 0, 0, 0, 0]);
  });
});

describe('three kinds of journeys', () => {
  const paths: [string[], number][] = [
    [['direct'], 2],
    [['search', 'email'], 3],
    [['search', 'social', 'email'], 5],
  ];
  const byChannel = (code: string) => {
    const sums: Record<string, number> = {};
    for (const [channels, conversions] of paths) {
      const path = channels.map((channel, index) => ({ channel, occurredAt: day(index) }));
      const { credits } = creditsOf(model(code), { touches: path, conversionAt: day(9) }, parameters, undefined);
      credits.forEach(({ weight }, index) => {
        sums[channels[index]!] = (sums[channels[index]!] ?? 0) + weight * conversions;
      });
    }
    return sums;
  };
  it.each([
    ['first-touch', { direct: 2, search: 8, email: 0, social: 0 }],
    ['last-touch', { direct: 2, search: 0, email: 8, social: 0 }],
    ['last-non-direct', { direct: 2, search: 0, email: 8, social: 0 }],
    ['linear', { direct: 2, search: 19 / 6, email: 19 / 6, social: 5 / 3 }],
    ['position-based', { direct: 2, search: 3.5, email: 3.5, social: 1 }],
  ])('are credited by %s', (code, expected) => {
    const found = byChannel(code);
    for (const [channel, credit] of Object.entries(expected)) expect(found[channel]).toBeCloseTo(credit, 12);
  });
});

describe('the edges', () => {
  const weights = (code: string, journey: ModelJourney, changed: Partial<ModelParameters> = {}) =>
    normalised(weightsOf(model(code), weighedTouchesOf(journey), { ...parameters, ...changed }));
  const near = (found: readonly number[], expected: readonly number[]) => {
    expect(found).toHaveLength(expected.length);
    expected.forEach((one, index) => expect(found[index]).toBeCloseTo(one, 12));
  };
  const two: ModelJourney = { touches: touches([0, 1]), conversionAt: day(2) };

  it('decays by half every seven days', () =>
    near(weights('time-decay', { touches: touches([0, 7, 14, 21]), conversionAt: day(28) }), [
      1 / 15,
      2 / 15,
      4 / 15,
      8 / 15,
    ]));
  it('decays touches of many years ago without underflow', () =>
    near(weights('time-decay', { touches: touches([0, 7]), conversionAt: day(40_000) }), [1 / 3, 2 / 3]));
  it('renormalises the shares of two touches', () => {
    near(weights('position-based', two), [0.5, 0.5]);
    near(weights('position-based', two, { weights: { first: 0.2, last: 0.6, mid: 0.2 } }), [0.25, 0.75]);
    near(weights('position-based', two, { weights: { first: 0.3, last: 0.7, mid: 0 } }), [0.3, 0.7]);
  });
  it('splits equally if the definition gives the ends nothing and there is no touch between', () =>
    near(weights('position-based', two, { weights: { first: 0, last: 0, mid: 1 } }), [0.5, 0.5]));
  it('adds the shares of a touch with several milestones', () => {
    const both = { ...deal, leadCreatedAt: day(1), openedAt: day(2) };
    near(weights('w-shaped', both), [0.9, ...Array<number>(7).fill(0.1 / 7)]);
  });
  it('renormalises a missing milestone and names it', () => {
    const unknown: ModelJourney = { touches: touches([0, 1, 2]), conversionAt: day(2) };
    near(weights('u-shaped', unknown), [0.4 / 0.6, 0.1 / 0.6, 0.1 / 0.6]);
    expect(creditsOf(model('u-shaped'), unknown, parameters, undefined)).toMatchObject({
      missing: ['LC'],
      credits: [{ share: 0.4, milestones: ['FT'] }, { share: 0.1 }, { share: 0.1, milestones: ['CW'] }],
    });
  });
  it('gives the cent to the earlier of equal remainders, also between unequal shares', () => {
    const four = { touches: touches([0, 1, 2, 3]), conversionAt: day(3), leadCreatedAt: day(2), openedAt: day(3) };
    expect(minors('w-shaped', four, 15)).toEqual([5, 2, 4, 4]); // 4.5, 1.5, 4.5, 4.5
    expect(minors('w-shaped', four, 25)).toEqual([8, 3, 7, 7]); // 7.5, 2.5, 7.5, 7.5
  });
  it('puts a milestone on the last touch at or before it', () =>
    expect([...milestonesOf(weighedTouchesOf({ ...deal, leadCreatedAt: day(9.9), openedAt: day(10) }))]).toEqual([
      ['FT', 0],
      ['LC', 1],
      ['OC', 2],
      ['CW', 7],
    ]));
  it('skips excluded channels, ignoring case, unless there is no other', () => {
    const search = touches([0]);
    const direct = touches([1, 2], 'Direct Traffic');
    near(weights('last-non-direct', { touches: [...search, ...direct], conversionAt: day(3) }), [1, 0, 0]);
    near(weights('last-non-direct', { touches: direct, conversionAt: day(3) }), [0, 1]);
  });
  it('includes both ends of the window and nothing beyond', () => {
    const journey = { touches: touches([-0.001, 0, 5, 10, 10.001]), conversionAt: day(10) };
    const { credits } = creditsOf(model('linear'), journey, parameters, 10 * DAY_MS, { minor: 100 });
    expect(credits.map(({ excluded, minor }) => excluded ?? minor)).toEqual([
      'before-window',
      34,
      33,
      33,
      'after-conversion',
    ]);
  });
  it('gives the mid share to the milestones if there is no touch between them', () => {
    near(weights('w-milestones', { ...deal, leadCreatedAt: day(2), openedAt: day(3) }), [
      0.6 / 0.9,
      0.3 / 0.9,
      ...Array<number>(6).fill(0),
    ]);
    near(weights('j-shaped', two), [0.25, 0.75]);
    near(weights('inverse-j', two), [0.75, 0.25]);
  });
  it('splits equally if the only milestone of a model is missing, and names it', () => {
    const unknown: ModelJourney = { touches: touches([0, 1]), conversionAt: day(2), openedAt: day(-1) };
    for (const [code, missing] of [
      ['lead-creation', 'LC'],
      ['opportunity-creation', 'OC'],
    ] as const)
      expect(creditsOf(model(code), unknown, parameters, undefined)).toMatchObject({
        missing: [missing],
        credits: [{ weight: 0.5 }, { weight: 0.5 }],
      });
  });
  it.each(attributionModels.map(({ code }) => code))('one touch gets all under %s', (code) =>
    expect(minors(code, { touches: touches([7]), conversionAt: day(9), leadCreatedAt: day(8) }, 77)).toEqual([77]),
  );
  it('reports that no touch is eligible', () =>
    expect(creditsOf(model('linear'), { touches: [], conversionAt: day(0) }, parameters, undefined)).toEqual({
      credits: [],
      unattributed: true,
      missing: [],
    }));
});

const stages = [
  { stage: 'lead-creation', share: 0.4 },
  { stage: 'search', share: 0.3, channel: 'search' },
];
/** The same elements in an order that depends on the seed. */
const shuffled = <T>(all: readonly T[], seed: number): T[] => {
  const left = [...all];
  let state = seed >>> 0;
  return all.map(() => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return left.splice(state % left.length, 1)[0]!;
  });
};

describe('the list of models', () => {
  it('matches the codes of the definitions, without duplicates', () => {
    const codes = [...attributionModels, ...dataDrivenModels].map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect([...attributionModelCodes].sort()).toEqual([...codes].sort());
  });
});

describe.each(attributionModels.flatMap((one) => (one.additive ? [[one.code, one] as const] : [])))('%s', (_, one) => {
  const journeys = fc.record({
    touches: fc.array(
      fc.record({
        at: fc.double({ min: -400, max: 20, noNaN: true }),
        channel: fc.constantFrom('direct', 'search', ''),
      }),
      { maxLength: 30 },
    ),
    lead: fc.option(fc.double({ min: -400, max: 20, noNaN: true }), { nil: undefined }),
    opened: fc.option(fc.double({ min: -400, max: 20, noNaN: true }), { nil: undefined }),
    lookback: fc.option(fc.integer({ min: 0, max: 400 }), { nil: undefined }),
    minor: fc.oneof(fc.integer({ min: 1, max: 1_000_000_000_000 }), fc.integer({ min: -1_000_000_000, max: 100 })),
    seed: fc.integer(),
    weights: fc.record({
      first: fc.double({ min: 0, max: 1, noNaN: true }),
      last: fc.double({ min: 0, max: 1, noNaN: true }),
      mid: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  });
  it('credits a conversion and its amount exactly, or reports it as unattributed', () =>
    fc.assert(
      fc.property(journeys, ({ touches: drawn, lead, opened, lookback, minor, seed, weights }) => {
        const journey: ModelJourney = {
          touches: drawn
            .map(({ at, channel }, index) => ({ occurredAt: day(at), channel, order: String(index).padStart(3, '0') }))
            .sort((a, b) => (a.occurredAt < b.occurredAt ? -1 : a.occurredAt > b.occurredAt ? 1 : 0)),
          conversionAt: day(0),
          ...(lead !== undefined && { leadCreatedAt: day(lead) }),
          ...(opened !== undefined && { openedAt: day(opened) }),
        };
        const more = { weights, stages, mid: 0.3 };
        const window = lookback === undefined ? undefined : lookback * DAY_MS;
        const { credits, unattributed } = creditsOf(one, journey, { ...parameters, ...more }, window, { minor });
        const sums = credits.reduce(
          (sum, credit) => ({ weight: sum.weight + credit.weight, minor: sum.minor + credit.minor! }),
          { weight: 0, minor: 0 },
        );
        expect(unattributed).toBe(credits.every(({ excluded }) => excluded));
        if (unattributed) return expect(sums).toEqual({ weight: 0, minor: 0 });
        expect(sums.minor).toBe(minor);
        expect(Math.abs(sums.weight - 1)).toBeLessThan(1e-9);
        for (const credit of credits) {
          expect(credit.weight).toBeGreaterThanOrEqual(0);
          expect(credit.minor! * Math.sign(minor)).toBeGreaterThanOrEqual(0);
        }
        const given = shuffled(journey.touches, seed);
        const again = creditsOf(one, { ...journey, touches: given }, { ...parameters, ...more }, window, { minor });
        expect(new Map(given.map((touch, index) => [touch, again.credits[index]]))).toEqual(
          new Map(journey.touches.map((touch, index) => [touch, credits[index]])),
        );
      }),
    ));
});

describe('the touch at the creation of a lead', () => {
  const touches = [
    { touchId: 'before', occurredAt: '2024-01-01T00:00:00.000Z', channel: 'ad' },
    { touchId: 'own', occurredAt: '2024-01-02T00:00:40.000Z', channel: 'form', atCapture: true },
    { touchId: 'of a later capture', occurredAt: '2024-01-05T00:00:00.000Z', channel: 'fair', atCapture: true },
  ];
  const holderOf = (leadCreatedAt: string) =>
    touches[
      milestonesOf(weighedTouchesOf({ touches, leadCreatedAt, conversionAt: '2024-02-01T00:00:00.000Z' })).get('LC') ??
        -1
    ]?.touchId;
  it('is the one recorded by the capture, though it is dated a moment later', () => {
    expect(holderOf('2024-01-02T00:00:00.000Z')).toBe('own');
    expect(holderOf('2024-01-01T23:00:00.000Z')).toBe('before'); // another lead of the deal was created earlier
  });
});
