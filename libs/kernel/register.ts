import type { Instant } from './time';

/**
 * The values of one fact over time, each with the instant from which it holds, oldest first. The order in which they
 * are recorded does not matter; of two values for one instant the later recorded one holds.
 */
export type Register<V> = readonly { readonly from: Instant; readonly value: V }[];

/** Before every instant: the value holds from the beginning. */
export const FROM_THE_START: Instant = '';

const countUpTo = <V>(register: Register<V>, at: Instant): number => {
  let count = register.length; // most values are the newest
  while (count > 0 && register[count - 1]!.from > at) count--;
  return count;
};

/** The value at an instant; undefined before the first one. */
export const valueAt = <V>(register: Register<V>, at: Instant): V | undefined =>
  register[countUpTo(register, at) - 1]?.value;

/** The value just before an instant, without values from that instant on. */
export const valueBefore = <V>(register: Register<V>, at: Instant): V | undefined =>
  register.findLast(({ from }) => from < at)?.value;

/** The latest value. */
export const latestValue = <V>(register: Register<V>): V | undefined => register.at(-1)?.value;

/** The values from after an instant on. */
export const valuesAfter = <V>(register: Register<V>, at: Instant): Register<V> =>
  register.slice(countUpTo(register, at));

/** The register with one more value. */
export const withValue = <V>(register: Register<V>, from: Instant, value: V): Register<V> => {
  const before = countUpTo(register, from);
  const same = register[before - 1]?.from === from ? 1 : 0;
  return register.toSpliced(before - same, same, { from, value });
};
