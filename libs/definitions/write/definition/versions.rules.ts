import type { Instant, Json } from '@baton/kernel';

/** When a version is in force. */
export interface InForcePeriod {
  readonly number: number;
  /** Since when it is in force; absent before both teams approved. */
  readonly from?: Instant;
  readonly retiredAt?: Instant;
}

/**
 * The version of one kind that is in force at an instant: the one with the highest number among those that have come into
 * force. A version retired before it came into force never counts; after a later retirement no version is in force.
 * @param versions of one kind, in any order
 */
export const inForceAt = <V extends InForcePeriod>(versions: readonly V[], at: Instant): V | undefined => {
  let latest: V | undefined;
  for (const version of versions) {
    const { number, from, retiredAt } = version;
    if (from === undefined || from > at || (retiredAt !== undefined && retiredAt <= from)) continue;
    if (!latest || number > latest.number) latest = version;
  }
  return latest?.retiredAt !== undefined && latest.retiredAt <= at ? undefined : latest;
};

/** One difference between two bodies; an absent side is undefined. */
export interface Difference {
  /** `rules.0.when.medium`; '' for the whole body. */
  readonly path: string;
  readonly before?: Json;
  readonly after?: Json;
}

const isTree = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null;

/**
 * Compares two bodies leaf by leaf, in the order of the fields; lists are compared by index.
 * @returns [] for equal bodies
 */
export const differencesBetween = (
  before: Json | undefined,
  after: Json | undefined,
  path = '',
): readonly Difference[] => {
  if (isTree(before) && isTree(after) && Array.isArray(before) === Array.isArray(after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
      differencesBetween(ownValue(before, key), ownValue(after, key), path ? `${path}.${key}` : key),
    );
  if (before === after || (before === undefined && after === undefined)) return [];
  return [{ path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }];
};

const ownValue = (tree: { readonly [key: string]: Json }, key: string): Json | undefined =>
  Object.hasOwn(tree, key) ? tree[key] : undefined;
