import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { START } from '@baton/kernel';
import { anEvent, eventLogContract, FixedClock, followUntil, readToTip, repetitions } from '@baton/kernel/testing';
import { EmbeddedEventLog } from './embedded-event-log';

const folder = mkdtempSync(join(tmpdir(), 'baton-log-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

eventLogContract('The embedded log', async () => EmbeddedEventLog.open(join(folder, 'contract.db'), new FixedClock()));

/** Appends without end, 32 at once, and prints the id of each event that the log has acknowledged. */
const endlessWriter = `
const { readFileSync } = require('node:fs');
const { transformSync } = require('@swc/core');
const swcrc = JSON.parse(readFileSync('.swcrc', 'utf8'));
delete swcrc.$schema;
swcrc.jsc.baseUrl = process.cwd();
require.extensions['.ts'] = (module, filename) =>
  module._compile(transformSync(readFileSync(filename, 'utf8'), { ...swcrc, swcrc: false, sourceMaps: false, filename }).code, filename);
const { EmbeddedEventLog } = require(process.cwd() + '/libs/platform/event-log/embedded-event-log.ts');
const { anEvent } = require(process.cwd() + '/libs/kernel/testing/event-log.contract.ts');
const log = EmbeddedEventLog.open(process.argv[1], { now: () => new Date().toISOString() });
const write = async (stream) => {
  for (let n = 0; ; n++) {
    const event = anEvent({ n });
    await log.append(stream, [event], n === 0 ? 'none' : n - 1);
    process.stdout.write(event.id + '\\n');
  }
};
for (let n = 0; n < 32; n++) void write('writer-' + process.pid + '-' + n);
`;

describe('the embedded log', () => {
  const clock = new FixedClock('2024-05-01T00:00:00.000Z');
  const twice = (name: string) =>
    [0, 1].map(() => EmbeddedEventLog.open(join(folder, name), clock)) as [EmbeddedEventLog, EmbeddedEventLog];

  it('never lets recordedAt go back, not even after it is opened again', async () => {
    const log = EmbeddedEventLog.open(join(folder, 'clock.db'), clock);
    await log.append('a-1', [anEvent()], 'none');
    await log.close();
    const again = EmbeddedEventLog.open(join(folder, 'clock.db'), new FixedClock('2023-01-01T00:00:00.000Z'));
    await again.append('a-1', [anEvent()], 0);
    expect((await again.read('a-1')).map(({ recordedAt }) => recordedAt)).toEqual([clock.instant, clock.instant]);
    await again.close();
  });

  it('sees what another process writes to the same file, and conflicts with it', async () => {
    const [one, two] = twice('shared.db');
    await one.append('a-1', [anEvent()], 'none');
    await two.append('a-1', [anEvent()], 0);
    await expect(one.append('a-1', [anEvent()], 0)).rejects.toMatchObject({ code: 'log/wrong-revision' });
    await one.append('a-1', [anEvent()], 1);
    expect((await two.read('a-1')).map(({ position }) => Number(position))).toEqual([1, 2, 3]);
    await Promise.all([one.close(), two.close()]);
  });

  it('wakes a follower when another process has written', async () => {
    const [one, two] = twice('followed.db');
    let written = 0;
    const seen = await followUntil(one.follow(START), async (events, { atTip }) => {
      if (atTip && events.length === written && written < 2) {
        const expected = written++ === 0 ? 'none' : 0;
        setImmediate(() => two.append('a-1', [anEvent()], expected)); // when the follower waits for more
      }
      return events.length === 2;
    });
    expect(seen).toHaveLength(2);
    await Promise.all([one.close(), two.close()]);
  });

  it('ends its followers when it closes, and then is unavailable', async () => {
    const log = EmbeddedEventLog.open(':memory:', clock);
    const end = followUntil(log.follow(START), () => false);
    const last = log.append('a-1', [anEvent()], 'none');
    await log.close();
    await end;
    expect(await last).toMatchObject({ revision: 0 });
    await expect(log.append('a-1', [anEvent()], 0)).rejects.toMatchObject({ code: 'log/unavailable' });
    await expect(log.readAll(START)).rejects.toMatchObject({ code: 'log/unavailable' });
  });

  it('refuses a position of another log', () =>
    expect(EmbeddedEventLog.open(':memory:', clock).readAll('elsewhere')).rejects.toMatchObject({
      code: 'log/not-a-position',
    }));

  it('loses no acknowledged event when its process is killed', async () => {
    const path = join(folder, 'killed.db');
    const acknowledged: string[] = [];
    const rounds = repetitions(2, 8);
    for (let round = 1; round <= rounds; round++) {
      const child = spawn(process.execPath, ['-e', endlessWriter, path], { cwd: resolve(__dirname, '../../..') });
      let output = '';
      let errors = '';
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.length > 37 * 500 * round) child.kill('SIGKILL');
      });
      child.stderr.on('data', (chunk: Buffer) => void (errors += chunk.toString()));
      await new Promise((done) => child.on('close', done));
      expect({ errors, signal: child.signalCode }).toEqual({ errors: '', signal: 'SIGKILL' });
      acknowledged.push(...output.split('\n').filter((line) => line.length === 36));
    }
    const log = EmbeddedEventLog.open(path, clock);
    const { events } = await readToTip(log, START);
    const kept = new Set(events.map(({ id }) => id));
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(500);
    expect(events.map(({ position }) => Number(position))).toEqual(events.map((_, index) => index + 1));
    await log.close();
  });
});
