import { durationMs, type Fault, faultFinder, type Instant, hasText, type Json, wordKey, toMs } from '@baton/kernel';
import { matcher } from './channel.rules';
import { countBelow, matchesOf, touchMatch, type Touches, type TouchMatch } from './touches.rules';

/** The facts of a person that criteria compare; names and addresses are none of them. */
export const profileFields = {
  title: 'text',
  company: 'text',
  industry: 'text',
  employees: 'number',
  country: 'text',
  region: 'text',
  source: 'text',
  owner: 'text',
} as const;
export type ProfileField = keyof typeof profileFields;
/** The questions that qualify a lead for sales: who pays, who decides, what for, by when. */
export const salesQuestions = ['budget', 'authority', 'need', 'timeline'] as const;
const scoreAxes = ['total', 'fit', 'engagement'] as const;
export type ScoreAxis = (typeof scoreAxes)[number];

interface Comparison {
  readonly eq?: string | number;
  readonly ne?: string | number;
  readonly lt?: number;
  readonly lte?: number;
  readonly gt?: number;
  readonly gte?: number;
  readonly in?: readonly (string | number)[];
  readonly matches?: string;
  readonly exists?: boolean;
}
type FieldLeaf = Comparison & { readonly field: ProfileField };
type TouchesLeaf = Comparison & { readonly touches: TouchMatch; readonly within?: string };
type ScoreLeaf = Comparison & { readonly score: ScoreAxis };
type AnswerLeaf = { readonly answer: (typeof salesQuestions)[number] };
type Leaf = FieldLeaf | TouchesLeaf | ScoreLeaf | AnswerLeaf;

/**
 * What must be the case: a tree of `all`, `any` and `not` over leaves. A leaf compares, in exactly one way, a field of the
 * person (`{ field: 'employees', gte: 50 }`), the number of touches that match within a period before the evaluation
 * (`{ touches: { page: '/product*' }, gte: 3, within: 'P30D' }`), or a score (`{ score: 'total', gte: 60 }`), or asks
 * whether sales got an answer (`{ answer: 'need' }`). Periods are weeks, days or smaller units of fixed length.
 */
export type Criterion =
  { readonly all: readonly Criterion[] } | { readonly any: readonly Criterion[] } | { readonly not: Criterion } | Leaf;
export type LeafKind = 'field' | 'touches' | 'score' | 'answer';

/** What an evaluation looks at. */
export interface CriteriaFacts {
  readonly profile: Readonly<Partial<Record<ProfileField, string | number>>>;
  /** In any order; those after the evaluation instant do not count. */
  readonly touches: Touches;
  /** In points at the evaluation instant; undefined where no scoring model is in force. */
  readonly score?: (axis: ScoreAxis) => number | undefined;
  readonly answers?: Readonly<Partial<Record<(typeof salesQuestions)[number], string>>>;
}

/** What was seen at one leaf. */
export interface LeafEvidence {
  /** Its place in the tree, `all.2`; '' for a tree that is one leaf. */
  readonly path: string;
  /** What the leaf asks, in words: `employees gte 50`. */
  readonly asks: string;
  readonly met: boolean;
  /** The value seen, or the number of touches; null where there was none. */
  readonly value: string | number | null;
  /** Ids of the touches counted, in the order of the facts; of more than 100 the last 100. */
  readonly touches?: readonly string[];
}
export interface CriteriaResult {
  readonly met: boolean;
  /** The leaves that decided: those that met it, or those for which it is not met. */
  readonly because: readonly string[];
  readonly leaves: readonly LeafEvidence[];
}

const DEPTH = 8;
const LEAVES = 200;
const NAMED_TOUCHES = 100;
const numeric = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte'];
const operators: Readonly<Record<'text' | 'number' | 'count' | 'points', readonly string[]>> = {
  text: ['eq', 'ne', 'in', 'matches', 'exists'],
  number: [...numeric, 'in', 'exists'],
  count: numeric,
  points: numeric,
};
type Valued = keyof typeof operators;

const touchMatchFault = faultFinder(touchMatch);
const join = (path: string, name: string | number): string => (path ? `${path}.${name}` : String(name));
const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The first fault of a duration; undefined for a good one, and for none. */
export const durationFault = (value: Json | undefined, path: string): Fault | undefined => {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') return { path, message: 'Give an ISO 8601 duration, P30D.' };
  try {
    return durationMs(value) > 0 ? undefined : { path, message: 'Give a duration above zero.' };
  } catch (error) {
    return { path, message: (error as Error).message };
  }
};

