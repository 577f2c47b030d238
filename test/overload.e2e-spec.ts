import { join } from 'node:path';
import { repetitions } from '@baton/kernel/testing';
import { Flood, leadOf } from '../bench/flood';
import { overloaded, serverOf } from '../bench/overload';
import { root, temporaryFolder } from './support/baton';
import { openLog } from './support/server';

const CONNECTIONS = repetitions(800, 2_000);

describe('a server of which ten times as much is asked as it can do', () => {
  const folder = temporaryFolder();
  it('goes on working, tells the others when to come again, and keeps its memory', async () => {
    const server = await serverOf(folder, join(root, 'dist', 'apps', 'cli', 'main.js'));
    const flood = await Flood.connect(server, CONNECTIONS);
    // It throws when an answer is neither an acceptance nor a 503 or 429 with Retry-After, or is missing.
    const rounds = await overloaded(flood, repetitions(1, 3), repetitions(700, 1_500));
    flood.close();
    const memory = server.memory();
    await server.stop();

    const log = openLog(folder);
    const { events } = await log.readAll('', { types: ['LeadCaptured'] }, 1_000_000);
    await log.close();
    expect(events.map(({ stream }) => stream).sort()).toEqual(flood.accepted.map((n) => `lead-${leadOf(n)}`).sort());
    const ratio = Math.max(...rounds.map(({ goodput, peak }) => goodput / peak));
    process.stderr.write(`overload: ${ratio.toFixed(2)} of the peak; ${memory.toFixed(0)} MiB\n`);
    expect(flood.refusals).toBeGreaterThan(0);
    if (!Number.isNaN(memory)) expect(memory).toBeLessThan(640);
  });
});
