import fc from 'fast-check';
import { repetitions } from '@baton/kernel/testing';
import { mutants } from './support/mutants';
import { histories, type History } from './support/world-histories';
import { judged, type Check } from './support/world-oracle';
import type { Parts } from './support/world';

const SEED = 3;
/** The rarest fault occurs once in some 400 histories: that many are run, so that each is found. */
const RUNS = repetitions(1_500, 3_000);

/** The first of many histories in which a check fails. */
const firstFailure = async (among: readonly History[], parts: Parts, check?: Check) => {
  for (const [index, history] of among.entries()) {
    const failed = await judged(history, parts);
    if (check ? failed.has(check) : failed.size > 0) return { index, failed };
  }
  return undefined;
};

describe('faults that skip events are found when they are planted', () => {
  const among = fc.sample(histories, { seed: SEED, numRuns: RUNS });
  const latest = { index: 0 };

  it.each(mutants.map((mutant) => [mutant.name, mutant] as const))('%s', async (name, { parts, caughtBy }) => {
    const found = await firstFailure(among, parts, caughtBy);
    expect({ name, caughtBy: found && caughtBy }).toEqual({ name, caughtBy });
    latest.index = Math.max(latest.index, found!.index);
    process.stderr.write(`caught by "${caughtBy}" in history ${found!.index}: ${name}\n`);
  });

  it('the same histories have no finding without a fault', async () => {
    expect(await firstFailure(among.slice(0, latest.index + 1), {})).toBeUndefined();
  });
});
