import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repetitions } from '@baton/kernel/testing';
import { root } from './support/baton';
import {
  eventsIn,
  faultsOf,
  hasStrace,
  importOf,
  inLanes,
  killed,
  seeded,
  unsoundModels,
  type Ended,
} from './support/crash';

const SEED = Number(process.env['CRASH_SEED'] ?? 1);
const LEADS = 4;
/** A part of the duration of an import on an idle machine, so that it is killed several times. */
const KILL_WITHIN_MS = 500;
const log = join(root, 'dist', 'libs', 'platform', 'event-log');
const folders: string[] = [];
const emptyFolder = (): string => {
  folders.push(mkdtempSync(join(tmpdir(), 'baton-')));
  return folders.at(-1)!;
};
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));
beforeAll(() => execFileSync(process.execPath, [join(root, 'apps', 'cli', 'baton.js'), '--built']));

/** The expected result of an import that was killed and started again. */
const judge = async (folder: string): Promise<object> => {
  const events = await eventsIn(join(folder, 'log.db'));
  const touches = events.filter(({ type }) => type === 'TouchRecorded');
  return {
    faults: faultsOf(events),
    leads: events.filter(({ type }) => type === 'LeadCaptured').length,
    touches: touches.length,
    differentTouches: new Set(touches.map(({ data }) => (data as { page: string }).page)).size,
    ...(await unsoundModels(folder)),
  };
};
const sound = (touches: number) => ({
  ...{ faults: [], leads: Math.min(LEADS, touches), touches, differentTouches: touches },
  ...{ incomplete: [], differing: [] },
});
/** Lets an import finish and checks the result, and that of the killed ones. */
const judged = async (folder: string, command: readonly string[], touches: number, done: object) => {
  const { status, stderr } = await killed(command, folder, undefined, 'ready');
  if (status !== 0) throw new Error(`${JSON.stringify(done)}: the import ended with ${status}: ${stderr}`);
  expect({ ...done, ...(await judge(folder)) }).toEqual({ ...done, ...sound(touches) });
};
/** Whether the fault occurred. A full disk is an outage: the import waits, reports it, and continues. */
const struckDown = ({ signal, status, stderr }: Ended): boolean =>
  signal !== null || status !== 0 || stderr.includes('The import waits');

describe('an import that is killed', () => {
  it('continues where it was, at any moment, and nothing is lost, torn, skipped or done twice', async () => {
    const random = seeded(SEED);
    const [kills, each, touches] = [repetitions(6, 1000), repetitions(3, 10), repetitions(60, 120)];
    let cut = 0;
    const lane = async () => {
      while (cut < kills) {
        const folder = emptyFolder();
        const command = importOf(folder, LEADS, touches);
        for (let kill = 0; kill < each && cut < kills; kill++) {
          const { signal } = await killed(command, folder, random() * KILL_WITHIN_MS, 'ready');
          if (!signal) break; // it was done before
          if (++cut % 100 === 0) process.stderr.write(`crash: ${cut} imports killed\n`);
        }
        await judged(folder, command, touches, { cut });
        rmSync(folder, { recursive: true, force: true });
      }
    };
    await inLanes([lane, lane]);
    process.stderr.write(`crash: seed ${SEED}, ${cut} imports killed, 0 events lost, torn, skipped or doubled\n`);
    expect(cut).toBeGreaterThanOrEqual(kills);
  });

  const injected = ['fsync,fdatasync:signal=SIGKILL', 'pwrite64:signal=SIGKILL', 'pwrite64:error=ENOSPC'];
  if (!hasStrace) process.stderr.write('NOT PROVEN: strace is absent, so no system call is made to fail\n');
  (hasStrace ? it : it.skip).each(injected)('%s: at each of the first calls', async (what) => {
    const calls = repetitions(0, 200);
    let struck = 0;
    const strike = async (folder: string, command: readonly string[], call: number) => {
      const inject = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${what.split(':')[0]}`];
      const ended = await killed(
        [...inject, '-e', `inject=${what}:when=${call}`, ...command],
        folder,
        undefined,
        'ready',
      );
      struck += struckDown(ended) ? 1 : 0;
    };
    // Each call of an import into an empty folder; the state after all faults is checked once.
    const syncs = what.startsWith('fsync');
    const few = syncs ? 5 : 40;
    const touches = syncs && calls ? 900 : 60; // about one sync for four of them, and thirty besides
    const jobs = (calls ? Array.from({ length: calls }, (_, index) => index + 1) : [few]).map((call) => async () => {
      const folder = emptyFolder();
      const command = importOf(folder, LEADS, touches);
      await strike(folder, command, call);
      await judged(folder, command, touches, { call });
      rmSync(folder, { recursive: true, force: true });
    });
    await inLanes(jobs, syncs ? 4 : 2);
    process.stderr.write(`${what}: ${jobs.length} imports, ${struck} of them struck down\n`);
    expect(struck).toBeGreaterThan(0);
  });
});

describe('64 writers on 100 streams, in two processes that are killed', () => {
  it('have one winner for each revision, and every acknowledged append is stored once and complete', async () => {
    const random = seeded(SEED);
    const file = join(emptyFolder(), 'log.db');
    const wanted = repetitions(100, 10_000);
    const ended: Ended[] = [];
    let seed = 1;
    const run = (appends: number, afterMs?: number) => {
      const args = [log, file, seed++, 32, 100, appends].map(String);
      return killed([process.execPath, join(__dirname, 'support', 'crash-writer.js'), ...args], root, afterMs, 'ready');
    };
    const conflicts = () => ended.flatMap(({ lines }) => lines).filter((line) => line === 'conflict').length;
    for (let round = 0; round < 3 || conflicts() < wanted; round++) {
      const until = () => 300 + random() * repetitions(500, 2500);
      ended.push(...(await Promise.all([run(1e6, until()), run(1e6, until())])));
    }
    const last = await Promise.all([run(300), run(300)]);
    for (const { status, stderr } of last) expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    ended.push(...last);

    const events = await eventsIn(file);
    expect(faultsOf(events)).toEqual([]);
    const told = ended.flatMap(({ lines }) => lines).filter((line) => line !== 'conflict');
    const acknowledged = told.map((line) => line.split(' '));
    const faults: object[] = [];
    const winners = new Map<string, string>();
    const at = new Map(events.map((event) => [`${event.stream} ${event.revision}`, event.id]));
    for (const [stream, revision, count, name] of acknowledged as [string, string, string, string][])
      for (let index = 0; index < Number(count); index++) {
        const place = `${stream} ${Number(revision) - Number(count) + 1 + index}`;
        const [winner, id] = [winners.get(place), at.get(place)];
        if (winner !== undefined || id !== `${name}-${index}`) faults.push({ place, name, winner, id });
        winners.set(place, name);
      }
    expect(faults).toEqual([]);
    const appendsOf = new Map<string, number>();
    for (const { meta } of events) appendsOf.set(meta.commandId, (appendsOf.get(meta.commandId) ?? 0) + 1);
    const torn = events.filter(({ meta, data }) => appendsOf.get(meta.commandId) !== (data as { count: number }).count);
    expect(torn).toEqual([]);
    const cut = ended.filter(({ signal }) => signal).length;
    process.stderr.write(`writers: ${acknowledged.length} appends, ${conflicts()} conflicts, ${cut} kills\n`);
    expect(cut).toBeGreaterThan(0);
  });
});
