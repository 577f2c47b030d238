import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { dataFile, describeWithData } from '../../../test/support/data';
import { seededRandom } from './data-driven-sampling.rules';
import { dataDrivenReport } from './data-driven.model';
import { TransitionCounts } from './markov-counts.rules';
import { ChainSolver } from './markov-solve.rules';
import { markov, markovScores } from './markov.model';
import { PathTable, type PathTableOptions, type RepeatHandling } from './path-table.rules';

type Row = readonly [path: string, conversions: number, nulls?: number, value?: number];
const tableOf = (rows: readonly Row[], switches: PathTableOptions = {}): PathTable => {
  const table = new PathTable(switches);
  for (const [path, conversions, nulls = 0, value = 0] of rows)
    table.add(path.split('>'), { conversions, nulls, value });
  return table;
};
const report = (rows: readonly Row[], order = 1, repeats?: RepeatHandling) =>
  dataDrivenReport(markov, tableOf(rows), { order, ...(repeats && { repeats }) });
const column = (rows: readonly { key: string }[], name: string) =>
  Object.fromEntries(rows.map((row) => [row.key, (row as Record<string, unknown>)[name] as number]));
const expectClose = (found: Record<string, number>, expected: Record<string, number>, tolerance = 1e-12) => {
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  for (const [key, value] of Object.entries(expected)) expect(Math.abs(found[key]! - value)).toBeLessThan(tolerance);
};

describe('removal effects of a Markov chain', () => {
  it('three channels, one path of three converts', () => {
    const { base, rows } = report([
      ['one>two>three', 1],
      ['one', 0, 1],
      ['two>three', 0, 1],
    ]);
    expect(base).toBeCloseTo(1 / 3, 12);
    expectClose(column(rows, 'removalEffect'), { one: 0.5, two: 1, three: 1 });
    expectClose(column(rows, 'conversions'), { one: 0.2, two: 0.4, three: 0.4 });
  });
  it('a fork', () => {
    const { base, rows } = report([
      ['a>b', 3, 1],
      ['a>c', 1, 1],
    ]);
    expect(base).toBeCloseTo(2 / 3, 12);
    expectClose(column(rows, 'removalEffect'), { a: 1, b: 0.75, c: 0.25 });
    expectClose(column(rows, 'conversions'), { a: 2, b: 1.5, c: 0.5 });
  });
  // By hand: x(b) = 2/3 + x(a)/3, x(a) = 2/3 x(b), so x(b) = x(c) = 6/7 and x(a) = 4/7; without a: x(b) = 2/3.
  const cycle: Row[] = [
    ['a>b', 1],
    ['a>b>a', 0, 1],
    ['c>b', 1],
  ];
  it('a cycle, solved by hand', () => {
    const { base, rows } = report(cycle);
    expect(base).toBeCloseTo(2 / 3, 12);
    expectClose(column(rows, 'removalEffect'), { a: 2 / 3, b: 1, c: 3 / 7 });
    expectClose(column(rows, 'conversions'), { a: 7 / 11, b: 21 / 22, c: 9 / 22 });
  });
  it('the last step is weighted with the value of its conversions', () => {
    // P(b) = P(c) = 1/2, with values 10 and 30: without b 15 of 20 are left, without c 5, without a nothing.
    const { rows } = report([
      ['a>b', 1, 0, 10],
      ['a>c', 1, 0, 30],
    ]);
    expectClose(column(rows, 'removalEffectOnValue'), { a: 1, b: 0.25, c: 0.75 });
    expectClose(column(rows, 'value'), { a: 20, b: 5, c: 15 });
    expectClose(column(rows, 'conversions'), { a: 1, b: 0.5, c: 0.5 });
  });
  it('a path shorter than the order is one state, and its state contains all its channels', () => {
    const { transitions, rows } = report(
      [
        ['a', 1, 1],
        ['a>b', 1],
        ['a>b>c', 1],
      ],
      2,
    );
    expect(transitions!().map(({ from, to, count }) => [from, to, count])).toEqual([
      ['(start)', 'a', 2],
      ['(start)', 'a > b', 2],
      ['a', '(conversion)', 1],
      ['a', '(null)', 1],
      ['a > b', 'b > c', 1],
      ['a > b', '(conversion)', 1],
      ['b > c', '(conversion)', 1],
    ]);
    expectClose(column(rows, 'removalEffect'), { a: 1, b: 2 / 3, c: 1 / 3 });
  });
  it('repeats are one step, or are kept', () => {
    const rows: Row[] = [['a>a>b', 1, 1]];
    const steps = (repeats?: RepeatHandling) =>
      report(rows, 1, repeats).transitions!().map(({ from, to }) => from + to);
    expect(steps()).not.toContain('aa');
    expect(steps('collapse-states')).toEqual(steps());
    expect(steps('collapse-channels')).toEqual(steps());
    expect(steps('keep-repeats')).toContain('aa');
  });
  it('of a higher order: a repeated state is dropped; repeated channels only in our variant', () => {
    const rows: Row[] = [
      ['a>a>a>b', 1],
      ['a>b>a>b', 1],
    ];
    const steps = (repeats?: RepeatHandling) =>
      report(rows, 2, repeats).transitions!().map(({ from, to, count }) => `${from} | ${to} ${count}`);
    expect(steps()).toEqual([
      '(start) | a > a 1',
      '(start) | a > b 1',
      'a > a | a > b 1',
      'a > b | b > a 1',
      'a > b | (conversion) 2',
      'b > a | a > b 1',
    ]);
    expect(steps()).not.toContain('a > a | a > a 1');
    expect(steps('keep-repeats')).toContain('a > a | a > a 1');
    expect(steps('collapse-channels').some((step) => step.includes('a > a'))).toBe(false);
  });
  it('without a conversion there is no credit', () => {
    const { base, rows } = report([['a>b', 0, 3]]);
    expect(base).toBe(0);
    expectClose(column(rows, 'conversions'), { a: 0, b: 0 });
  });
  it.each([0, 5, 1.5])('order %d is refused', (order) =>
    expect(() => report([['a', 1]], order)).toThrow(expect.objectContaining({ code: 'attribution/unknown-order' })),
  );
  it('an independent simulation agrees within its error', () => {
    const random = seededRandom(11);
    const rows: Row[] = Array.from({ length: 60 }, () => {
      const length = 1 + Math.floor(random() * 6);
      const path = Array.from({ length }, () => 'abcde'[Math.floor(random() * 5)]!).join('>');
      return [path, Math.floor(random() * 4), Math.floor(random() * 6)];
    });
    // Random walks over pairs of neighbours, counted independently here; a walk ends at the removed channel.
    const next = new Map<string, string[]>();
    for (const [path, conversions, nulls = 0] of rows) {
      const steps = ['start', ...path.split('>').filter((one, at, all) => one !== all[at - 1])];
      steps.forEach((from, at) => {
        const list = next.get(from) ?? [];
        next.set(from, list);
        for (let one = 0; one < conversions; one++) list.push(steps[at + 1] ?? 'conversion');
        for (let one = 0; one < nulls; one++) list.push(steps[at + 1] ?? 'null');
      });
    }
    const walks = 40_000;
    const rate = (removed?: string) => {
      let converted = 0;
      for (let walk = 0; walk < walks; walk++) {
        let at = 'start';
        while (next.has(at) && at !== removed) at = next.get(at)![Math.floor(random() * next.get(at)!.length)]!;
        if (at === 'conversion') converted++;
      }
      return converted / walks;
    };
    const { base, rows: found } = report(rows);
    const error = (p: number) => 4 * Math.sqrt((p * (1 - p)) / walks);
    expect(Math.abs(rate() - base!)).toBeLessThan(error(base!));
    for (const { key, removalEffect } of found) {
      const left = base! * (1 - removalEffect!);
      expect(Math.abs(rate(key) - left)).toBeLessThan(error(left));
    }
  });
});

