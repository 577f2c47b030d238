import fc from 'fast-check';
import { DAY_MS, fromMs, toMs, type Json } from '@baton/kernel';
import {
  validateCriteria,
  evaluateCriterion,
  missingCriteria,
  forecastCriterion,
  type Criterion,
  type CriteriaFacts,
} from './criteria.rules';
import { validateBody } from './kinds.rules';
import type { TouchFact } from './touches.rules';

const NOW = '2024-03-31T12:00:00.000Z';
const daysAgo = (days: number) => fromMs(toMs(NOW) - days * DAY_MS);
const touch = (id: string, at: string, more: Partial<TouchFact>): TouchFact => ({
  ...{ action: undefined, channel: undefined, content: undefined, page: undefined, campaign: undefined },
  ...more,
  id,
  at,
});
const visit = (id: string, days: number, page = '/product/forecast') =>
  touch(id, daysAgo(days), { action: 'page-view', page });
const guide = touch('guide', daysAgo(200), { action: 'download', content: 'pricing-guide' });

/** Downloaded our pricing guide AND works for a company with 50+ employees AND has visited our product pages three times in the past month. */
const agreed = {
  all: [
    { touches: { action: 'download', content: 'pricing-guide' }, gte: 1 },
    { field: 'employees', gte: 50 },
    { touches: { action: 'page-view', page: '/product*' }, gte: 3, within: 'P30D' },
  ],
} as const satisfies Criterion;

describe('text', () => {
  const met = (profile: CriteriaFacts['profile'], leaf: Criterion) =>
    evaluateCriterion(leaf, { profile, touches: [] }, NOW).met;
  it.each(['Türkiye', 'Tu\u0308rkiye', ' türkiye ', 'TÜRKIYE', 'Türkiye\u00a0', '\u200eTür\u00adkiye'])(
    '%j compares as expected',
    (country) => {
      for (const wanted of ['Türkiye', 'Tu\u0308rkiye', 'türkiye ']) {
        expect(met({ country }, { field: 'country', eq: wanted })).toBe(true);
        expect(met({ country }, { field: 'country', ne: wanted })).toBe(false);
        expect(met({ country }, { field: 'country', in: ['Germany', wanted] })).toBe(true);
        expect(met({ country }, { field: 'country', matches: `*${wanted.trim().slice(1)}` })).toBe(true);
      }
    },
  );
});

describe('missing criteria', () => {
  const employees = { field: 'employees', gte: 50 } as const;
  const [berlin, paris] = ['Germany', 'France'].map((country) => ({ field: 'country', eq: country }) as const) as [
    Criterion,
    Criterion,
  ];
  const lack = (tree: Criterion, profile: CriteriaFacts['profile']) =>
    missingCriteria(tree, evaluateCriterion(tree, { profile, touches: [] }, NOW));
  it.each<[string, Criterion, string]>([
    ['of all, each that is not so', { all: [employees, berlin] }, 'employees gte 50 and country eq Germany'],
    ['of any, what would do', { any: [employees, berlin] }, 'one of (employees gte 50; country eq Germany)'],
    [
      'of both',
      { all: [employees, { any: [berlin, paris] }] },
      'employees gte 50 and one of (country eq Germany; country eq France)',
    ],
    ['of not', { not: { field: 'title', exists: true } }, 'not title exists true'],
    ['of not any', { not: { any: [{ field: 'title', exists: true }, employees] } }, 'not title exists true'],
    [
      'of not all',
      {
        not: {
          all: [
            { field: 'title', exists: true },
            { field: 'title', matches: 'c*' },
          ],
        },
      },
      'one of (not title exists true; not title matches c*)',
    ],
  ])('%s', (_, tree, expected) => expect(lack(tree, { employees: 10, title: 'ceo' })).toBe(expected));
  it('are none if the tree is met', () => expect(lack({ any: [berlin, employees] }, { employees: 50 })).toBe(''));
});

