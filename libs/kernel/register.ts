import type { Instant } from './time';

/**
 * One fact through time: what was said of it, each with the instant from which it holds, oldest first. It does not
 * matter in which order it was said; of one instant the later word stands.
 */
export type Register<V> = readonly { readonly from: Instant; readonly value: V }[];

/** Before every instant: what is said from here on holds since the beginning. */
export const FROM_THE_START: Instant = '';

const countUpTo = <V>(register: Register<V>, at: Instant): number => {
  let count = register.length; // most of what is said is the newest
  while (count > 0 && register[count - 1]!.from > at) count--;
  return count;
};

/** What held at an instant; undefined before anything was said. */
export const valueAt = <V>(register: Register<V>, at: Instant): V | undefined =>
  register[countUpTo(register, at) - 1]?.value;

/** What held up to an instant, whatever is said from then on. */
export const valueBefore = <V>(register: Register<V>, at: Instant): V | undefined =>
  register.findLast(({ from }) => from < at)?.value;

/** What holds after all that was said. */
export const latestValue = <V>(register: Register<V>): V | undefined => register.at(-1)?.value;

/** What was said of the time after an instant. */
export const valuesAfter = <V>(register: Register<V>, at: Instant): Register<V> =>
  register.slice(countUpTo(register, at));

/** The register after one more word of it. */
export const withValue = <V>(register: Register<V>, from: Instant, value: V): Register<V> => {
  const before = countUpTo(register, from);
  const same = register[before - 1]?.from === from ? 1 : 0;
  return register.toSpliced(before - same, same, { from, value });
};
