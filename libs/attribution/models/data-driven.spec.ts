import fc from 'fast-check';
import { DecimalSum } from '@baton/kernel';
import { interval95, resampler, seededRandom } from './data-driven-sampling.rules';
import { dataDrivenModel, dataDrivenModels, dataDrivenReport, MIN_JOURNEYS } from './data-driven.model';
import { creditPaths, pathModels } from './path-table.model';
import { PathTable, type PathTableOptions } from './path-table.rules';
import { shapleyValue } from './shapley.model';

type Row = readonly [path: string, conversions: number, nulls?: number, value?: number];
const tableOf = (rows: readonly Row[], switches: PathTableOptions = {}): PathTable => {
  const table = new PathTable(switches);
  for (const [path, conversions, nulls = 0, value = 0] of rows)
    table.add(path.split('>'), { conversions, nulls, value });
  return table;
};
const ask = (code: string, rows: readonly Row[], options = {}) =>
  dataDrivenReport(dataDrivenModel(code)!, tableOf(rows), options);
const credits = (rows: readonly { key: string; conversions: number }[]) =>
  Object.fromEntries(rows.map(({ key, conversions }) => [key, conversions]));

describe('the Shapley value', () => {
  it('of a game of three players', () => {
    // O = 1, F = 2, D = 4
    const values = [0, 7, 6, 15, 4, 7, 9, 19];
    const [o, f, d] = shapleyValue(3, values);
    expect(o).toBeCloseTo(23 / 3, 12);
    expect(f).toBeCloseTo(49 / 6, 12);
    expect(d).toBeCloseTo(19 / 6, 12);
  });
  const rows: Row[] = [
    ['a', 4, 0, 40],
    ['a>b', 6, 2, 12],
  ];
  it.each(['shapley', 'shapley-simplified'])('of journeys, by %s', (code) => {
    const report = ask(code, rows);
    expect(credits(report.rows)).toEqual({ a: 7, b: 3 });
    expect(report.rows.map(({ value }) => value)).toEqual([46, 6]);
  });
  it('at each position of the journey', () =>
    expect(
      ask('shapley-ordered', [
        ['a>b>a', 4],
        ['b>a', 2],
      ]).rows.map(({ key, position, conversions }) => [key, position, conversions]),
    ).toEqual([
      ['a', 1, 1],
      ['a', 2, 1],
      ['a', 3, 1],
      ['b', 1, 1],
      ['b', 2, 2],
    ]));
  const many = (seed: number): Row[] => {
    const random = seededRandom(seed);
    return Array.from({ length: 120 }, () => {
      const path = Array.from({ length: 1 + Math.floor(random() * 5) }, () => `c${Math.floor(random() * 20)}`);
      return [path.join('>'), 1 + Math.floor(random() * 9), 0, 100];
    });
  };
  it('of 20 channels is estimated within the stated error, and sums exactly', () => {
    const rows = many(3);
    const exact = credits(ask('shapley-simplified', rows).rows);
    const report = ask('shapley', rows, { seed: 7 });
    const total = rows.reduce((sum, [, conversions]) => sum + conversions, 0);
    expect(report.warnings[0]).toMatch(/^estimated from \d+ random orders, seed 7/);
    for (const { key, conversions, standardError } of report.rows) {
      expect(standardError).toBeGreaterThan(0);
      expect(standardError).toBeLessThanOrEqual(0.001 * total);
      expect(Math.abs(conversions - exact[key]!)).toBeLessThan(5 * standardError!);
    }
    expect(report.rows.reduce((sum, { conversions }) => sum + conversions, 0)).toBeCloseTo(total, 6);
    const shuffled = [...rows].reverse();
    ask('shapley', shuffled, { seed: 7 }).rows.forEach((row, at) =>
      expect(row.conversions).toBeCloseTo(report.rows[at]!.conversions, 9),
    );
    expect(credits(ask('shapley', rows, { seed: 8 }).rows)).not.toEqual(credits(report.rows));
  });
});

describe('leave one out', () => {
  it('is the marginal effect on the conversion rate of the path', () => {
    const { rows } = ask('leave-one-out', [
      ['direct', 3, 25],
      ['search', 1, 26],
      ['search>direct', 1, 1],
    ]);
    const [search, direct] = [1 / 2 - 3 / 28, 1 / 2 - 1 / 27];
    expect(rows[0]!.conversions).toBeCloseTo(3 + direct / (search + direct), 12);
    expect(rows[1]!.conversions).toBeCloseTo(1 + search / (search + direct), 12);
  });
  it('gives all to the last touch if no channel raises the conversion rate', () =>
    expect(
      credits(
        ask('leave-one-out', [
          ['a>b', 1, 9],
          ['a', 1, 1],
          ['b', 1, 1],
        ]).rows,
      ),
    ).toEqual({ a: 1, b: 2 }));
});

