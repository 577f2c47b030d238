import { durationMs, enumeration, oncePer, toMs, type EnumerationValue, type Instant } from '@baton/kernel';
import {
  countBelow,
  matchingTouches,
  forecastCriterion,
  type CriteriaFacts,
  type EngagementRule,
  type FitRule,
  type MatchingTouches,
  type ValueRange,
  type ScoreAxis,
  type ScoringModel,
} from '@baton/definitions';

export const scoreCauses = enumeration('ScoreCause', 'Where the points of an entry come from.', {
  hit: 'Points of a rule.',
  'rule-cap': 'Points removed by the cap of a rule.',
  'group-cap': 'Points removed by the cap of a group.',
  'total-cap': 'Points removed by the cap on the total score.',
});
/** One entry of the explanation of a score. The entries sum to the score. */
export interface ScoreEntry {
  readonly axis: ScoreAxis;
  /** Points of a rule for a touch or the profile, or the points that a cap removes. */
  readonly cause: EnumerationValue<typeof scoreCauses>;
  /** Code of the rule, or of the group; '' for the cap of the whole. */
  readonly code: string;
  /** The touch that was counted, its time, and its age at the instant of the score. */
  readonly touchId?: string;
  readonly at?: Instant;
  readonly ageMs?: number;
  /** Hundredths of a point after decay, rounded half-even; negative if points are removed. */
  readonly hundredths: number;
}
/** Fit as a letter, engagement as a number. */
export const grades = enumeration('Grade', 'Fit as a letter (A is best) and engagement as a number (1 is best).', {
  A1: 'Best fit, most engaged.',
  A2: 'Best fit, engaged.',
  A3: 'Best fit, least engaged.',
  B1: 'Good fit, most engaged.',
  B2: 'Good fit, engaged.',
  B3: 'Good fit, least engaged.',
  C1: 'Least fit, most engaged.',
  C2: 'Least fit, engaged.',
  C3: 'Least fit, least engaged.',
});
export type Grade = EnumerationValue<typeof grades>;

/** A score at an instant, in hundredths of a point. */
export interface Score {
  readonly hundredths: number;
  readonly fit: number;
  readonly engagement: number;
  /** A1 … C3: fit as a letter, engagement as a number; absent where the model has no cut-offs. */
  readonly grade?: Grade;
  readonly entries: readonly ScoreEntry[];
}

/** Rounds to the nearest integer, halves to the even one. */
export const halfEven = (value: number): number => {
  const floor = Math.floor(value);
  const over = value - floor;
  return over < 0.5 || (over === 0.5 && floor % 2 === 0) ? floor : floor + 1;
};
const hundredthsOf = (points: number): number => Math.round(points * 100);
const sum = (entries: readonly ScoreEntry[]): number =>
  entries.reduce((total, { hundredths }) => total + hundredths, 0);

/** Adds the entry that limits a sum to ± cap. */
const withCap = (
  entries: readonly ScoreEntry[],
  cap: number | undefined,
  entry: Pick<ScoreEntry, 'axis' | 'cause' | 'code'>,
): readonly ScoreEntry[] => {
  const total = sum(entries);
  const limit = cap === undefined ? Infinity : hundredthsOf(cap);
  if (Math.abs(total) <= limit) return entries;
  return [...entries, { ...entry, hundredths: Math.sign(total) * limit - total }];
};

/** The parameters of an engagement rule in hundredths and milliseconds; Infinity if not set. */
interface RuleParameters {
  readonly hundredths: number;
  readonly coolDown: number;
  readonly within: number;
  readonly halfLife: number;
  /** Age from which a hit rounds to zero points. */
  readonly worthlessAfterMs: number;
}
const parametersOf = oncePer((rule: EngagementRule): RuleParameters => {
  const hundredths = hundredthsOf(rule.points);
  const [coolDown, within, halfLife] = [
    rule.coolDown === undefined ? 0 : durationMs(rule.coolDown),
    rule.within === undefined ? Infinity : durationMs(rule.within),
    rule.halfLife === undefined ? Infinity : durationMs(rule.halfLife),
  ];
  // Up to half a hundredth rounds to zero; the margin covers the rounding of this age.
  const halves = Math.max(0, Math.log2(2 * Math.abs(hundredths)));
  const worthlessAfterMs = halfLife === Infinity ? Infinity : halfLife * halves * (1 + 1e-9) + 1;
  return { hundredths, coolDown, within, halfLife, worthlessAfterMs };
});

