import { flag, json, list, object, optional, real, text, type Fault, type Json, type Static } from '@baton/kernel';
import { repeatedCode } from './codes.rules';
import { criteriaFault, durationFault, type Criterion } from './criteria.rules';
import { touchMatch } from './touches.rules';

const code = text('Short and stable; the explanation of a score names it.', { min: 1, max: 100 });
const points = real('Points of one hit, at most two decimals; may be below zero.', { min: -10_000, max: 10_000 });
const cap = (of: string) =>
  optional(
    real(`The most that ${of} gives, in points; for sums below zero the most it takes.`, { min: 0, max: 100_000 }),
  );
const group = optional(text('A group of rules with a cap of its own.', { min: 1, max: 100 }));
const period = (description: string) => optional(text(`${description} ISO 8601: P30D, PT12H.`, { max: 30 }));
const cutOffs = optional(
  object(
    { high: real('From here on the best of three.'), middle: real('From here on the second.') },
    'Where the three grades of this axis begin, in points.',
  ),
);

/** How a lead is scored: points for who the person is (fit) and for what the person does (engagement). */
export const scoringModel = object({
  threshold: optional(real('From this total on a lead is qualified, in points.')),
  cap: cap('the whole score'),
  fit: object({
    rules: list(object({ code, when: json('Criteria over fields of the person.'), points, group })),
    cutOffs,
  }),
  engagement: object({
    rules: list(
      object({
        code,
        touches: touchMatch,
        points,
        cap: cap('this rule'),
        once: optional(flag('Only the first touch of a person counts.')),
        coolDown: period('After a counted touch the next one counts only when this long has passed.'),
        within: period('A touch older than this counts no more.'),
        halfLife: period('After this age a touch counts half.'),
        group,
      }),
    ),
    cutOffs,
  }),
  groups: optional(list(object({ code, cap: real('The most the group gives, in points.', { min: 0 }) }))),
});
export type ScoringModel = Static<typeof scoringModel>;
export type FitRule = Omit<ScoringModel['fit']['rules'][number], 'when'> & { readonly when: Criterion };
export type EngagementRule = ScoringModel['engagement']['rules'][number];

const wholeHundredths = (value: number): boolean => Math.abs(value * 100 - Math.round(value * 100)) < 1e-6;

/** What the shape of a scoring model does not say: sound criteria and periods, codes and groups that fit together. */
export const validateScoringModel = (body: ScoringModel): Fault | undefined => {
  const { fit, engagement, groups = [] } = body;
  const known = groups.map((each) => each.code);
  const double = repeatedCode(known);
  if (double >= 0) return { path: `groups.${double}.code`, message: 'Another group has this code.' };
  const fitGroups = fit.rules.flatMap((rule) => rule.group ?? []);
  const codes = [...fit.rules, ...engagement.rules].map((rule) => rule.code);
  const again = repeatedCode(codes);
  for (const [axis, rules, first] of [
    ['fit', fit.rules, 0],
    ['engagement', engagement.rules, fit.rules.length],
  ] as const)
    for (const [index, rule] of rules.entries()) {
      const path = `${axis}.rules.${index}`;
      if (again === first + index) return { path: `${path}.code`, message: 'Another rule has this code.' };
      if (!wholeHundredths(rule.points)) return { path: `${path}.points`, message: 'Give at most two decimals.' };
      if (rule.group !== undefined && !known.includes(rule.group))
        return { path: `${path}.group`, message: 'Name one of the groups of this model.' };
      if (axis === 'engagement' && rule.group !== undefined && fitGroups.includes(rule.group))
        return { path: `${path}.group`, message: 'A group belongs to one axis; this one has rules of fit.' };
      const fault =
        'when' in rule ? criteriaFault(rule.when as Json, ['field'], `${path}.when`) : periodFault(rule, path);
      if (fault) return fault;
    }
  for (const [axis, { cutOffs: grades }] of [
    ['fit', fit],
    ['engagement', engagement],
  ] as const)
    if (grades && grades.high <= grades.middle)
      return { path: `${axis}.cutOffs.high`, message: 'The best grade begins above the second.' };
  return undefined;
};

const periodFault = ({ coolDown, within, halfLife }: EngagementRule, path: string): Fault | undefined =>
  durationFault(coolDown, `${path}.coolDown`) ??
  durationFault(within, `${path}.within`) ??
  durationFault(halfLife, `${path}.halfLife`);