const operandFault = (valued: Valued, operator: string, value: Json, path: string): Fault | undefined => {
  const right = (one: Json) =>
    valued === 'text'
      ? typeof one === 'string'
      : typeof one === 'number' && Number.isFinite(one) && (valued !== 'count' || (one >= 0 && Number.isInteger(one)));
  const wanted = { text: 'a text', number: 'a number', count: 'a whole number from 0', points: 'a number' }[valued];
  if (operator === 'exists')
    return typeof value === 'boolean' ? undefined : { path, message: 'Give true (known) or false (not known).' };
  if (operator !== 'in') return right(value) ? undefined : { path, message: `Give ${wanted}.` };
  if (!Array.isArray(value) || value.length === 0) return { path, message: `Give a list, each ${wanted}.` };
  const wrong = (value as readonly Json[]).findIndex((one) => !right(one));
  return wrong < 0 ? undefined : { path: join(path, wrong), message: `Give ${wanted}.` };
};

/** The fault of the one comparison that a leaf makes besides its own words. */
const comparisonFault = (
  leaf: { readonly [key: string]: Json },
  own: readonly string[],
  valued: Valued,
  path: string,
): Fault | undefined => {
  const given = Object.keys(leaf).filter((name) => !own.includes(name));
  const strange = given.find((name) => !operators[valued].includes(name));
  if (strange !== undefined)
    return { path: join(path, strange), message: `Compare with one of ${operators[valued].join(', ')}.` };
  if (given.length !== 1)
    return { path, message: `Compare in exactly one way: one of ${operators[valued].join(', ')}.` };
  return operandFault(valued, given[0]!, leaf[given[0]!]!, join(path, given[0]!));
};

const leafFaults: Readonly<
  Record<LeafKind, (leaf: { readonly [key: string]: Json }, path: string) => Fault | undefined>
> = {
  field: (leaf, path) => {
    const field = leaf['field'];
    if (typeof field !== 'string' || !Object.hasOwn(profileFields, field))
      return { path: join(path, 'field'), message: `Name one of ${Object.keys(profileFields).join(', ')}.` };
    return comparisonFault(leaf, ['field'], profileFields[field as ProfileField], path);
  },
  touches: (leaf, path) => {
    const fault = touchMatchFault(leaf['touches']);
    if (fault) return { ...fault, path: join(join(path, 'touches'), fault.path).replace(/\.$/, '') };
    return (
      durationFault(leaf['within'], join(path, 'within')) ?? comparisonFault(leaf, ['touches', 'within'], 'count', path)
    );
  },
  score: (leaf, path) =>
    scoreAxes.includes(leaf['score'] as ScoreAxis)
      ? comparisonFault(leaf, ['score'], 'points', path)
      : { path: join(path, 'score'), message: `Name one of ${scoreAxes.join(', ')}.` },
  answer: (leaf, path) => {
    if (!salesQuestions.some((question) => question === leaf['answer']))
      return { path: join(path, 'answer'), message: `Name one of ${salesQuestions.join(', ')}.` };
    const strange = Object.keys(leaf).find((name) => name !== 'answer');
    return strange === undefined ? undefined : { path: join(path, strange), message: 'An answer is given or not.' };
  },
};

/**
 * Checks a tree: known fields and words, values of the right type, no empty `all` or `any`, at most 8 levels and 200
 * leaves.
 * @param allowed the kinds of leaves that make sense where the tree stands
 * @param path of the tree in its body
 * @returns the first fault with its path; undefined for a sound tree
 */
export const criteriaFault = (
  tree: Json | undefined,
  allowed: readonly LeafKind[],
  path = 'criteria',
): Fault | undefined => {
  let leaves = 0;
  const check = (node: Json | undefined, place: string, depth: number): Fault | undefined => {
    if (depth > DEPTH) return { path: place, message: `A tree has at most ${DEPTH} levels.` };
    if (!isObject(node)) return { path: place, message: 'Give all, any, not, or a leaf.' };
    const branch = ['all', 'any', 'not'].find((name) => Object.hasOwn(node, name));
    if (branch === undefined) {
      if (++leaves > LEAVES) return { path: place, message: `A tree has at most ${LEAVES} leaves.` };
      const kind = allowed.find((name) => Object.hasOwn(node, name));
      return kind
        ? leafFaults[kind](node, place)
        : { path: place, message: `Give all, any, not, or a leaf of ${allowed.join(', ')}.` };
    }
    const strange = Object.keys(node).find((name) => name !== branch);
    if (strange !== undefined) return { path: join(place, strange), message: `Nothing else stands beside ${branch}.` };
    const inside = node[branch];
    if (branch === 'not') return check(inside, join(place, branch), depth + 1);
    if (!Array.isArray(inside) || inside.length === 0)
      return { path: join(place, branch), message: 'Give a list of at least one criterion.' };
    for (const [index, child] of (inside as readonly Json[]).entries()) {
      const fault = check(child, `${join(place, branch)}.${index}`, depth + 1);
      if (fault) return fault;
    }
    return undefined;
  };
  return check(tree, path, 1);
};