/** The points of a hit at some age, in hundredths. */
const hundredthsAt = ({ hundredths, halfLife }: RuleParameters, ageMs: number): number =>
  halfLife === Infinity ? hundredths : halfEven(hundredths * 2 ** (-ageMs / halfLife)) + 0; // no negative zero

/**
 * Calls `hit` for each touch that a rule counts at an instant. Which touches count under `once` and cool-down depends
 * on the history alone and not on their age, so that an old touch does not make room for another when it expires.
 * @param times of the touches that match the rule, ascending
 * @param oldest the highest age of interest
 */
const forEachHit = (
  { once }: EngagementRule,
  { coolDown }: RuleParameters,
  times: readonly number[],
  now: number,
  oldest: number,
  hit: (index: number) => void,
): void => {
  const end = once ? Math.min(1, countBelow(times, now + 1)) : countBelow(times, now + 1);
  // A touch that is too old is skipped, unless it decides which later touches count.
  for (let index = coolDown > 0 || once ? 0 : countBelow(times, now - oldest); index < end;) {
    if (now - times[index]! <= oldest) hit(index);
    index = coolDown > 0 ? countBelow(times, times[index]! + coolDown) : index + 1;
  }
};

const hitsOf = (
  rule: EngagementRule,
  touches: CriteriaFacts['touches'],
  { times, places }: MatchingTouches,
  now: number,
): readonly ScoreEntry[] => {
  const it = parametersOf(rule);
  const entries: ScoreEntry[] = [];
  forEachHit(rule, it, times, now, it.within, (index) => {
    const [touch, ageMs] = [touches.at(places[index]!)!, now - times[index]!];
    entries.push({
      axis: 'engagement',
      cause: 'hit',
      code: rule.code,
      touchId: touch.id,
      at: touch.at,
      ageMs,
      hundredths: hundredthsAt(it, ageMs),
    });
  });
  return withCap(entries, rule.cap, { axis: 'engagement', cause: 'rule-cap', code: rule.code });
};

/** Combines the entries of an axis, the rules of a group under its cap. */
const axisEntries = (
  axis: 'fit' | 'engagement',
  rules: readonly { readonly group?: string }[],
  entriesOf: (index: number) => readonly ScoreEntry[],
  groups: NonNullable<ScoringModel['groups']>,
): readonly ScoreEntry[] => {
  const free: ScoreEntry[] = [];
  const grouped = new Map<string, ScoreEntry[]>();
  for (const [index, { group }] of rules.entries()) {
    const into = group === undefined ? free : (grouped.get(group) ?? []);
    into.push(...entriesOf(index));
    if (group !== undefined) grouped.set(group, into);
  }
  for (const { code, cap } of groups)
    free.push(...withCap(grouped.get(code) ?? [], cap, { axis, cause: 'group-cap', code }));
  return free;
};

const matchesFit = (when: FitRule['when'], { profile }: Pick<CriteriaFacts, 'profile'>): boolean =>
  forecastCriterion(when, { profile, touches: [] }, 0, 0) === 1;

const bandOf = (hundredths: number, { high, middle }: { high: number; middle: number }): number =>
  hundredths >= hundredthsOf(high) ? 0 : hundredths >= hundredthsOf(middle) ? 1 : 2;

/** The grade of two sums in hundredths, A1 … C3; undefined where the model has no cut-offs for both axes. */
export const gradeOf = ({ fit, engagement }: ScoringModel, fitSum: number, engagementSum: number): Grade | undefined =>
  fit.cutOffs && engagement.cutOffs
    ? grades.values[3 * bandOf(fitSum, fit.cutOffs) + bandOf(engagementSum, engagement.cutOffs)]
    : undefined;

/**
 * The score of a person at an instant under a model: points for the profile and for the touches up to then, each
 * `points × 2^(−age / half-life)` in exact time. The same model, facts and instant always give the same score.
 * @param facts touches in any order; later ones do not count
 * @returns in hundredths of a point; the entries sum to it exactly. Caps limit a rule, then its group, then the total,
 *   above and below zero. Never throws for a valid model.
 */
