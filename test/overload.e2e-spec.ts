import { join } from 'node:path';
import { repetitions } from '@baton/kernel/testing';
import { Flood, leadOf } from '../bench/flood';
import { MAX_IN_FLIGHT, serverOf, sound } from '../bench/overload';
import { root, temporaryFolder } from './support/baton';
import { openLog } from './support/server';

const TIMES = 10;
const ACCEPTED = repetitions(500, 20_000);

describe('a server with ten times the load that it accepts', () => {
  const folder = temporaryFolder();
  it('continues to work, tells the others when to retry, and bounds its memory', async () => {
    const server = await serverOf(folder, join(root, 'dist', 'apps', 'cli', 'main.js'));
    const flood = await Flood.connect(server, TIMES * MAX_IN_FLIGHT);
    let memory: number;
    try {
      // It throws if a response is neither an acceptance nor a 503 or 429 with Retry-After, or is missing.
      while (flood.accepted.length < ACCEPTED || flood.refusals === 0)
        sound(await flood.inFlight(TIMES * MAX_IN_FLIGHT, 200));
      memory = server.memory();
    } finally {
      flood.close();
      await server.stop();
    }

    const log = openLog(folder);
    const { events } = await log.readAll('', { types: ['LeadCaptured'] }, 1_000_000);
    await log.close();
    expect(events.map(({ stream }) => stream).sort()).toEqual(flood.accepted.map((n) => `lead-${leadOf(n)}`).sort());
    process.stderr.write(`overload: ${flood.refusals} refused; ${memory.toFixed(0)} MiB\n`);
    if (!Number.isNaN(memory)) expect(memory).toBeLessThan(640);
  });
});
