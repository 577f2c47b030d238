import { flag, json, list, object, optional, real, text, type Fault, type Json, type Static } from '@baton/kernel';
import { indexOfRepeatedCode } from './codes.rules';
import { validateCriteria, validateDuration, type Criterion } from './criteria.rules';
import { touchPattern } from './touches.rules';

const code = text('Short, stable code; the explanation of a score refers to it.', { min: 1, max: 100 });
const points = real('Points for one match, at most two decimals; may be negative.', { min: -10_000, max: 10_000 });
const cap = (of: string) =>
  optional(
    real(`Most points that ${of} can give; a negative sum is limited to the same amount.`, { min: 0, max: 100_000 }),
  );
const group = optional(text('Code of a group of rules that share a cap.', { min: 1, max: 100 }));
const period = (description: string) =>
  optional(text(`${description} An ISO 8601 duration: P30D, PT12H.`, { max: 30 }));
const cutOffs = optional(
  object(
    { high: real('Points from which the grade is the best.'), middle: real('Points from which it is the second.') },
    'Thresholds of the three grades on this axis, in points.',
  ),
);

/** The scoring model: points for who the person is (fit) and for what the person does (engagement). */
export const scoringModel = object({
  threshold: optional(real('Total score from which a lead is qualified, in points.')),
  cap: cap('the whole score'),
  fit: object({
    rules: list(object({ code, when: json('Criteria on fields of the person.'), points, group })),
    cutOffs,
  }),
  engagement: object({
    rules: list(
      object({
        code,
        touches: touchPattern,
        points,
        cap: cap('this rule'),
        once: optional(flag('Only the first matching touch of a person counts.')),
        coolDown: period('After a touch that counted, the next one counts only once this time has passed.'),
        within: period('Touches older than this do not count.'),
        halfLife: period('Age at which a touch counts half.'),
        group,
      }),
    ),
    cutOffs,
  }),
  groups: optional(list(object({ code, cap: real('Most points that the group can give.', { min: 0 }) }))),
});
export type ScoringModel = Static<typeof scoringModel>;
export type FitRule = Omit<ScoringModel['fit']['rules'][number], 'when'> & { readonly when: Criterion };
export type EngagementRule = ScoringModel['engagement']['rules'][number];

const wholeHundredths = (value: number): boolean => Math.abs(value * 100 - Math.round(value * 100)) < 1e-6;

/** @returns the first fault that the schema cannot find: criteria, durations, repeated codes, unknown groups, grades in the wrong order */
export const validateScoringModel = (body: ScoringModel): Fault | undefined => {
  const { fit, engagement, groups = [] } = body;
  const known = groups.map((each) => each.code);
  const double = indexOfRepeatedCode(known);
  if (double >= 0)
    return { path: `groups.${double}.code`, message: 'Another group has this code; choose another one.' };
  const fitGroups = fit.rules.flatMap((rule) => rule.group ?? []);
  const codes = [...fit.rules, ...engagement.rules].map((rule) => rule.code);
  const again = indexOfRepeatedCode(codes);
  for (const [axis, rules, first] of [
    ['fit', fit.rules, 0],
    ['engagement', engagement.rules, fit.rules.length],
  ] as const)
    for (const [index, rule] of rules.entries()) {
      const path = `${axis}.rules.${index}`;
      if (again === first + index)
        return { path: `${path}.code`, message: 'Another rule has this code; choose another one.' };
      if (!wholeHundredths(rule.points))
        return { path: `${path}.points`, message: 'points can have at most two decimals.' };
      if (rule.group !== undefined && !known.includes(rule.group))
        return { path: `${path}.group`, message: 'group must be the code of a group listed in groups.' };
      if (axis === 'engagement' && rule.group !== undefined && fitGroups.includes(rule.group))
        return {
          path: `${path}.group`,
          message: 'This group already has fit rules; a group can belong to one axis only.',
        };
      const fault =
        'when' in rule ? validateCriteria(rule.when as Json, ['field'], `${path}.when`) : validatePeriods(rule, path);
      if (fault) return fault;
    }
  for (const [axis, { cutOffs: grades }] of [
    ['fit', fit],
    ['engagement', engagement],
  ] as const)
    if (grades && grades.high <= grades.middle)
      return { path: `${axis}.cutOffs.high`, message: 'high must be greater than middle.' };
  return undefined;
};

const validatePeriods = ({ coolDown, within, halfLife }: EngagementRule, path: string): Fault | undefined =>
  validateDuration(coolDown, `${path}.coolDown`) ??
  validateDuration(within, `${path}.within`) ??
  validateDuration(halfLife, `${path}.halfLife`);
