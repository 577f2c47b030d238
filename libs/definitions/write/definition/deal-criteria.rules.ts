import { wordKey, type Fault, type Instant, type Json } from '@baton/kernel';
import {
  comparisonText,
  evaluateTouchesLeaf,
  evaluateTree,
  meetsComparison,
  validateComparison,
  validateTouchesLeaf,
  validateTree,
  type CriteriaFacts,
  type CriteriaResult,
  type Criterion,
  type EvaluatedLeaf,
  type LeafComparison,
  type LeafValidator,
  type TouchesLeaf,
} from './criteria.rules';

/** The fields of a deal that criteria can compare, with their types; an amount in the major unit of its currency. */
const dealFields = {
  name: 'text',
  account: 'text',
  product: 'text',
  owner: 'text',
  source: 'text',
  currency: 'text',
  'expected-close': 'text',
  amount: 'number',
} as const;
export type DealField = keyof typeof dealFields;
/** The numbers of days that criteria can compare. */
const dayCounts = {
  open: 'since it was opened',
  'in-stage': 'since it came to its stage',
  'to-close': 'until its expected close date; negative once it has passed',
} as const;
export type DayCount = keyof typeof dayCounts;

type DealLeaf = LeafComparison & { readonly deal: DealField };
type RoleLeaf = LeafComparison & { readonly role: string };
type DaysLeaf = LeafComparison & { readonly days: DayCount };
/**
 * Criteria on a deal: over its fields (`{ deal: 'amount', gte: 1000 }`), the number of people with a role (`{ role:
 * 'decision-maker', gte: 1 }`, `*` for any role or none), days (`{ days: 'in-stage', lte: 30 }`), and touches of its
 * people (`{ touches: { action: 'meeting' }, gte: 1, within: 'P30D' }`).
 */
export type DealCriterion = Criterion<DealLeaf | RoleLeaf | DaysLeaf | TouchesLeaf>;

/** The input of an evaluation. */
export interface DealCriteriaFacts extends Pick<CriteriaFacts, 'touches'> {
  readonly fields: Readonly<Partial<Record<DealField, string | number>>>;
  /** The role of each person with a role in the deal; '' for a person whose role has no name. */
  readonly roles: readonly string[];
  readonly days: Readonly<Partial<Record<DayCount, number>>>;
}

const namesOne = (table: object, name: Json | undefined, path: string): Fault | undefined =>
  typeof name === 'string' && Object.hasOwn(table, name)
    ? undefined
    : { path, message: `It must be one of ${Object.keys(table).join(', ')}.` };
const ownValidators: Readonly<Record<string, LeafValidator>> = {
  deal: (leaf, path) =>
    namesOne(dealFields, leaf['deal'], `${path}.deal`) ??
    validateComparison(leaf, ['deal'], dealFields[leaf['deal'] as DealField], path),
  role: (leaf, path) =>
    typeof leaf['role'] === 'string' && leaf['role'] !== ''
      ? validateComparison(leaf, ['role'], 'count', path)
      : { path: `${path}.role`, message: 'role must name a role, such as decision-maker, or be * for any.' },
  days: (leaf, path) =>
    namesOne(dayCounts, leaf['days'], `${path}.days`) ?? validateComparison(leaf, ['days'], 'points', path),
};

/**
 * Validates criteria on a deal.
 * @param touches false where they are evaluated from the deal alone, and so cannot count touches
 * @returns as `validateTree`
 */
export const validateDealCriteria = (tree: Json, path: string, { touches }: { readonly touches: boolean }) =>
  validateTree(tree, touches ? { ...ownValidators, touches: validateTouchesLeaf } : ownValidators, path);

const evaluateDealLeaf = (
  leaf: DealLeaf | RoleLeaf | DaysLeaf | TouchesLeaf,
  facts: DealCriteriaFacts,
  now: Instant,
): EvaluatedLeaf => {
  if ('touches' in leaf) return evaluateTouchesLeaf(leaf, facts, now);
  const compared = (what: string, value: string | number | null): EvaluatedLeaf => ({
    ...{ asks: `${what} ${comparisonText(leaf)}`, met: meetsComparison(leaf, value), value },
  });
  if ('deal' in leaf) return compared(leaf.deal, facts.fields[leaf.deal] ?? null);
  if ('days' in leaf) return compared(`days ${leaf.days}`, facts.days[leaf.days] ?? null);
  const wanted = wordKey(leaf.role);
  return compared(
    `people as ${leaf.role}`,
    facts.roles.filter((role) => leaf.role === '*' || wordKey(role) === wanted).length,
  );
};

/** Evaluates every leaf of valid criteria on a deal at an instant. */
export const evaluateDealCriterion = (tree: DealCriterion, facts: DealCriteriaFacts, now: Instant): CriteriaResult =>
  evaluateTree(tree, (leaf) => evaluateDealLeaf(leaf, facts, now));