describe('leave one out, and a channel out', () => {
  // a>b>a converts half the time. Without its first touch b>a: 1 of 4; without its last a>b: never; without b a>a: 2 of 5.
  const rows: Row[] = [
    ['a>b>a', 4, 4],
    ['b>a', 1, 3],
    ['a>b', 0, 9],
    ['a>a', 2, 3],
    ['a', 3, 7],
    ['b', 1, 9],
  ];
  const of = (code: string, options = {}) => {
    const table = tableOf([rows[0]!, ...rows.slice(1)], {});
    const report = dataDrivenReport(dataDrivenModel(code)!, table, options);
    return credits(report.rows);
  };
  it('removes one touch at a time; the others are neither collapsed nor moved', () => {
    // Positions of a>b>a: 1/4, 1/10, 1/2 of 17/20. b>a: 1/4 - 3/10 < 0 for b, 1/4 - 1/10 for a. a>a: 2/5 - 3/10 twice.
    const found = of('leave-one-out', { repeats: 'keep-repeats' });
    expect(found['a']).toBeCloseTo((4 * 15) / 17 + 1 + 2 + 3, 12);
    expect(found['b']).toBeCloseTo((4 * 2) / 17 + 0 + 1, 12);
  });
  it('collapses paths before the removal, as its source does, and not after it', () => {
    // a>a is then a: 5 of 15. Without b a>b>a is a>a, which nobody took: 1/2. b>a: 1/4 - 1/10 for a, below zero for b.
    const found = of('leave-one-out');
    expect(found['a']).toBeCloseTo((4 * 3) / 5 + 1 + 5, 12);
    expect(found['b']).toBeCloseTo((4 * 2) / 5 + 0 + 1, 12);
  });
  it('removes all touches of a channel at once in our variant', () => {
    // a>b>a without a is b: 1/2 - 1/10; without b it is a: 1/2 - 1/3, or kept a>a: 1/2 - 2/5.
    expect(of('leave-channel-out')['b']).toBeCloseTo((4 * (1 / 6)) / (1 / 6 + 4 / 10) + 0 + 1, 12);
    expect(of('leave-channel-out', { repeats: 'keep-repeats' })['b']).toBeCloseTo((4 * 0.1) / (0.1 + 0.4) + 0 + 1, 12);
  });
});

