import fc from 'fast-check';
import { repetitions } from '@baton/kernel/testing';
import { mustHold } from './support/world-oracle';
import { histories } from './support/world-histories';

// fast-check prints the seed and path of a failing history and shrinks it; run it again with SIMULATION_SEED.
const seed = Number(process.env['SIMULATION_SEED'] ?? 20240101);

describe('the world of writers, followers and stores', () => {
  it('loses, tears, skips and duplicates nothing, whatever fails, and comes to rest', async () => {
    const numRuns = repetitions(120, 10_000);
    process.stderr.write(`simulation: ${numRuns} histories, seed ${seed}\n`);
    await fc.assert(
      fc.asyncProperty(histories, (history) => mustHold(history)),
      { seed, numRuns },
    );
  });
});