describe('transition counts', () => {
  const path = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 7 });
  const counts = fc.record({
    conversions: fc.nat({ max: 5 }),
    nulls: fc.nat({ max: 5 }),
    value: fc.nat({ max: 1000 }),
  });
  const rows = fc.array(fc.tuple(path, counts), { minLength: 1, maxLength: 20 });
  it('are the same when added one by one, removed, in any order, and from scratch', () =>
    fc.assert(
      fc.property(rows, rows, fc.integer({ min: 1, max: 4 }), (kept, gone, order) => {
        const table = new PathTable();
        const fold = new TransitionCounts(order);
        for (const [steps, row] of [...gone, ...kept]) {
          table.add(steps, row);
          fold.add(table.stepsOf(steps), row);
        }
        for (const [steps, row] of gone) {
          table.subtract(steps, row);
          fold.subtract(table.stepsOf(steps), row);
        }
        const scratch = new PathTable();
        for (const [steps, row] of [...kept].reverse()) scratch.add(steps, row);
        const folded = markovScores(fold, table.channels, table.total());
        const anew = markov.score(scratch, { order });
        const byName = (names: readonly string[], scores: Float64Array) =>
          names.map((name, at) => [name, scores[at]!] as const).filter(([, score]) => score > 1e-12);
        const found = Object.fromEntries(byName(table.channels.names, folded.conversions));
        const expected = Object.fromEntries(byName(scratch.channels.names, anew.conversions));
        expectClose(found, expected, 1e-9);
        expect(folded.base).toBeCloseTo(anew.base!, 12);
        const sum = (scores: Float64Array) => scores.reduce((all, one) => all + one, 0);
        expect(sum(folded.conversions)).toBeCloseTo(table.total().conversions, 9);
        expect(sum(folded.value)).toBeCloseTo(table.total().value, 6);
      }),
      { numRuns: 150 },
    ));
  it('cannot remove more than there is', () => {
    const table = tableOf([['a>b', 1, 1]]);
    expect(() => table.subtract(['a', 'b'], { conversions: 2, nulls: 0, value: 0 })).toThrow(
      expect.objectContaining({ code: 'attribution/not-in-table' }),
    );
  });
  it('give the same result directly and iteratively, complete and with removed states', () => {
    const random = seededRandom(5);
    const table = new PathTable();
    for (let row = 0; row < 2000; row++) {
      const path = Array.from({ length: 8 }, () => `channel ${Math.floor(random() * 14)}`);
      table.add(path, { conversions: row % 3 === 0 ? 1 : 0, nulls: row % 3 === 0 ? 0 : 1, value: 0 });
    }
    const chain = TransitionCounts.of(table, 2, true).chain();
    expect(chain.states.length).toBeGreaterThan(190);
    const gain = chain.conversions.map((conversions, state) => conversions / chain.out[state]!);
    const removed = Uint8Array.from(chain.states, (_, state) => (state % 5 === 4 ? 1 : 0));
    for (const gone of [undefined, removed]) {
      const dense = new ChainSolver(chain).solve(gain, gone);
      const iterative = new ChainSolver(chain, 1).solve(gain, gone);
      dense.forEach((value, state) => expect(Math.abs(value - iterative[state]!)).toBeLessThan(1e-11));
      expect(dense[0]).toBeGreaterThan(0);
    }
  });
});

