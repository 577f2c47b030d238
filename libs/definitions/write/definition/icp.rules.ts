import { integer, list, object, oneOf, optional, text, type Fault, type Static } from '@baton/kernel';
import { repeatedCode } from './codes.rules';

/** What an account may be judged by, and whether that is a word or a number. */
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
const WHOLE = 100;

const code = text('Short and stable; the rating names it.', { min: 1, max: 100 });
const field = oneOf(Object.keys(accountFields) as [AccountField, ...AccountField[]], 'A fact of the account.');
const points = (description: string) => integer(description, { min: 0, max: WHOLE });
const among = optional(list(text('', { max: 300 }), 'It is one of these, in any case of letters.', { max: 300 }));
const bounds = {
  atLeast: optional(integer('This much or more.', { min: 0 })),
  below: optional(integer('Less than this.', { min: 1 })),
};

/** Which companies suit us: points for what an account is, up to 100 for each profile. */
export const icp = object({
  profiles: list(
    object({
      code,
      label: optional(text('In words.', { max: 200 })),
      rules: list(
        object({
          code,
          field,
          points: points('The most that this rule gives.'),
          in: among,
          ranges: optional(
            list(object({ ...bounds, points: points('What this range gives.') }), 'Of a number.', { max: 50 }),
          ),
        }),
        'Their points add up to 100.',
        { max: 50 },
      ),
      never: optional(
        list(object({ field, in: among, ...bounds }), 'One of these, and the account is left out.', { max: 50 }),
      ),
    }),
    'An account is rated by the profile that suits it best.',
    { max: 20 },
  ),
  bands: optional(
    object(
      { strong: points('From here on the fit is strong.'), moderate: points('From here on it is moderate.') },
      '81 and 50 where none are given.',
    ),
  ),
});
export type Icp = Static<typeof icp>;
type Rule = Icp['profiles'][number]['rules'][number];
interface Range {
  readonly atLeast?: number;
  readonly below?: number;
}

const rangeFault = ({ atLeast = 0, below = Infinity }: Range, path: string): Fault | undefined =>
  atLeast < below ? undefined : { path, message: 'A range ends above its beginning.' };

const ruleFault = (rule: Rule, path: string): Fault | undefined => {
  if (accountFields[rule.field] === 'text')
    return rule.in && rule.in.length > 0 && !rule.ranges
      ? undefined
      : { path, message: `Of ${rule.field} name words: in.` };
  const { ranges } = rule;
  if (rule.in || !ranges || ranges.length === 0) return { path, message: `Of ${rule.field} name ranges.` };
  for (const [index, range] of ranges.entries()) {
    const place = `${path}.ranges.${index}`;
    const fault = rangeFault(range, place);
    if (fault) return fault;
    if (range.points > rule.points)
      return { path: `${place}.points`, message: 'A range gives at most what its rule gives.' };
    const overlaps = ranges
      .slice(0, index)
      .some(
        (other) => (range.atLeast ?? 0) < (other.below ?? Infinity) && (other.atLeast ?? 0) < (range.below ?? Infinity),
      );
    if (overlaps) return { path: place, message: 'It overlaps with a range before it.' };
  }
  return undefined;
};

/** @returns what the schema cannot say: words for words and ranges for numbers, points that add up to 100, bands in order */
export const validateIcp = (body: Icp): Fault | undefined => {
  const { profiles, bands } = body;
  if (profiles.length === 0) return { path: 'profiles', message: 'Give at least one profile.' };
  const again = repeatedCode(profiles.map((profile) => profile.code));
  if (again >= 0) return { path: `profiles.${again}.code`, message: 'Another profile has this code.' };
  for (const [index, { rules, never = [] }] of profiles.entries()) {
    const at = `profiles.${index}`;
    const double = repeatedCode(rules.map((rule) => rule.code));
    if (double >= 0) return { path: `${at}.rules.${double}.code`, message: 'Another rule has this code.' };
    for (const [place, rule] of rules.entries()) {
      const fault = ruleFault(rule, `${at}.rules.${place}`);
      if (fault) return fault;
    }
    const sum = rules.reduce((total, rule) => total + rule.points, 0);
    if (sum !== WHOLE) return { path: `${at}.rules`, message: `The points add up to ${sum}, not to ${WHOLE}.` };
    for (const [place, { field: of, in: words, ...range }] of never.entries()) {
      const path = `${at}.never.${place}`;
      const wordy = accountFields[of] === 'text';
      if (wordy !== (words !== undefined && words.length > 0) || wordy === ('atLeast' in range || 'below' in range))
        return { path, message: wordy ? `Of ${of} name words: in.` : `Of ${of} name atLeast or below.` };
      const fault = rangeFault(range, path);
      if (fault) return fault;
    }
  }
  return bands && bands.strong <= bands.moderate
    ? { path: 'bands.strong', message: 'Strong begins above moderate.' }
    : undefined;
};
