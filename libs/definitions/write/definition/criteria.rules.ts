import {
  durationMs,
  oncePer,
  enumeration,
  type EnumerationValue,
  type Fault,
  faultFinder,
  type Instant,
  hasText,
  type Json,
  wordKey,
  toMs,
} from '@baton/kernel';
import { matcher } from './channel.rules';
import { countBelow, matchingTouches, touchPattern, type Touches, type TouchPattern } from './touches.rules';

/** The fields of a lead that criteria can compare, with their types; no names or addresses. */
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
/** The BANT questions of sales: budget, authority, need, timeline. */
export const salesQuestions = ['budget', 'authority', 'need', 'timeline'] as const;
export const scoreAxes = enumeration('ScoreAxis', 'A part of a score.', {
  total: 'Both together; in an entry, the cap on the total score.',
  fit: 'Points for the profile.',
  engagement: 'Points for touches.',
});
export type ScoreAxis = EnumerationValue<typeof scoreAxes>;

/** The one comparison of a leaf. */
export interface LeafComparison {
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
type FieldLeaf = LeafComparison & { readonly field: ProfileField };
export type TouchesLeaf = LeafComparison & { readonly touches: TouchPattern; readonly within?: string };
type ScoreLeaf = LeafComparison & { readonly score: ScoreAxis };
type AnswerLeaf = { readonly answer: (typeof salesQuestions)[number] };
type LeadLeaf = FieldLeaf | TouchesLeaf | ScoreLeaf | AnswerLeaf;

/**
 * A tree of `all`, `any` and `not` over leaves. A leaf on a lead has exactly one comparison on a field of the person
 * (`{ field: 'employees', gte: 50 }`), on the number of matching touches within a period before the evaluation
 * (`{ touches: { page: '/product*' }, gte: 3, within: 'P30D' }`) or on a score (`{ score: 'total', gte: 60 }`), or tests
 * whether sales got an answer (`{ answer: 'need' }`). Periods are in weeks, days or smaller units of fixed length.
 */
export type Criterion<L extends object = LeadLeaf> =
  | { readonly all: readonly Criterion<L>[] }
  | { readonly any: readonly Criterion<L>[] }
  | { readonly not: Criterion<L> }
  | L;
export type LeafKind = 'field' | 'touches' | 'score' | 'answer';

/** The input of an evaluation. */
export interface CriteriaFacts {
  readonly profile: Readonly<Partial<Record<ProfileField, string | number>>>;
  /** In any order; those after the evaluation instant do not count. */
  readonly touches: Touches;
  /** In points at the evaluation instant; undefined where no scoring model is in force. */
  readonly score?: (axis: ScoreAxis) => number | undefined;
  readonly answers?: Readonly<Partial<Record<(typeof salesQuestions)[number], string>>>;
}

/** The result of one leaf, with the value that led to it. */
export interface LeafEvidence {
  /** Its path in the tree, `all.2`; '' for a tree that is a single leaf. */
  readonly path: string;
  /** The condition in words: `employees gte 50`. */
  readonly asks: string;
  readonly met: boolean;
  /** The value compared, or the number of touches; null where there was none. */
  readonly value: string | number | null;
  /** Ids of the touches counted, in the order of the facts; at most the last 100. */
  readonly touches?: readonly string[];
}
export interface CriteriaResult {
  readonly met: boolean;
  /** Paths of the leaves that decided the result. */
  readonly because: readonly string[];
  readonly leaves: readonly LeafEvidence[];
}

const MAX_DEPTH = 8;
const MAX_LEAVES = 200;
const MAX_EVIDENCE_TOUCHES = 100;
const numeric = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte'];
const operators: Readonly<Record<'text' | 'number' | 'count' | 'points', readonly string[]>> = {
  text: ['eq', 'ne', 'in', 'matches', 'exists'],
  number: [...numeric, 'in', 'exists'],
  count: numeric,
  points: numeric,
};
type OperandType = keyof typeof operators;

const findTouchPatternFault = faultFinder(touchPattern);
const join = (path: string, name: string | number): string => (path ? `${path}.${name}` : String(name));
const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @returns the fault of a duration; undefined for a valid or absent one */
export const validateDuration = (value: Json | undefined, path: string): Fault | undefined => {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') return { path, message: 'The duration must be an ISO 8601 duration, such as P30D.' };
  try {
    return durationMs(value) > 0
      ? undefined
      : { path, message: 'The duration must be longer than zero, such as P30D.' };
  } catch (error) {
    return { path, message: (error as Error).message };
  }
};

const validateOperand = (valued: OperandType, operator: string, value: Json, path: string): Fault | undefined => {
  const right = (one: Json) =>
    valued === 'text'
      ? typeof one === 'string'
      : typeof one === 'number' && Number.isFinite(one) && (valued !== 'count' || (one >= 0 && Number.isInteger(one)));
  const wanted = { text: 'a string', number: 'a number', count: 'a whole number, 0 or more', points: 'a number' }[
    valued
  ];
  if (operator === 'exists')
    return typeof value === 'boolean'
      ? undefined
      : { path, message: 'exists must be true (the field has a value) or false (it has none).' };
  if (operator !== 'in') return right(value) ? undefined : { path, message: `${operator} must be ${wanted}.` };
  if (!Array.isArray(value) || value.length === 0)
    return { path, message: `${operator} must be a list with at least one entry, each ${wanted}.` };
  const wrong = (value as readonly Json[]).findIndex((one) => !right(one));
  return wrong < 0 ? undefined : { path: join(path, wrong), message: `Each entry of ${operator} must be ${wanted}.` };
};

/**
 * Validates the one comparison of a leaf.
 * @param own the fields of the leaf that are no comparison
 */
export const validateComparison = (
  leaf: { readonly [key: string]: Json },
  own: readonly string[],
  valued: OperandType,
  path: string,
): Fault | undefined => {
  const given = Object.keys(leaf).filter((name) => !own.includes(name));
  const strange = given.find((name) => !operators[valued].includes(name));
  if (strange !== undefined)
    return {
      path: join(path, strange),
      message: `${strange} cannot be used here; compare with one of ${operators[valued].join(', ')}.`,
    };
  if (given.length !== 1)
    return { path, message: `A leaf must have exactly one comparison: one of ${operators[valued].join(', ')}.` };
  return validateOperand(valued, given[0]!, leaf[given[0]!]!, join(path, given[0]!));
};

/** Validates a leaf, whose kind is the field that only such leaves have. */
export type LeafValidator = (leaf: { readonly [key: string]: Json }, path: string) => Fault | undefined;

/** Validates a leaf on the number of matching touches. */
export const validateTouchesLeaf: LeafValidator = (leaf, path) => {
  const fault = findTouchPatternFault(leaf['touches']);
  if (fault) return { ...fault, path: join(join(path, 'touches'), fault.path).replace(/\.$/, '') };
  return (
    validateDuration(leaf['within'], join(path, 'within')) ??
    validateComparison(leaf, ['touches', 'within'], 'count', path)
  );
};

const leafValidators: Readonly<Record<LeafKind, LeafValidator>> = {
  field: (leaf, path) => {
    const field = leaf['field'];
    if (typeof field !== 'string' || !Object.hasOwn(profileFields, field))
      return { path: join(path, 'field'), message: `field must be one of ${Object.keys(profileFields).join(', ')}.` };
    return validateComparison(leaf, ['field'], profileFields[field as ProfileField], path);
  },
  touches: validateTouchesLeaf,
  score: (leaf, path) =>
    scoreAxes.values.includes(leaf['score'] as ScoreAxis)
      ? validateComparison(leaf, ['score'], 'points', path)
      : { path: join(path, 'score'), message: `score must be one of ${scoreAxes.values.join(', ')}.` },
  answer: (leaf, path) => {
    if (!salesQuestions.some((question) => question === leaf['answer']))
      return { path: join(path, 'answer'), message: `answer must be one of ${salesQuestions.join(', ')}.` };
    const strange = Object.keys(leaf).find((name) => name !== 'answer');
    return strange === undefined
      ? undefined
      : {
          path: join(path, strange),
          message: 'A leaf on an answer has no comparison; it holds when the question was answered.',
        };
  },
};

/**
 * Validates a tree of criteria on leads.
 * @param kinds the kinds of leaves that this definition may use
 * @param path path of the tree in its body
 * @returns as `validateTree`
 */
export const validateCriteria = (
  tree: Json | undefined,
  kinds: readonly LeafKind[],
  path = 'criteria',
): Fault | undefined => validateTree(tree, Object.fromEntries(kinds.map((kind) => [kind, leafValidators[kind]])), path);

/**
 * Validates a tree: known fields and operators, values of the right type, no empty `all` or `any`, at most 8 levels and
 * 200 leaves.
 * @param validators of the kinds of leaves that the tree may have, by the field that makes a leaf one of the kind
 * @returns the first fault with its path; undefined for a valid tree
 */
export const validateTree = (
  tree: Json | undefined,
  validators: Readonly<Record<string, LeafValidator>>,
  path: string,
): Fault | undefined => {
  const allowed = Object.keys(validators);
  let leaves = 0;
  const check = (node: Json | undefined, place: string, depth: number): Fault | undefined => {
    if (depth > MAX_DEPTH)
      return { path: place, message: `The tree is too deep: it can have at most ${MAX_DEPTH} levels.` };
    if (!isObject(node))
      return { path: place, message: 'A criterion must be an object with all, any or not, or a leaf.' };
    const branch = ['all', 'any', 'not'].find((name) => Object.hasOwn(node, name));
    if (branch === undefined) {
      if (++leaves > MAX_LEAVES)
        return { path: place, message: `The tree is too large: it can have at most ${MAX_LEAVES} leaves.` };
      const kind = allowed.find((name) => Object.hasOwn(node, name));
      return kind
        ? validators[kind]!(node, place)
        : { path: place, message: `A criterion must have all, any or not, or be a leaf with ${allowed.join(', ')}.` };
    }
    const strange = Object.keys(node).find((name) => name !== branch);
    if (strange !== undefined)
      return {
        path: join(place, strange),
        message: `Remove ${strange}: an object with ${branch} can have no other field.`,
      };
    const inside = node[branch];
    if (branch === 'not') return check(inside, join(place, branch), depth + 1);
    if (!Array.isArray(inside) || inside.length === 0)
      return { path: join(place, branch), message: `${branch} must be a list with at least one criterion.` };
    for (const [index, child] of (inside as readonly Json[]).entries()) {
      const fault = check(child, `${join(place, branch)}.${index}`, depth + 1);
      if (fault) return fault;
    }
    return undefined;
  };
  return check(tree, path, 1);
};

const comparableValue = (value: string | number): string | number =>
  typeof value === 'string' ? wordKey(value) : value;
/** Text is compared without regard to case and composition. An absent value meets only `ne` and `exists: false`. */
export const meetsComparison = (comparison: LeafComparison, value: string | number | null): boolean => {
  const { eq, ne, lt, lte, gt, gte, in: among, matches, exists } = comparison;
  if (exists !== undefined) return exists === (value !== null);
  if (ne !== undefined) return value === null || comparableValue(value) !== comparableValue(ne);
  if (value === null) return false;
  const seen = comparableValue(value);
  if (eq !== undefined) return seen === comparableValue(eq);
  if (among !== undefined) return among.some((one) => seen === comparableValue(one));
  if (matches !== undefined) return matcher(matches)(String(value));
  const number = Number(value);
  if (lt !== undefined) return number < lt;
  if (lte !== undefined) return number <= lte;
  return gt !== undefined ? number > gt : number >= gte!;
};

/** `gte 50`. */
export const comparisonText = (leaf: LeafComparison): string => {
  const [operator, value] = Object.entries(leaf).find(([name]) => operators.text.concat(numeric).includes(name))!;
  return `${operator} ${Array.isArray(value) ? value.join(', ') : String(value)}`;
};

/** The period of a leaf in milliseconds, parsed once; Infinity without one. */
const periodOf = oncePer((leaf: TouchesLeaf): number =>
  leaf.within === undefined ? Infinity : durationMs(leaf.within),
);

/** The touches of a leaf that count at an instant, as a range [first, end) of its matching touches. */
const countedRange = (
  leaf: TouchesLeaf,
  facts: Pick<CriteriaFacts, 'touches'>,
  at: number,
): readonly [number, number] => {
  const { times } = matchingTouches(leaf.touches, facts.touches);
  const first = countBelow(times, at - periodOf(leaf));
  return [first, countBelow(times, at + 1)];
};

/** The evaluation of a leaf, without its place in the tree. */
export type EvaluatedLeaf = Omit<LeafEvidence, 'path'>;
/** Counts the matching touches of a leaf. */
export const evaluateTouchesLeaf = (
  leaf: TouchesLeaf,
  facts: Pick<CriteriaFacts, 'touches'>,
  now: Instant,
): EvaluatedLeaf => {
  const { touches, within } = leaf;
  const { places } = matchingTouches(touches, facts.touches);
  const [from, to] = countedRange(leaf, facts, toMs(now));
  const counted = places.slice(from, to).sort((a, b) => a - b);
  const named = counted.slice(-MAX_EVIDENCE_TOUCHES).map((place) => facts.touches.at(place)!.id);
  const which = Object.entries(touches).map(([field, wanted]) => `${field} ${wanted}`);
  const asks = [`touches (${which.join(', ') || 'any'})`, comparisonText(leaf), ...(within ? [`in ${within}`] : [])];
  return { asks: asks.join(' '), met: meetsComparison(leaf, counted.length), value: counted.length, touches: named };
};

const evaluateLeaf = (leaf: LeadLeaf, facts: CriteriaFacts, now: Instant): EvaluatedLeaf => {
  if ('answer' in leaf) {
    // Answers are free text that may hold personal data: evidence says only that there was one.
    const given = hasText(facts.answers?.[leaf.answer]);
    return { asks: `${leaf.answer} answered`, met: given, value: given ? 'given' : null };
  }
  if ('field' in leaf) {
    const value = facts.profile[leaf.field] ?? null;
    return { asks: `${leaf.field} ${comparisonText(leaf)}`, met: meetsComparison(leaf, value), value };
  }
  if ('score' in leaf) {
    const value = facts.score?.(leaf.score) ?? null;
    return {
      asks: `score ${leaf.score} ${comparisonText(leaf)}`,
      met: value !== null && meetsComparison(leaf, value),
      value,
    };
  }
  return evaluateTouchesLeaf(leaf, facts, now);
};

/**
 * Evaluates every leaf of a valid tree at an instant. A period includes its full length: a touch of exactly 30 days ago is
 * within P30D.
 * Never throws for a tree that `criteriaFault` passed.
 */
export const evaluateCriterion = (tree: Criterion, facts: CriteriaFacts, now: Instant): CriteriaResult =>
  evaluateTree(tree, (leaf) => evaluateLeaf(leaf, facts, now));

/** Evaluates every leaf of a valid tree. */
export const evaluateTree = <L extends object>(
  tree: Criterion<L>,
  evaluate: (leaf: L) => EvaluatedLeaf,
): CriteriaResult => {
  const leaves: LeafEvidence[] = [];
  const visit = (node: Criterion<L>, path: string): { readonly met: boolean; readonly because: readonly string[] } => {
    if ('not' in node) {
      const { met, because } = visit(node.not, join(path, 'not'));
      return { met: !met, because };
    }
    if (!('all' in node) && !('any' in node)) {
      const seen = { path, ...evaluate(node) };
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
 * Describes what is missing for a tree to be met: every unmet part of an `all`, the alternatives of an `any`.
 * @param result the evaluation of this tree
 */
export const missingCriteria = <L extends object>(
  tree: Criterion<L>,
  { leaves }: Pick<CriteriaResult, 'leaves'>,
): string => {
  const at = new Map(leaves.map((leaf) => [leaf.path, leaf]));
  /** What is missing for the node to be met (or not met, inside a `not`); '' for nothing. */
  const lack = (node: Criterion<L>, path: string, should: boolean): string => {
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

/** The least and the greatest value over a period. */
export type ValueRange = readonly [number, number];
/** Met at every instant of a period (1), at none (-1), or unknown without splitting the period (0). */
export type ForecastResult = 1 | 0 | -1;

const forecastFromEnds = (holdsLow: boolean, holdsHigh: boolean): ForecastResult =>
  holdsLow && holdsHigh ? 1 : holdsLow || holdsHigh ? 0 : -1;
const forecastComparison = (comparison: LeafComparison, [low, high]: ValueRange): ForecastResult => {
  const wanted = comparison.eq ?? comparison.ne;
  if (typeof wanted !== 'number')
    return forecastFromEnds(meetsComparison(comparison, low), meetsComparison(comparison, high));
  const equal: ForecastResult = low === high && low === wanted ? 1 : wanted < low || wanted > high ? -1 : 0;
  return comparison.eq === undefined ? (-equal as ForecastResult) : equal;
};

/** The input over a period in which no event of the person occurs. */
export interface ForecastInputs extends Omit<CriteriaFacts, 'score'> {
  /** In points, over that period; undefined where no scoring model is in force. */
  readonly score?: (axis: ScoreAxis) => ValueRange | undefined;
}

/**
 * Forecasts whether a valid tree is met throughout [from, to] (epoch milliseconds) if there is no new touch. For a single
 * instant the result is exact and equal to that of the evaluation.
 */
export const forecastCriterion = (tree: Criterion, facts: ForecastInputs, from: number, to: number): ForecastResult => {
  if ('not' in tree) return -forecastCriterion(tree.not, facts, from, to) as ForecastResult;
  if ('all' in tree) {
    let least: ForecastResult = 1;
    for (const child of tree.all) {
      least = Math.min(least, forecastCriterion(child, facts, from, to)) as ForecastResult;
      if (least < 0) break;
    }
    return least;
  }
  if ('any' in tree) {
    let most: ForecastResult = -1;
    for (const child of tree.any) {
      most = Math.max(most, forecastCriterion(child, facts, from, to)) as ForecastResult;
      if (most > 0) break;
    }
    return most;
  }
  if ('answer' in tree) return hasText(facts.answers?.[tree.answer]) ? 1 : -1;
  if ('field' in tree) return meetsComparison(tree, facts.profile[tree.field] ?? null) ? 1 : -1;
  if ('score' in tree) {
    const range = facts.score?.(tree.score);
    return range ? forecastComparison(tree, range) : -1;
  }
  const [soonest, latest] = [countedRange(tree, facts, from), countedRange(tree, facts, to)];
  return forecastComparison(tree, [latest[1] - latest[0], soonest[1] - soonest[0]]);
};

/** Whether time alone can make the tree become met, without a new event of the person. */
export const canBecomeMet = (tree: Criterion, score: { readonly rises: boolean; readonly falls: boolean }): boolean => {
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