describe('every data-driven model', () => {
  const row = fc.tuple(
    fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1, maxLength: 6 }).map((path) => path.join('>')),
    fc.nat({ max: 9 }),
    fc.nat({ max: 9 }),
    fc.nat({ max: 1e6 }),
  );
  const rows = fc
    .array(row, { minLength: 1, maxLength: 15 })
    .map((all) =>
      all.map(([path, conversions, nulls, value]): Row => [path, conversions, nulls, conversions && value]),
    );
  it.each(dataDrivenModels.map(({ code }) => code))('%s keeps the totals, whatever the order of the rows', (code) =>
    fc.assert(
      fc.property(rows, (all) => {
        const report = ask(code, all);
        const sum = (pick: (one: { conversions: number; value: number }) => number) =>
          report.rows.reduce((total, one) => total + pick(one), 0);
        const total = all.reduce((conversions, [, one]) => conversions + one, 0);
        const exact = report.rows.reduce((all, one) => all.add(one.conversions), new DecimalSum());
        expect(exact.value).toBe(report.rows.length === 0 ? 0 : total);
        expect(sum(({ value }) => value)).toBeCloseTo(
          all.reduce((value, [, , , one = 0]) => value + one, 0),
          5,
        );
        for (const { conversions, value } of report.rows) {
          expect(conversions).toBeGreaterThanOrEqual(-1e-9);
          expect(value).toBeGreaterThanOrEqual(-1e-6);
        }
        const turned = ask(code, [...all].reverse()).rows;
        expect(turned.map(({ key, position }) => [key, position])).toEqual(
          report.rows.map(({ key, position }) => [key, position]),
        );
        turned.forEach((one, at) => expect(one.conversions).toBeCloseTo(report.rows[at]!.conversions, 9));
      }),
      { numRuns: 60 },
    ),
  );
  it('reports the number of journeys behind a channel, and too few', () => {
    const { rows } = ask('markov', [
      ['a>b>a', 20, 20],
      ['c', 29, 0],
      ['b', 0, 5],
      ['d', 40, 4],
    ]);
    expect(rows.map(({ key, support, tooThin }) => [key, support.journeys, support.converted, tooThin])).toEqual([
      ['a', 40, 20, false],
      ['b', 45, 20, false],
      ['c', 29, 29, true],
      ['d', 44, 40, true],
    ]);
    expect(MIN_JOURNEYS).toEqual({ journeys: 30, outcomes: 5 });
    expect(ask('markov', [['d', 40]]).rows[0]!.tooThin).toBe(false);
  });
  it('puts its credit into an interval that is the same for the same seed, and narrower with more journeys', () => {
    const rows = (times: number): Row[] => [
      ['a>b', 30 * times, 40 * times],
      ['b', 10 * times, 60 * times],
      ['a', 5 * times, 50 * times],
    ];
    const interval = (times: number, seed: number, order = rows(times)) =>
      ask('markov', order, { bootstrap: 100, seed }).rows[0]!.interval!;
    const { conversions } = ask('markov', rows(1)).rows[0]!;
    expect(interval(1, 4)).toEqual(interval(1, 4, [...rows(1)].reverse()));
    expect(interval(1, 4)).not.toEqual(interval(1, 5));
    expect(interval(1, 4).low).toBeLessThan(conversions);
    expect(interval(1, 4).high).toBeGreaterThan(conversions);
    const width = (times: number) => (interval(times, 4).high - interval(times, 4).low) / times;
    expect(width(25)).toBeLessThan(width(1) / 3);
    expect(() => ask('markov', rows(1), { bootstrap: -1 })).toThrow(
      expect.objectContaining({ code: 'attribution/bootstrap-out-of-range' }),
    );
  });
  it('resamples as many journeys as the table has', () => {
    const table = tableOf([
      ['a', 100, 300, 1000],
      ['b', 50, 50, 100],
    ]);
    const draw = resampler(table, 1);
    let conversions = 0;
    for (let time = 0; time < 200; time++) {
      const drawn = draw().total();
      expect(drawn.conversions + drawn.nulls).toBe(500);
      conversions += drawn.conversions;
    }
    // 200 draws of Binomial(500, 0.3): the mean is within 4 standard errors.
    expect(Math.abs(conversions / 200 - 150)).toBeLessThan(4 * Math.sqrt((500 * 0.3 * 0.7) / 200));
    expect(interval95([0, 10, 20, 30, 40])).toEqual({ low: 1, high: 39 });
  });
});

describe('rule-based models over a path table', () => {
  const parameters = { excludedChannels: ['direct'], weights: { first: 0.4, last: 0.4, mid: 0.2 }, halfLifeMs: 1 };
  const table = tableOf([
    ['direct', 2],
    ['search>email', 3],
    ['search>social>email', 5],
  ]);
  it.each([
    ['first-touch', { direct: 2, email: 0, search: 8, social: 0 }],
    ['last-touch', { direct: 2, email: 8, search: 0, social: 0 }],
    ['linear', { direct: 2, email: 19 / 6, search: 19 / 6, social: 5 / 3 }],
    ['position-based', { direct: 2, email: 3.5, search: 3.5, social: 1 }],
  ])('%s', (code, expected) => {
    const rows = creditPaths(
      pathModels.find((one) => one.code === code)!,
      table,
      parameters as never,
    );
    expect(rows.map(({ key }) => key)).toEqual(Object.keys(expected));
    for (const { key, conversions } of rows)
      expect(conversions).toBeCloseTo((expected as Record<string, number>)[key]!, 9);
  });
});

describe('a path table', () => {
  it('adds equal paths, and has a copy in which repeats are one step', () => {
    const rows: Row[] = [
      ['a>a>b', 1, 2, 3],
      ['a>b', 1, 1, 1],
    ];
    expect(tableOf(rows).size).toBe(2);
    expect(tableOf(rows).collapsed().size).toBe(1);
    expect(tableOf(rows).collapsed().total()).toEqual({ conversions: 2, nulls: 3, value: 4 });
    expect(tableOf(rows, { ignoreNulls: true }).size).toBe(2);
    expect(tableOf(rows, { ignoreNulls: true }).total().nulls).toBe(0);
    expect(() => new PathTable().add([], { conversions: 1, nulls: 0, value: 0 })).toThrow(
      expect.objectContaining({ code: 'attribution/empty-path' }),
    );
  });
});
