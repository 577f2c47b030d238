import { integer, list, object, oneOf, optional, text, type Fault, type Static } from '@baton/kernel';
import { indexOfRepeatedCode } from './codes.rules';

/** The fields of an account that profiles can test, with their types. */
const accountFields = {
  industry: 'text',
  country: 'text',
  region: 'text',
  technology: 'text',
  challenge: 'text',
  employees: 'number',
  revenue: 'number',
  budget: 'number',
} as const;
type AccountField = keyof typeof accountFields;
const TOTAL_POINTS = 100;

const code = text('Short, stable code; ratings refer to it.', { min: 1, max: 100 });
const field = oneOf(Object.keys(accountFields) as [AccountField, ...AccountField[]], 'Field of the account.');
const points = (description: string) => integer(description, { min: 0, max: TOTAL_POINTS });
const among = optional(list(text('', { max: 300 }), 'Allowed values; case is ignored.', { max: 300 }));
const bounds = {
  atLeast: optional(integer('Lower bound, inclusive.', { min: 0 })),
  below: optional(integer('Upper bound, exclusive.', { min: 1 })),
};

/** The ideal customer profile: points for the fields of an account, up to 100 per profile. */
export const icp = object({
  profiles: list(
    object({
      code,
      label: optional(text('Label for people.', { max: 200 })),
      rules: list(
        object({
          code,
          field,
          points: points('Most points that this rule can give, 0 to 100.'),
          in: among,
          ranges: optional(
            list(
              object({ ...bounds, points: points('Points for this range.') }),
              'Ranges of a number, each with its points.',
              { max: 50 },
            ),
          ),
        }),
        'Rules of the profile; their points add up to 100.',
        { max: 50 },
      ),
      never: optional(
        list(object({ field, in: among, ...bounds }), 'Exclusions: an account that matches one of them is not rated.', {
          max: 50,
        }),
      ),
    }),
    'Profiles of companies; an account gets the rating of the profile that gives it the most points.',
    { max: 20 },
  ),
  bands: optional(
    object(
      { strong: points('Points from which the fit is strong.'), moderate: points('Points from which it is moderate.') },
      'Thresholds of the bands; by default 81 and 50.',
    ),
  ),
});
export type Icp = Static<typeof icp>;
type Rule = Icp['profiles'][number]['rules'][number];
interface Range {
  readonly atLeast?: number;
  readonly below?: number;
}

const validateRange = ({ atLeast = 0, below = Infinity }: Range, path: string): Fault | undefined =>
  atLeast < below ? undefined : { path, message: 'below must be greater than atLeast.' };

const validateRule = (rule: Rule, path: string): Fault | undefined => {
  if (accountFields[rule.field] === 'text')
    return rule.in && rule.in.length > 0 && !rule.ranges
      ? undefined
      : { path, message: `${rule.field} is text: give the allowed values as in, and no ranges.` };
  const { ranges } = rule;
  if (rule.in || !ranges || ranges.length === 0)
    return { path, message: `${rule.field} is a number: give ranges, and no in.` };
  for (const [index, range] of ranges.entries()) {
    const place = `${path}.ranges.${index}`;
    const fault = validateRange(range, place);
    if (fault) return fault;
    if (range.points > rule.points)
      return { path: `${place}.points`, message: 'points of a range must not exceed the points of its rule.' };
    const overlaps = ranges
      .slice(0, index)
      .some(
        (other) => (range.atLeast ?? 0) < (other.below ?? Infinity) && (other.atLeast ?? 0) < (range.below ?? Infinity),
      );
    if (overlaps) return { path: place, message: 'This range overlaps with an earlier one; ranges must not overlap.' };
  }
  return undefined;
};

/** @returns the first fault that the schema cannot find: ranges for text, points that do not add up to 100, bands in the wrong order */
export const validateIcp = (body: Icp): Fault | undefined => {
  const { profiles, bands } = body;
  if (profiles.length === 0) return { path: 'profiles', message: 'profiles must list at least one profile.' };
  const again = indexOfRepeatedCode(profiles.map((profile) => profile.code));
  if (again >= 0)
    return { path: `profiles.${again}.code`, message: 'Another profile has this code; choose another one.' };
  for (const [index, { rules, never = [] }] of profiles.entries()) {
    const at = `profiles.${index}`;
    const double = indexOfRepeatedCode(rules.map((rule) => rule.code));
    if (double >= 0)
      return { path: `${at}.rules.${double}.code`, message: 'Another rule has this code; choose another one.' };
    for (const [place, rule] of rules.entries()) {
      const fault = validateRule(rule, `${at}.rules.${place}`);
      if (fault) return fault;
    }
    const sum = rules.reduce((total, rule) => total + rule.points, 0);
    if (sum !== TOTAL_POINTS)
      return {
        path: `${at}.rules`,
        message: `The points of the rules must add up to ${TOTAL_POINTS}; they add up to ${sum}.`,
      };
    for (const [place, { field: of, in: words, ...range }] of never.entries()) {
      const path = `${at}.never.${place}`;
      const wordy = accountFields[of] === 'text';
      if (wordy !== (words !== undefined && words.length > 0) || wordy === ('atLeast' in range || 'below' in range))
        return {
          path,
          message: wordy
            ? `${of} is text: give the excluded values as in.`
            : `${of} is a number: give atLeast or below.`,
        };
      const fault = validateRange(range, path);
      if (fault) return fault;
    }
  }
  return bands && bands.strong <= bands.moderate
    ? { path: 'bands.strong', message: 'strong must be greater than moderate.' }
    : undefined;
};
