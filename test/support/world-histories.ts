import fc from 'fast-check';
import { faultKinds, type History } from './world';
import { BREAKS_FOLD, BREAKS_POLICY } from './till';

/** Histories of up to fourteen commands and ten faults; both shrink to the few that matter. */
export const histories: fc.Arbitrary<History> = fc.record({
  schedule: fc.nat(),
  limit: fc.integer({ min: 1, max: 6 }),
  drops: fc.array(
    fc.record({
      till: fc.nat(3),
      coins: fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: 1, max: 12 }) },
        { weight: 1, arbitrary: fc.constantFrom(BREAKS_FOLD, BREAKS_POLICY) },
      ),
    }),
    { minLength: 1, maxLength: 14 },
  ),
  faults: fc.array(fc.record({ at: fc.nat(250), kind: fc.constantFrom(...faultKinds) }), { maxLength: 10 }),
});
