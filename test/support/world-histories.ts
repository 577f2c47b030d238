import fc from 'fast-check';
import { ALWAYS_BREAKS_FOLD, BREAKS_FOLD, BREAKS_POLICY } from './till';
import { faultKinds, operationKinds, type History } from './world';

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
