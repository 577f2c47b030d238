import type { Instant, Json } from '@baton/kernel';

/** The part of a version that says when it decides. */
export interface InForcePeriod {
  readonly number: number;
  /** From when it decides; absent before both teams agreed. */
  readonly from?: Instant;
  readonly retiredAt?: Instant;
}

/**
 * The version of one kind that decides at an instant: of those in force from then or earlier the one with the highest
 * number. A version retired before it began never counted; one retired later leaves nobody in its place.
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

/** One place in which two bodies differ; an absent side is undefined. */
export interface Difference {
  /** `rules.0.when.medium`; '' for the whole body. */
  readonly path: string;
  readonly before?: Json;
  readonly after?: Json;
}

const isTree = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null;

/**
 * What changed from one body to another, leaf by leaf in the order of the fields; lists are compared place by place.
 * @returns [] for equal bodies
 */
export const difference = (before: Json | undefined, after: Json | undefined, path = ''): readonly Difference[] => {
  if (isTree(before) && isTree(after) && Array.isArray(before) === Array.isArray(after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
      difference(own(before, key), own(after, key), path ? `${path}.${key}` : key),
    );
  if (before === after || (before === undefined && after === undefined)) return [];
  return [{ path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }];
};

const own = (tree: { readonly [key: string]: Json }, key: string): Json | undefined =>
  Object.hasOwn(tree, key) ? tree[key] : undefined;
