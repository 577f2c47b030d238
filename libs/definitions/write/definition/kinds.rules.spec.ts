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