export const scoreAt = (model: ScoringModel, facts: CriteriaFacts, now: Instant): Score => {
  const groups = model.groups ?? [];
  const fitRules = model.fit.rules as unknown as readonly FitRule[];
  const fitEntries = (index: number): readonly ScoreEntry[] => {
    const { when, code, points } = fitRules[index]!;
    return matchesFit(when, facts) ? [{ axis: 'fit', cause: 'hit', code, hundredths: hundredthsOf(points) }] : [];
  };
  const rules = model.engagement.rules;
  const fit = axisEntries('fit', fitRules, fitEntries, groups);
  const hits = (index: number): readonly ScoreEntry[] => {
    const rule = rules[index]!;
    return hitsOf(rule, facts.touches, matchingTouches(rule.touches, facts.touches), toMs(now));
  };
  const engagement = axisEntries('engagement', rules, hits, groups);
  const entries = withCap([...fit, ...engagement], model.cap, { axis: 'total', cause: 'total-cap', code: '' });
  const [fitSum, engagementSum] = [sum(fit), sum(engagement)];
  const grade = gradeOf(model, fitSum, engagementSum);
  return { hundredths: sum(entries), fit: fitSum, engagement: engagementSum, ...(grade && { grade }), entries };
};

const withinCap = ([low, high]: ValueRange, cap: number | undefined): ValueRange => {
  const limit = cap === undefined ? Infinity : hundredthsOf(cap);
  const withCap = (bound: number) => Math.min(limit, Math.max(-limit, bound)) + 0; // no negative zero
  return [withCap(low), withCap(high)];
};
const addRanges = (a: ValueRange, b: ValueRange): ValueRange => [a[0] + b[0], a[1] + b[1]];
const ZERO_RANGE: ValueRange = [0, 0];

/** The range of a rule’s points over an interval, under its cap. */
const ruleRange = (rule: EngagementRule, { times }: MatchingTouches, from: number, to: number): ValueRange => {
  const it = parametersOf(rule);
  let [low, high] = [0, 0];
  forEachHit(rule, it, times, from, Math.min(it.within, it.worthlessAfterMs), (index) => {
    const first = hundredthsAt(it, from - times[index]!);
    const ageAtLast = to - times[index]!;
    // Every hit decays towards zero, and its points never rise again.
    const last = from === to ? first : ageAtLast > it.within ? 0 : hundredthsAt(it, ageAtLast);
    low += Math.min(first, last);
    high += Math.max(first, last);
  });
  return withinCap([low, high], rule.cap);
};

/**
 * Bounds, in hundredths of a point, of the score and its two axes over [from, to] if no event occurs. For a single
 * instant both bounds are the score of `scoreAt`, without its explanation.
 * @param from, to epoch milliseconds, no touch between them
 */
export const scoreRange = (
  model: ScoringModel,
  facts: Pick<CriteriaFacts, 'profile' | 'touches'>,
  from: number,
  to: number,
): Readonly<Record<ScoreAxis, ValueRange>> => {
  const rangeOf = <R extends { readonly group?: string }>(
    rules: readonly R[],
    of: (rule: R) => ValueRange,
  ): ValueRange => {
    let free = ZERO_RANGE;
    const grouped = new Map<string, ValueRange>();
    for (const rule of rules)
      if (rule.group === undefined) free = addRanges(free, of(rule));
      else grouped.set(rule.group, addRanges(grouped.get(rule.group) ?? ZERO_RANGE, of(rule)));
    for (const { code, cap } of model.groups ?? [])
      free = addRanges(free, withinCap(grouped.get(code) ?? ZERO_RANGE, cap));
    return free;
  };
  const fit = rangeOf(model.fit.rules as unknown as readonly FitRule[], ({ when, points }) =>
    matchesFit(when, facts) ? [hundredthsOf(points), hundredthsOf(points)] : ZERO_RANGE,
  );
  const engagement = rangeOf(model.engagement.rules, (rule) =>
    ruleRange(rule, matchingTouches(rule.touches, facts.touches), from, to),
  );
  return { fit, engagement, total: withinCap(addRanges(fit, engagement), model.cap) };
};

/** Whether a score under this model can rise or fall without another event. */
export const scoreMovement = (model: ScoringModel): { readonly rises: boolean; readonly falls: boolean } => {
  const fading = model.engagement.rules.filter(
    ({ within, halfLife }) => within !== undefined || halfLife !== undefined,
  );
  return { rises: fading.some(({ points }) => points < 0), falls: fading.some(({ points }) => points > 0) };
};
