import type { Json } from '@baton/kernel';
import type { DefinitionKind } from './definition.events';
import { validateBody } from './kinds.rules';

const pathOf = (kind: DefinitionKind, body: object) => validateBody(kind, body as Json)?.path;

const rule = (more: object) => ({ code: 'industry', field: 'industry', points: 40, in: ['software'], ...more });
const size = {
  ...{ code: 'size', field: 'employees', points: 60 },
  ranges: [
    { below: 250, points: 20 },
    { atLeast: 250, points: 60 },
  ],
};
const profile = { code: 'core', rules: [rule({}), size], never: [{ field: 'country', in: ['XX'] }] };

describe('an ideal customer profile', () => {
  const faultAt = (change: object, more: object = {}) =>
    pathOf('icp', { profiles: [{ ...profile, ...change }], ...more });
  it('is accepted with text, ranges, exclusions and bands', () => {
    expect(faultAt({})).toBeUndefined();
    expect(faultAt({ never: [{ field: 'employees', below: 5 }] }, { bands: { strong: 81, moderate: 50 } })).toBe(
      undefined,
    );
  });
  it.each([
    ['no profile', pathOf('icp', { profiles: [] }), 'profiles'],
    ['two profiles of one code', pathOf('icp', { profiles: [profile, profile] }), 'profiles.1.code'],
    ['points that do not add up', faultAt({ rules: [size] }), 'profiles.0.rules'],
    ['a rule twice', faultAt({ rules: [rule({}), rule({}), size] }), 'profiles.0.rules.1.code'],
    ['an unknown field', faultAt({ rules: [rule({ field: 'shoes' }), size] }), 'profiles.0.rules.0.field'],
    ['a word without words', faultAt({ rules: [rule({ in: [] }), size] }), 'profiles.0.rules.0'],
    ['a number without ranges', faultAt({ rules: [rule({}), { ...size, ranges: [] }] }), 'profiles.0.rules.1'],
    [
      'ranges that overlap',
      faultAt({ rules: [rule({}), { ...size, ranges: [{ below: 9, points: 1 }, { points: 60 }] }] }),
      'profiles.0.rules.1.ranges.1',
    ],
    [
      'a range that gives more than its rule',
      faultAt({ rules: [rule({}), { ...size, ranges: [{ points: 61 }] }] }),
      'profiles.0.rules.1.ranges.0.points',
    ],
    [
      'a range that ends before it begins',
      faultAt({ rules: [rule({}), { ...size, ranges: [{ atLeast: 9, below: 9, points: 1 }] }] }),
      'profiles.0.rules.1.ranges.0',
    ],
    ['an exclusion that says nothing', faultAt({ never: [{ field: 'employees' }] }), 'profiles.0.never.0'],
    ['bands in the wrong order', faultAt({}, { bands: { strong: 50, moderate: 50 } }), 'bands.strong'],
  ])('is refused with %s', (_, path, expected) => expect(path).toBe(expected));
});

describe('a map of stages', () => {
  const lead = { system: 'hubspot', stage: 'salesqualifiedlead', means: 'sql', external: true };
  const deal = { system: 'hubspot', stage: 'closedwon', means: 'won' };
  it('is accepted for leads, deals or both', () => {
    for (const body of [{ leads: [lead] }, { deals: [deal] }, { leads: [lead], deals: [deal] }])
      expect(pathOf('stage-map', body)).toBeUndefined();
  });
  it.each([
    ['no stage', {}, ''],
    ['a stage that is none of ours', { leads: [{ ...lead, means: 'evangelist' }] }, 'leads.0.means'],
    ['a stage of deals that is none', { deals: [{ ...deal, means: 'sql' }] }, 'deals.0.means'],
    ['a stage twice', { leads: [lead, { ...lead, means: 'mql' }] }, 'leads.1.stage'],
    ['an unknown word', { leads: [lead], tickets: [] }, 'tickets'],
  ])('is refused with %s', (_, body, path) => expect(pathOf('stage-map', body)).toBe(path));
});

describe('pipelines', () => {
  const stage = { code: 'demo', category: 'pipeline' };
  const sales = { code: 'sales', stages: [stage, { code: 'proposal', category: 'commit' }] };
  const of = (change: object, more: object = {}) => ({ pipelines: [{ ...sales, ...change }], ...more });
  const ofStage = (change: object) => of({ stages: [{ ...stage, ...change }] });
  const exit = (criteria: object, enforced = false) => ofStage({ exit: { criteria, enforced } });
  it('are accepted with limits, criteria and thresholds', () => {
    const criteria = {
      all: [
        { deal: 'amount', gte: 1000.5 },
        { deal: 'source', in: ['fair'] },
        { role: '*', gte: 1 },
        { any: [{ days: 'to-close', lte: -1 }, { not: { days: 'in-stage', gt: 30 } }] },
      ],
    };
    const touched = { touches: { action: 'meeting' }, gte: 1, within: 'P30D' };
    for (const body of [
      of({}),
      of({ quality: touched, thresholds: { stuckQuantile: 0.9, stuckDeals: 5, proposalToClose: 0.9 } }),
      ofStage({ limitDays: 30, silenceDays: 7, proposal: true, label: 'Demo', exit: { criteria, enforced: true } }),
      exit(touched),
      of({}, { silence: [{ stage: 'mql', days: 3 }] }),
    ])
      expect(pathOf('pipeline', body)).toBeUndefined();
  });
  const at = 'pipelines.0.stages.0.exit.criteria';
  it.each([
    ['no pipeline', { pipelines: [] }, 'pipelines'],
    ['a pipeline twice', { pipelines: [sales, { ...sales, code: 'Sales' }] }, 'pipelines.1.code'],
    ['no stage', of({ stages: [] }), 'pipelines.0.stages'],
    ['a stage twice', of({ stages: [stage, stage] }), 'pipelines.0.stages.1.code'],
    ['no category', of({ stages: [{ code: 'demo' }] }), 'pipelines.0.stages.0.category'],
    ['a category that is none', ofStage({ category: 'closed' }), 'pipelines.0.stages.0.category'],
    ['a limit of no days', ofStage({ limitDays: 0 }), 'pipelines.0.stages.0.limitDays'],
    ['a quantile above 1', of({ thresholds: { stuckQuantile: 80 } }), 'pipelines.0.thresholds.stuckQuantile'],
    ['an unknown word', of({ colour: 'red' }), 'pipelines.0.colour'],
    ['an unknown field of deals', exit({ deal: 'shoes', eq: 'x' }), `${at}.deal`],
    ['a text as amount', exit({ deal: 'amount', gte: '1000' }), `${at}.gte`],
    ['part of a person', exit({ role: 'champion', gte: 0.5 }), `${at}.gte`],
    ['no role', exit({ role: '', gte: 1 }), `${at}.role`],
    ['days of something else', exit({ days: 'in-pipeline', gte: 1 }), `${at}.days`],
    ['criteria on a lead', exit({ field: 'title', eq: 'x' }), at],
    ['enforced criteria over touches', exit({ not: { touches: {}, gte: 1 } }, true), `${at}.not`],
    ['a fault of quality', of({ quality: { all: [] } }), 'pipelines.0.quality.all'],
    [
      'a limit of silence twice',
      of(
        {},
        {
          silence: [
            { stage: 'mql', days: 3 },
            { stage: 'mql', days: 4 },
          ],
        },
      ),
      'silence.1.stage',
    ],
  ])('are refused with %s', (_, body, path) => expect(pathOf('pipeline', body)).toBe(path));
});
