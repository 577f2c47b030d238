import { durationMs, fromMs, toMs, type Instant } from '@baton/kernel';
import {
  evaluate,
  touchMatcher,
  type CriteriaFacts,
  type EngagementRule,
  type FitRule,
  type ScoreAxis,
  type ScoringModel,
  type TouchFact,
} from '@baton/definitions';

/** One entry of the explanation of a score. All entries together are the score. */
export interface ScoreEntry {
  readonly axis: Exclude<ScoreAxis, 'total'> | 'total';
  /** A hit of a rule; or what a cap takes off what stands before it. */
  readonly cause: 'hit' | 'rule-cap' | 'group-cap' | 'total-cap';
  /** Code of the rule, or of the group; '' for the cap of the whole. */
  readonly code: string;
  /** The touch that was hit, when it was, and its age at the instant of the score. */
  readonly touchId?: string;
  readonly at?: Instant;
  readonly ageMs?: number;
  /** Hundredths of a point after decay, rounded half-even; below zero for what is taken off. */
  readonly hundredths: number;
}
/** A score at an instant, in hundredths of a point. */
export interface Score {
  readonly hundredths: number;
  readonly fit: number;
  readonly engagement: number;
  /** A1 … C3: fit as a letter, engagement as a number; absent where the model has no cut-offs. */
  readonly grade?: string;
  readonly entries: readonly ScoreEntry[];
}

/** Rounds to the nearest integer, halves to the even one. */
export const halfEven = (value: number): number => {
  const floor = Math.floor(value);
  const over = value - floor;
  return over < 0.5 || (over === 0.5 && floor % 2 === 0) ? floor : floor + 1;
};
const cents = (points: number): number => Math.round(points * 100);
const period = (text: string | undefined): number | undefined => (text === undefined ? undefined : durationMs(text));
const sum = (entries: readonly ScoreEntry[]): number =>
  entries.reduce((total, { hundredths }) => total + hundredths, 0);

/** What a cap takes off a sum: nothing within ± cap. */
const capped = (
  entries: readonly ScoreEntry[],
  cap: number | undefined,
  entry: Pick<ScoreEntry, 'axis' | 'cause' | 'code'>,
): readonly ScoreEntry[] => {
  const total = sum(entries);
  const limit = cap === undefined ? Infinity : cents(cap);
  if (Math.abs(total) <= limit) return entries;
  return [...entries, { ...entry, hundredths: Math.sign(total) * limit - total }];
};

/**
 * The touches that a rule counts at an instant. Which of them count – once, cool-down – follows from the history alone
 * and not from their age, so that an old touch never makes room for another by growing older.
 * @param touches in order of time, none after `now`
 */
const hitsOf = (rule: EngagementRule, touches: readonly TouchFact[], now: number): readonly ScoreEntry[] => {
  const means = touchMatcher(rule.touches);
  const [coolDown, within, halfLife] = [period(rule.coolDown), period(rule.within), period(rule.halfLife)];
  const entries: ScoreEntry[] = [];
  let counted: number | undefined;
  // What is too old is passed over unseen, unless it decides which later touches count.
  const from = within !== undefined && !rule.once && coolDown === undefined ? fromMs(now - within) : '';
  for (const touch of touches) {
    if (counted !== undefined && rule.once) break;
    if (touch.at < from || !means(touch)) continue;
    const at = toMs(touch.at);
    if (counted !== undefined && coolDown !== undefined && at - counted < coolDown) continue;
    counted = at;
    const ageMs = now - at;
    if (within !== undefined && ageMs > within) continue;
    const decay = halfLife === undefined ? 1 : 2 ** (-ageMs / halfLife);
    const hundredths = halfEven(cents(rule.points) * decay) + 0; // no negative zero
    entries.push({
      axis: 'engagement',
      cause: 'hit',
      code: rule.code,
      touchId: touch.id,
      at: touch.at,
      ageMs,
      hundredths,
    });
  }
  return capped(entries, rule.cap, { axis: 'engagement', cause: 'rule-cap', code: rule.code });
};

/** Puts the entries of an axis together, the rules of a group under its cap. */
const axisOf = (
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
    free.push(...capped(grouped.get(code) ?? [], cap, { axis, cause: 'group-cap', code }));
  return free;
};

const rank = (hundredths: number, { high, middle }: { high: number; middle: number }): number =>
  hundredths >= cents(high) ? 0 : hundredths >= cents(middle) ? 1 : 2;

/**
 * The score of a person at an instant under a model: points for who the person is and for the touches up to then, each
 * `points × 2^(−age / half-life)` in exact time. The same model, facts and instant give the same score for ever.
 * @param facts touches in any order; later ones do not count
 * @returns in hundredths of a point; the entries sum to it exactly. Caps hold for a rule, then for its group, then for
 * the whole, on both sides of zero. Never throws for a sound model.
 */
export const scoreAt = (model: ScoringModel, facts: CriteriaFacts, now: Instant): Score => {
  const touches: TouchFact[] = [];
  let sorted = true;
  for (let index = 0; index < facts.touches.length; index++) {
    const touch = facts.touches.at(index)!;
    if (touch.at > now) continue;
    sorted &&= touches.length === 0 || touches[touches.length - 1]!.at <= touch.at;
    touches.push(touch);
  }
  if (!sorted) touches.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const groups = model.groups ?? [];
  const fits = model.fit.rules as unknown as readonly FitRule[];
  const fitEntries = (index: number): readonly ScoreEntry[] => {
    const { when, code, points } = fits[index]!;
    return evaluate(when, { ...facts, touches: [] }, now).met
      ? [{ axis: 'fit', cause: 'hit', code, hundredths: cents(points) }]
      : [];
  };
  const rules = model.engagement.rules;
  const fit = axisOf('fit', fits, fitEntries, groups);
  const engagement = axisOf('engagement', rules, (index) => hitsOf(rules[index]!, touches, toMs(now)), groups);
  const entries = capped([...fit, ...engagement], model.cap, { axis: 'total', cause: 'total-cap', code: '' });
  const [fitSum, engagementSum] = [sum(fit), sum(engagement)];
  const cuts = model.fit.cutOffs && model.engagement.cutOffs;
  const grade = cuts ? { grade: `${'ABC'[rank(fitSum, model.fit.cutOffs!)]}${rank(engagementSum, cuts) + 1}` } : {};
  return { hundredths: sum(entries), fit: fitSum, engagement: engagementSum, ...grade, entries };
};
