import fc from 'fast-check';
import { DAY_MS, fromMs, toMs } from '@baton/kernel';
import type { ScoringModel, TouchFact } from '@baton/definitions';
import { halfEven, scoreAt } from './score.model';

const NOW = '2024-03-31T12:00:00.000Z';
const touch = (id: string, days: number, page = '/pricing'): TouchFact => ({
  ...{ action: 'page-view', channel: undefined, content: undefined, campaign: undefined },
  ...{ id, page, at: fromMs(toMs(NOW) - days * DAY_MS) },
});
type Rule = ScoringModel['engagement']['rules'][number];
const rule = (more: Partial<Rule> = {}): Rule => ({
  code: 'pricing',
  touches: { page: '/pricing' },
  points: 10,
  ...more,
});
const model = (rules: Rule[], more: Partial<ScoringModel> = {}): ScoringModel => ({
  fit: { rules: [] },
  engagement: { rules },
  ...more,
});
const scored = (it: ScoringModel, touches: readonly TouchFact[], profile = {}) =>
  scoreAt(it, { profile, touches }, NOW);

describe('a score', () => {
  it('counts each touch that matches a rule, up to the instant', () => {
    const touches = [touch('a', 3), touch('b', 2, '/'), touch('c', 0), touch('d', -1)];
    const { hundredths, entries } = scored(model([rule()]), touches);
    expect(hundredths).toBe(2000);
    expect(entries.map(({ touchId, ageMs, hundredths: part }) => [touchId, ageMs, part])).toEqual([
      ['a', 3 * DAY_MS, 1000],
      ['c', 0, 1000],
    ]);
  });
  it('halves with every half-life, in exact time', () => {
    const halving = model([rule({ halfLife: 'P10D' })]);
    const parts = [0, 10, 20, 5].map((days) => scored(halving, [touch('a', days)]).hundredths);
    expect(parts).toEqual([1000, 500, 250, 707]); // 10 × 2^(−1/2) = 7.0711
  });
  it('rounds each hit half-even', () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, 0.49, -2.51].map(halfEven).map((value) => value + 0)).toEqual([
      0, 2, 2, 0, -2, 0, -3,
    ]);
    // An eighth of a point is 12.5 hundredths, three eighths are 37.5.
    expect(scored(model([rule({ points: 1, halfLife: 'P1D' })]), [touch('a', 3)]).hundredths).toBe(12);
    expect(scored(model([rule({ points: 3, halfLife: 'P1D' })]), [touch('a', 3)]).hundredths).toBe(38);
  });
  it('counts once, from the first touch on', () => {
    const once = model([rule({ once: true, within: 'P5D' })]);
    expect(scored(once, [touch('b', 1), touch('a', 4)]).entries.map(({ touchId }) => touchId)).toEqual(['a']);
    // The first one counted; now that it is too old, the second still does not count.
    expect(scored(once, [touch('a', 6), touch('b', 1)]).hundredths).toBe(0);
  });
  it('skips touches within the cool-down', () => {
    const cooling = model([rule({ coolDown: 'P2D' })]);
    const touches = [touch('a', 9), touch('b', 8), touch('c', 7), touch('d', 5.5)];
    expect(scored(cooling, touches).entries.map(({ touchId }) => touchId)).toEqual(['a', 'c']);
  });
  it('skips touches older than the maximum age', () =>
    expect(scored(model([rule({ within: 'P7D' })]), [touch('a', 7), touch('b', 7.001)]).hundredths).toBe(1000));
  it('is capped by rule, by group, and in total', () => {
    const touches = [touch('a', 3), touch('b', 2), touch('c', 1), touch('d', 1, '/demo')];
    const demo = rule({ code: 'demo', touches: { page: '/demo' }, points: 30 });
    const fit = { rules: [{ code: 'size', when: { field: 'employees', gte: 50 }, points: 20 }] };
    const both = model([rule({ cap: 25, group: 'web' }), { ...demo, group: 'web' }], {
      fit,
      groups: [{ code: 'web', cap: 40 }],
      cap: 55,
    });
    const { entries, ...score } = scored(both, touches, { employees: 80 });
    expect(score).toEqual({ hundredths: 5500, fit: 2000, engagement: 4000 });
    expect(entries.filter(({ cause }) => cause !== 'hit')).toEqual([
      { axis: 'engagement', cause: 'rule-cap', code: 'pricing', hundredths: -500 },
      { axis: 'engagement', cause: 'group-cap', code: 'web', hundredths: -1500 },
      { axis: 'total', cause: 'total-cap', code: '', hundredths: -500 },
    ]);
    expect(scored(model([rule({ points: -10, cap: 15 })]), touches).hundredths).toBe(-1500);
  });
  it('grades both axes', () => {
    const fit = {
      rules: [{ code: 'size', when: { field: 'employees', exists: true }, points: 20 }],
      cutOffs: { high: 20, middle: 10 },
    };
    const graded: ScoringModel = { fit, engagement: { rules: [rule()], cutOffs: { high: 30, middle: 10 } } };
    const grade = (employees: number | undefined, touches: number) =>
      scored(
        graded,
        Array.from({ length: touches }, (_, n) => touch(`t${n}`, n)),
        { ...(employees && { employees }) },
      ).grade;
    expect([grade(5, 3), grade(5, 1), grade(5, 0), grade(undefined, 3)]).toEqual(['A1', 'A2', 'A3', 'C1']);
    expect(scored(model([]), []).grade).toBeUndefined();
  });

  const period = fc.option(fc.constantFrom('PT6H', 'P1D', 'P7D', 'P30D'), { nil: undefined });
  const anyRule = fc.record({
    code: fc.uuid(),
    touches: fc.constantFrom({}, { page: '/pricing' }, { page: '/p*' }),
    points: fc.integer({ min: -5000, max: 5000 }).map((cents) => cents / 100),
    cap: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
    once: fc.boolean(),
    ...{ coolDown: period, within: period, halfLife: period },
    group: fc.option(fc.constantFrom('g', 'h'), { nil: undefined }),
  });
  const anyModel: fc.Arbitrary<ScoringModel> = fc.record({
    cap: fc.option(fc.integer({ min: 0, max: 90 }), { nil: undefined }),
    fit: fc.constant({ rules: [{ code: 'size', when: { field: 'employees', gte: 50 }, points: 12.34 }] }),
    engagement: fc.record({ rules: fc.uniqueArray(anyRule, { maxLength: 5, selector: ({ code }) => code }) }),
    groups: fc.constant([
      { code: 'g', cap: 35.5 },
      { code: 'h', cap: 0 },
    ]),
  }) as fc.Arbitrary<never>;
  const history = fc
    .array(fc.tuple(fc.double({ min: -3, max: 60, noNaN: true }), fc.constantFrom('/pricing', '/product', '/')), {
      maxLength: 40,
    })
    .map((touches) => touches.map(([days, page], index) => touch(`t${index}`, days, page)));

  it('is the sum of its explanation, exactly, at any instant, in any order of recording', () => {
    fc.assert(
      fc.property(anyModel, history, fc.integer({ min: 0, max: 80 }), (it, touches, employees) => {
        const facts = { profile: { employees }, touches };
        const score = scoreAt(it, facts, NOW);
        const sumOf = (axis?: string) =>
          score.entries.reduce((sum, entry) => sum + (!axis || entry.axis === axis ? entry.hundredths : 0), 0);
        expect([sumOf(), sumOf('fit'), sumOf('engagement')]).toEqual([score.hundredths, score.fit, score.engagement]);
        expect(score.entries.every(({ hundredths }) => Number.isInteger(hundredths))).toBe(true);
        if (it.cap !== undefined) expect(Math.abs(score.hundredths)).toBeLessThanOrEqual(it.cap * 100);
        const again = scoreAt(structuredClone(it), { profile: { employees }, touches: [...touches] }, NOW);
        expect(JSON.stringify(again)).toBe(JSON.stringify(score));
        const inTime = [...touches].sort((a, b) => toMs(a.at) - toMs(b.at));
        expect(scoreAt(it, { ...facts, touches: inTime }, NOW).hundredths).toBe(score.hundredths);
      }),
      { numRuns: 300 },
    );
  });
  it('ignores everything after its instant', () => {
    fc.assert(
      fc.property(anyModel, history, (it, touches) => {
        const past = touches.filter(({ at }) => at <= NOW);
        expect(scored(it, touches)).toEqual(scored(it, past));
      }),
    );
  });
});