const pathFile = 'channel-paths/path_data.csv';
const expectedOf = (name: string) => `channel-paths/expected/${name}.csv`;
const rowsOf = (file: string) =>
  parse(readFileSync(dataFile(file)), { columns: true }) as readonly Record<string, string>[];
describeWithData('a Markov chain of ten thousand channel paths', [pathFile], () => {
  const load = (switches: PathTableOptions = {}) => {
    const table = new PathTable(switches);
    for (const row of rowsOf(pathFile))
      table.add(row['path']!.split(' > '), {
        conversions: Number(row['total_conversions']),
        nulls: Number(row['total_null']),
        value: Number(row['total_conversion_value']),
      });
    return table;
  };
  it.each([
    ['markov_order1_exact_with_null', false, 0.2238451356],
    ['markov_order1_exact_conversions_only', true, 1],
  ])('equals %s', (name, ignoreNulls, expectedBase) => {
    const { base, rows } = dataDrivenReport(markov, load({ ignoreNulls }));
    expect(base).toBeCloseTo(expectedBase, 10);
    const expected = rowsOf(expectedOf(name));
    const take = (field: string) =>
      Object.fromEntries(expected.map((row) => [row['channel_name']!, Number(row[field])]));
    expectClose(column(rows, 'removalEffect'), take('removal_effect'), 1e-9);
    expectClose(column(rows, 'conversions'), take('attributed_conversions'), 1e-6);
  });
  it.each([
    ['markov_order1_package_simulation_with_null', false],
    ['markov_order1_package_simulation_conversions_only', true],
  ])('is near %s, in conversions and in value', (name, ignoreNulls) => {
    const { rows } = dataDrivenReport(markov, load({ ignoreNulls }));
    for (const row of rowsOf(expectedOf(name))) {
      const found = rows.find(({ key }) => key === row['channel_name'])!;
      expect(Math.abs(found.conversions - Number(row['total_conversions'])) / 19_785).toBeLessThan(0.002);
      expect(Math.abs(found.value - Number(row['total_conversion_value'])) / 74_802.97).toBeLessThan(0.002);
    }
  });
  it.each([
    ['transition_matrix_order1_self_loops_kept', true],
    ['transition_matrix_order1_self_loops_removed', false],
  ])('has the %s', (name, kept) => {
    const repeats = kept ? 'keep-repeats' : 'collapse-states';
    const found = dataDrivenReport(markov, load(), { repeats }).transitions!();
    const expected = rowsOf(expectedOf(name));
    expect(found).toHaveLength(expected.length);
    for (const row of expected) {
      const entry = found.find(({ from, to }) => from === row['channel_from'] && to === row['channel_to'])!;
      expect(Math.abs(entry.probability - Number(row['transition_probability']))).toBeLessThan(1e-9);
    }
  });
  it('equals the package at order 2, which drops repeated states and not repeated channels', () => {
    const { rows } = dataDrivenReport(markov, load(), { order: 2 });
    const found = column(rows, 'conversions');
    const expected = { alpha: 5617.4539, iota: 3810.511, eta: 3391.8582, lambda: 1189.472 };
    for (const [channel, conversions] of Object.entries(expected)) expect(found[channel]).toBeCloseTo(conversions, 3);
    const ours = dataDrivenReport(markov, load(), { order: 2, repeats: 'collapse-channels' });
    expect(Math.abs(column(ours.rows, 'conversions')['alpha']! - expected.alpha)).toBeGreaterThan(1);
  });
  it.each([2, 3, 4])('reproduces the conversion rate of the table at order %d', (order) => {
    const table = load();
    const { conversions, nulls } = table.total();
    const { base, rows } = dataDrivenReport(markov, table, { order });
    expect(base).toBeCloseTo(conversions / (conversions + nulls), 9);
    expect(rows.reduce((sum, row) => sum + row.conversions, 0)).toBeCloseTo(19_785, 6);
  });
});