const lower = (value: string | number): string | number => (typeof value === 'string' ? wordKey(value) : value);
/** Text compares in any case and composition. What is absent meets only `ne` and `exists: false`. */
const compares = (comparison: Comparison, value: string | number | null): boolean => {
  const { eq, ne, lt, lte, gt, gte, in: among, matches, exists } = comparison;
  if (exists !== undefined) return exists === (value !== null);
  if (ne !== undefined) return value === null || lower(value) !== lower(ne);
  if (value === null) return false;
  const seen = lower(value);
  if (eq !== undefined) return seen === lower(eq);
  if (among !== undefined) return among.some((one) => seen === lower(one));
  if (matches !== undefined) return matcher(matches)(String(value));
  const number = Number(value);
  if (lt !== undefined) return number < lt;
  if (lte !== undefined) return number <= lte;
  return gt !== undefined ? number > gt : number >= gte!;
};

const comparisonText = (leaf: Comparison): string => {
  const [operator, value] = Object.entries(leaf).find(([name]) => operators.text.concat(numeric).includes(name))!;
  return `${operator} ${Array.isArray(value) ? value.join(', ') : String(value)}`;
};

const periods = new WeakMap<object, number>();
/** The length of a leaf's period in milliseconds, read once; without one it has no end. */
const periodOf = (leaf: TouchesLeaf): number => {
  if (leaf.within === undefined) return Infinity;
  let length = periods.get(leaf);
  if (length === undefined) periods.set(leaf, (length = durationMs(leaf.within)));
  return length;
};

/** The touches of a leaf that count at an instant, as a piece of those that it means. */
const countedOf = (leaf: TouchesLeaf, facts: Pick<CriteriaFacts, 'touches'>, at: number): readonly [number, number] => {
  const { times } = matchesOf(leaf.touches, facts.touches);
  const first = countBelow(times, at - periodOf(leaf));
  return [first, countBelow(times, at + 1)];
};

/** What stands at a leaf, and the touches that were counted for it. */
const seenAt = (
  leaf: Leaf,
  facts: CriteriaFacts,
  now: Instant,
): Omit<LeafEvidence, 'path' | 'met'> & { readonly met: boolean } => {
  if ('answer' in leaf) {
    // What was answered is in free words: evidence says only that there was an answer.
    const given = hasText(facts.answers?.[leaf.answer]);
    return { asks: `${leaf.answer} answered`, met: given, value: given ? 'given' : null };
  }
  if ('field' in leaf) {
    const value = facts.profile[leaf.field] ?? null;
    return { asks: `${leaf.field} ${comparisonText(leaf)}`, met: compares(leaf, value), value };
  }
  if ('score' in leaf) {
    const value = facts.score?.(leaf.score) ?? null;
    return { asks: `score ${leaf.score} ${comparisonText(leaf)}`, met: value !== null && compares(leaf, value), value };
  }
  const { touches, within } = leaf;
  const { places } = matchesOf(touches, facts.touches);
  const [from, to] = countedOf(leaf, facts, toMs(now));
  const counted = places.slice(from, to).sort((a, b) => a - b);
  const named = counted.slice(-NAMED_TOUCHES).map((place) => facts.touches.at(place)!.id);
  const which = Object.entries(touches).map(([field, wanted]) => `${field} ${wanted}`);
  const asks = [`touches (${which.join(', ') || 'any'})`, comparisonText(leaf), ...(within ? [`in ${within}`] : [])];
  return { asks: asks.join(' '), met: compares(leaf, counted.length), value: counted.length, touches: named };
};

/**
 * Evaluates a sound tree at an instant, every leaf of it. A touch counts for a period up to and including its full
 * length: one of exactly 30 days ago is within P30D.
 * Never throws for a tree that `criteriaFault` passed.
 */
export const evaluate = (tree: Criterion, facts: CriteriaFacts, now: Instant): CriteriaResult => {
  const leaves: LeafEvidence[] = [];
  const visit = (node: Criterion, path: string): { readonly met: boolean; readonly because: readonly string[] } => {
    if ('not' in node) {
      const { met, because } = visit(node.not, join(path, 'not'));
      return { met: !met, because };
    }
    if (!('all' in node) && !('any' in node)) {
      const seen = { path, ...seenAt(node, facts, now) };
      leaves.push(seen);
      return { met: seen.met, because: [path] };
    }
    const [name, children] = 'all' in node ? (['all', node.all] as const) : (['any', node.any] as const);
    const answers = children.map((child, index) => visit(child, `${join(path, name)}.${index}`));
    const met = name === 'all' ? answers.every((answer) => answer.met) : answers.some((answer) => answer.met);
    return { met, because: answers.filter((answer) => answer.met === met).flatMap(({ because }) => because) };
  };
  return { ...visit(tree, ''), leaves };
};

