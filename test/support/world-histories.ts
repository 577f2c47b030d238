import fc from 'fast-check';
import { ALWAYS_BREAKS_FOLD, BREAKS_FOLD, BREAKS_POLICY } from './till';

export const faultKinds = [
  'crash',
  'unavailable',
  'ambiguous',
  'duplicate',
  'disk-full',
  'pause',
  'clock-forward',
  'clock-back',
  'message-lost',
  'message-twice',
  'message-late',
] as const;
export const operationKinds = ['retry', 'discard', 'rebuild'] as const;
/** What happens in one run of the world; the same history runs the same way. */
export interface History {
  readonly schedule: number;
  /** The size of the pages that followers read. */
  readonly limit: number;
  readonly drops: readonly { readonly till: number; readonly coins: number }[];
  /** From which step of the world on which fault happens, to the first that it can happen to. */
  readonly faults: readonly { readonly at: number; readonly kind: (typeof faultKinds)[number] }[];
  /** What an operator does, and when. */
  readonly operations: readonly {
    readonly at: number;
    readonly kind: (typeof operationKinds)[number];
    readonly which: number;
  }[];
  /** When processes with mended code take the place of those that throw; null: never. */
  readonly mendedAt: number | null;
}
const step = fc.nat(600);

/** Histories of up to fourteen commands, ten faults and four operations; all shrink to the few that matter. */
export const histories: fc.Arbitrary<History> = fc.record({
  schedule: fc.nat(),
  limit: fc.integer({ min: 1, max: 6 }),
  drops: fc.array(
    fc.record({
      till: fc.nat(3),
      coins: fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: 1, max: 12 }) },
        { weight: 1, arbitrary: fc.constantFrom(BREAKS_FOLD, ALWAYS_BREAKS_FOLD, BREAKS_POLICY) },
      ),
    }),
    { minLength: 1, maxLength: 14 },
  ),
  faults: fc.array(fc.record({ at: step, kind: fc.constantFrom(...faultKinds) }), { maxLength: 10 }),
  operations: fc.array(fc.record({ at: step, kind: fc.constantFrom(...operationKinds), which: fc.nat(5) }), {
    maxLength: 4,
  }),
  mendedAt: fc.option(step),
});

/** Small and seeded: mulberry32. */
export const numbers = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};