describe('criteria', () => {
  const facts = (employees: number, ...touches: TouchFact[]): CriteriaFacts => ({ profile: { employees }, touches });
  it('are met, with the reasons', () => {
    const visits = [visit('v1', 30), visit('v2', 12, '/Product'), visit('v3', 0)];
    expect(evaluateCriterion(agreed, facts(50, guide, ...visits), NOW)).toEqual({
      met: true,
      because: ['all.0', 'all.1', 'all.2'],
      leaves: [
        {
          path: 'all.0',
          asks: 'touches (action download, content pricing-guide) gte 1',
          met: true,
          value: 1,
          touches: ['guide'],
        },
        { path: 'all.1', asks: 'employees gte 50', met: true, value: 50 },
        {
          path: 'all.2',
          asks: 'touches (action page-view, page /product*) gte 3 in P30D',
          met: true,
          value: 3,
          touches: ['v1', 'v2', 'v3'],
        },
      ],
    });
  });
  it('are not met by 49 employees, with the reasons', () => {
    const verdict = evaluateCriterion(agreed, facts(49, guide, visit('v1', 3), visit('v2', 2), visit('v3', 1)), NOW);
    expect(verdict).toMatchObject({ met: false, because: ['all.1'] });
  });
  it('are not met by a visit 31 days ago, or by a later one', () => {
    for (const days of [31, 30.000001, -1]) {
      const verdict = evaluateCriterion(
        agreed,
        facts(500, guide, visit('v1', days), visit('v2', 2), visit('v3', 1)),
        NOW,
      );
      expect(verdict).toMatchObject({ met: false, because: ['all.2'] });
      expect(verdict.leaves[2]).toMatchObject({ met: false, value: 2, touches: ['v2', 'v3'] });
    }
  });

  const profile = { employees: 40, country: 'Germany', title: 'Head of Data' };
  it.each([
    [{ field: 'employees', eq: 40 }, true],
    [{ field: 'employees', ne: 40 }, false],
    [{ field: 'employees', lt: 40 }, false],
    [{ field: 'employees', lte: 40 }, true],
    [{ field: 'employees', gt: 40 }, false],
    [{ field: 'employees', gte: 40 }, true],
    [{ field: 'employees', in: [10, 40] }, true],
    [{ field: 'country', eq: 'germany' }, true],
    [{ field: 'country', in: ['France', 'GERMANY'] }, true],
    [{ field: 'title', matches: 'head*data' }, true],
    [{ field: 'title', matches: 'head' }, false],
    [{ field: 'industry', exists: false }, true],
    [{ field: 'title', exists: true }, true],
    [{ field: 'industry', eq: 'Energy' }, false],
    [{ field: 'industry', ne: 'Energy' }, true],
    [{ field: 'industry', matches: '*' }, false],
    [{ score: 'total', gte: 60 }, true],
    [{ score: 'fit', gte: 60 }, false],
    [{ answer: 'need' }, true],
    [{ answer: 'budget' }, false],
    [{ touches: {}, eq: 0 }, true],
    [{ not: { field: 'country', eq: 'Germany' } }, false],
    [
      {
        any: [
          { field: 'employees', gt: 90 },
          { field: 'country', eq: 'Germany' },
        ],
      },
      true,
    ],
  ] as [Criterion, boolean][])('%j is %s', (tree, met) => {
    const score = (axis: string) => (axis === 'total' ? 60 : undefined);
    const asked = { profile, touches: [], score, answers: { need: 'speed', budget: ' \u200b' } };
    expect(validateCriteria(tree as Json, ['field', 'touches', 'score', 'answer'])).toBeUndefined();
    expect(evaluateCriterion(tree, asked, NOW).met).toBe(met);
    // For a single instant the forecast is equal.
    const range = (axis: string) => (axis === 'total' ? ([60, 60] as const) : undefined);
    expect(forecastCriterion(tree, { ...asked, score: range }, toMs(NOW), toMs(NOW))).toBe(met ? 1 : -1);
  });

  it('name the leaves that decided, as changing each of them shows', () => {
    const leaf = fc.constantFrom(...['title', 'company', 'country', 'region', 'source'].map((field) => ({ field })));
    const { tree } = fc.letrec<{ tree: Criterion }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        leaf.map(({ field }) => ({ field, exists: true }) as Criterion),
        fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
        fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
        tie('tree').map((not) => ({ not })),
      ),
    }));
    fc.assert(
      fc.property(tree, fc.subarray(['title', 'company', 'country', 'region', 'source']), (asked, known) => {
        const ask = (fields: readonly string[]) =>
          evaluateCriterion(
            asked,
            { profile: Object.fromEntries(fields.map((field) => [field, 'x'])), touches: [] },
            NOW,
          );
        const verdict = ask(known);
        // Whatever the other leaves are, the named ones alone keep the result.
        const decided = new Set(
          verdict.leaves.flatMap(({ path, asks }) => (verdict.because.includes(path) ? [asks.split(' ')[0]!] : [])),
        );
        const others = ['title', 'company', 'country', 'region', 'source'].filter((field) => !decided.has(field));
        const kept = known.filter((field) => decided.has(field));
        expect([ask(kept).met, ask([...kept, ...others]).met]).toEqual([verdict.met, verdict.met]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a tree of criteria', () => {
  const deep = (levels: number): Json => (levels === 1 ? { field: 'title', exists: true } : { not: deep(levels - 1) });
  const wide = (leaves: number): Json => ({ any: Array.from({ length: leaves }, () => deep(1)) });
  it.each([
    [{ all: [] }, 'criteria.all'],
    [{ any: 'x' }, 'criteria.any'],
    [{ all: [{ field: 'shoe', eq: 1 }] }, 'criteria.all.0.field'],
    [{ all: [deep(1), { any: [{ field: 'employees', gte: '50' }] }] }, 'criteria.all.1.any.0.gte'],
    [{ field: 'title', gte: 5 }, 'criteria.gte'],
    [{ field: 'title' }, 'criteria'],
    [{ field: 'employees', gte: 5, lte: 9 }, 'criteria'],
    [{ field: 'title', in: [] }, 'criteria.in'],
    [{ field: 'title', in: ['a', 1] }, 'criteria.in.1'],
    [{ field: 'title', exists: 'yes' }, 'criteria.exists'],
    [{ not: { touches: { pages: '/x' }, gte: 1 } }, 'criteria.not.touches.pages'],
    [{ touches: {}, gte: -1 }, 'criteria.gte'],
    [{ touches: {}, gte: 1, within: 'P1M' }, 'criteria.within'],
    [{ touches: {}, gte: 1, within: 30 }, 'criteria.within'],
    [{ touches: 'all', gte: 1 }, 'criteria.touches'],
    [{ score: 'luck', gte: 1 }, 'criteria.score'],
    [{ score: 'fit', exists: true }, 'criteria.exists'],
    [{ answer: 'need' }, 'criteria'],
    [{ all: [deep(1)], any: [deep(1)] }, 'criteria.any'],
    [[], 'criteria'],
    [deep(9), 'criteria.not.not.not.not.not.not.not.not'],
    [wide(201), 'criteria.any.200'],
  ] as [Json, string][])('is refused: %j at %s', (criteria, path) =>
    expect(validateBody('mql', { criteria })?.path).toBe(path),
  );
  it('has at most eight levels and 200 leaves', () => {
    expect(validateBody('mql', { criteria: deep(8) })).toBeUndefined();
    expect(validateBody('mql', { criteria: wide(200) })).toBeUndefined();
    expect(validateBody('mql', { statement: 'By hand.' })).toBeUndefined();
    expect(validateBody('mql', { surprise: 1 })?.path).toBe('surprise');
  });
  it('allows leaves on answers only in some definitions', () => {
    const criteria: Json = { all: [{ answer: 'need' }, { any: [{ answer: 'budget' }, { answer: 'timeline' }] }] };
    expect(validateBody('sql', { criteria })).toBeUndefined();
    expect(validateBody('sal', { criteria })?.path).toBe('criteria.all.0');
    expect(validateBody('sql', { criteria: { answer: 'mood' } })?.path).toBe('criteria.answer');
    expect(validateBody('sql', { criteria: { answer: 'need', eq: 'x' } })?.path).toBe('criteria.eq');
  });
});

describe('a list of reasons', () => {
  it.each(['rejection-reasons', 'loss-reasons'] as const)('of %s has each code once', (kind) => {
    expect(validateBody(kind, { reasons: [{ code: 'price', label: 'Too expensive' }] })).toBeUndefined();
    expect(validateBody(kind, { reasons: [] })?.path).toBe('reasons');
    expect(validateBody(kind, { reasons: [{ code: 'a' }, { code: 'a' }] })?.path).toBe('reasons.1.code');
  });
});

describe('a scoring model', () => {
  const fit = { code: 'size', when: { field: 'employees', gte: 50 }, points: 20 };
  const engagement = { code: 'pricing', touches: { page: '/pricing' }, points: 10, halfLife: 'P14D', within: 'P90D' };
  const model = (change: object = {}): Json =>
    ({ threshold: 50, fit: { rules: [fit] }, engagement: { rules: [engagement] }, groups: [], ...change }) as Json;
  it('is valid', () => expect(validateBody('scoring-model', model())).toBeUndefined());
  it.each([
    [{ fit: { rules: [{ ...fit, when: { touches: {}, gte: 1 } }] } }, 'fit.rules.0.when'],
    [{ fit: { rules: [{ ...fit, points: 0.001 }] } }, 'fit.rules.0.points'],
    [{ engagement: { rules: [{ ...engagement, code: 'size' }] } }, 'engagement.rules.0.code'],
    [{ engagement: { rules: [{ ...engagement, halfLife: 'P1M' }] } }, 'engagement.rules.0.halfLife'],
    [{ engagement: { rules: [{ ...engagement, group: 'web' }] } }, 'engagement.rules.0.group'],
    [
      {
        fit: { rules: [{ ...fit, group: 'g' }] },
        engagement: { rules: [{ ...engagement, group: 'g' }] },
        groups: [{ code: 'g', cap: 1 }],
      },
      'engagement.rules.0.group',
    ],
    [
      {
        groups: [
          { code: 'g', cap: 1 },
          { code: 'g', cap: 2 },
        ],
      },
      'groups.1.code',
    ],
    [{ fit: { rules: [fit], cutOffs: { high: 5, middle: 5 } } }, 'fit.cutOffs.high'],
  ])('is invalid with %j', (change, path) => expect(validateBody('scoring-model', model(change))?.path).toBe(path));
});