/**
 * What would have to be so for a tree that is not met, in words: of an `all` each part that is not so, of an `any` what
 * would do.
 * @param verdict of this tree
 */
export const lackOf = (tree: Criterion, { leaves }: Pick<CriteriaResult, 'leaves'>): string => {
  const at = new Map(leaves.map((leaf) => [leaf.path, leaf]));
  /** What lacks for it to be as it should, '' for nothing. */
  const lack = (node: Criterion, path: string, should: boolean): string => {
    if ('not' in node) return lack(node.not, join(path, 'not'), !should);
    if (!('all' in node) && !('any' in node)) {
      const { asks, met } = at.get(path)!;
      return met === should ? '' : should ? asks : `not ${asks}`;
    }
    const [name, children] = 'all' in node ? (['all', node.all] as const) : (['any', node.any] as const);
    const lacks = children.map((child, index) => lack(child, `${join(path, name)}.${index}`, should));
    if ((name === 'all') === should) return lacks.filter((each) => each !== '').join(' and ');
    if (lacks.includes('')) return '';
    return lacks.length === 1 ? lacks[0]! : `one of (${lacks.join('; ')})`;
  };
  return lack(tree, '', true);
};

/** The value of something over a time: never below the first number, never above the second. */
export type Range = readonly [number, number];
/** What is so at every instant of a time (1), at none (-1), or cannot be told without looking closer (0). */
export type ForecastResult = 1 | 0 | -1;

const forecastBetween = (holdsLow: boolean, holdsHigh: boolean): ForecastResult =>
  holdsLow && holdsHigh ? 1 : holdsLow || holdsHigh ? 0 : -1;
const forecastOf = (comparison: Comparison, [low, high]: Range): ForecastResult => {
  const wanted = comparison.eq ?? comparison.ne;
  if (typeof wanted !== 'number') return forecastBetween(compares(comparison, low), compares(comparison, high));
  const equal: ForecastResult = low === high && low === wanted ? 1 : wanted < low || wanted > high ? -1 : 0;
  return comparison.eq === undefined ? (-equal as ForecastResult) : equal;
};

/** The facts over a time during which nothing happens to the person. */
export interface ForecastInputs extends Omit<CriteriaFacts, 'score'> {
  /** In points, over that time; undefined where no scoring model is in force. */
  readonly score?: (axis: ScoreAxis) => Range | undefined;
}

/**
 * Is a sound tree met throughout [from, to], in epoch milliseconds, without a new touch? For a single instant the answer
 * is exact and the same as that of `evaluate`.
 */
export const forecast = (tree: Criterion, facts: ForecastInputs, from: number, to: number): ForecastResult => {
  if ('not' in tree) return -forecast(tree.not, facts, from, to) as ForecastResult;
  if ('all' in tree) {
    let least: ForecastResult = 1;
    for (const child of tree.all) {
      least = Math.min(least, forecast(child, facts, from, to)) as ForecastResult;
      if (least < 0) break;
    }
    return least;
  }
  if ('any' in tree) {
    let most: ForecastResult = -1;
    for (const child of tree.any) {
      most = Math.max(most, forecast(child, facts, from, to)) as ForecastResult;
      if (most > 0) break;
    }
    return most;
  }
  if ('answer' in tree) return hasText(facts.answers?.[tree.answer]) ? 1 : -1;
  if ('field' in tree) return compares(tree, facts.profile[tree.field] ?? null) ? 1 : -1;
  if ('score' in tree) {
    const range = facts.score?.(tree.score);
    return range ? forecastOf(tree, range) : -1;
  }
  const [soonest, latest] = [countedOf(tree, facts, from), countedOf(tree, facts, to)];
  return forecastOf(tree, [latest[1] - latest[0], soonest[1] - soonest[0]]);
};

/** Which of its parts can turn a tree from not met to met while nothing happens to the person. */
export const mayRise = (tree: Criterion, score: { readonly rises: boolean; readonly falls: boolean }): boolean => {
  const moves = (node: Criterion, turned: boolean): boolean => {
    if ('not' in node) return moves(node.not, !turned);
    if ('all' in node) return node.all.some((child) => moves(child, turned));
    if ('any' in node) return node.any.some((child) => moves(child, turned));
    if ('answer' in node || 'field' in node) return false;
    const { rises, falls } = 'score' in node ? score : { rises: false, falls: node.within !== undefined };
    if (node.eq !== undefined || node.ne !== undefined) return rises || falls;
    const upwards = (node.gt !== undefined || node.gte !== undefined) !== turned;
    return upwards ? rises : falls;
  };
  return moves(tree, false);
};
