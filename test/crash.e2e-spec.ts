import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repetitions } from '@baton/kernel/testing';
import { baton, batonJson, root } from './support/baton';
import { differingModels, eventsOf, faultsOf, hasStrace, importOf, killed, seeded, type Ended } from './support/crash';

const SEED = Number(process.env['CRASH_SEED'] ?? 1);
const LONG = 7_200_000;
const ROWS = 60;
const log = join(root, 'dist', 'libs', 'platform', 'event-log');
const folders: string[] = [];
const emptyFolder = (): string => {
  folders.push(mkdtempSync(join(tmpdir(), 'baton-')));
  return folders.at(-1)!;
};
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));
beforeAll(() => execFileSync(process.execPath, [join(root, 'apps', 'cli', 'baton.js'), '--built']), 300_000);

/** What an import that was cut short and begun again must have come to. */
const judge = async (folder: string): Promise<unknown> => {
  const answer = batonJson<{ completeness: { complete: boolean; follower: string }[] }>(folder, 'status', '--verify');
  const events = await eventsOf(join(folder, 'log.db'));
  const captured = new Map<string, number>();
  for (const { type, stream } of events)
    if (type === 'LeadCaptured' || type === 'TouchRecorded')
      captured.set(`${type} ${stream}`, (captured.get(`${type} ${stream}`) ?? 0) + 1);
  return {
    faults: faultsOf(events),
    incomplete: answer.completeness.filter(({ complete }) => !complete),
    twice: [...captured].filter(([, count]) => count !== 1),
    leads: [...captured.keys()].filter((name) => name.startsWith('LeadCaptured')).length,
    differing: await differingModels(folder),
  };
};
const sound = { faults: [], incomplete: [], twice: [], leads: ROWS, differing: [] };
const finish = (folder: string) => {
  const [, , ...args] = importOf(folder, ROWS);
  expect(baton(folder, ...args).status).toBe(0);
};

describe('an import that is killed', () => {
  it(
    'goes on where it was, at whatever moment, and nothing is lost, torn, skipped or done twice',
    async () => {
      const random = seeded(SEED);
      const kills = repetitions(6, 1000);
      let cut = 0;
      for (let done = 0; done < kills;) {
        const folder = emptyFolder();
        for (const end = Math.min(kills, done + 3); done < end; done++)
          cut += (await killed(importOf(folder, ROWS), folder, 400 + random() * 2500)).signal ? 1 : 0;
        finish(folder);
        expect({ done, ...((await judge(folder)) as object) }).toEqual({ done, ...sound });
      }
      process.stderr.write(`crash: seed ${SEED}, ${kills} runs, ${cut} of them cut short\n`);
      expect(cut).toBeGreaterThan(0);
    },
    LONG,
  );

  const injected = ['fsync,fdatasync:signal=SIGKILL', 'pwrite64:signal=SIGKILL', 'pwrite64:error=ENOSPC'];
  if (!hasStrace) process.stderr.write('NOT PROVEN: strace is absent, so no system call is made to fail\n');
  (hasStrace ? it : it.skip).each(injected)(
    '%s: at each of the first calls',
    async (what) => {
      const calls = repetitions(1, 200);
      let struck = 0;
      for (let call = 1; call <= calls; call++) {
        const folder = emptyFolder();
        const when = calls === 1 ? (what.startsWith('fsync') ? 5 : 40) : call;
        const inject = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `trace=${what.split(':')[0]}`];
        const ended = await killed([...inject, '-e', `inject=${what}:when=${when}`, ...importOf(folder, ROWS)], folder);
        struck += ended.signal !== null || ended.status !== 0 ? 1 : 0;
        finish(folder);
        expect({ call, ...((await judge(folder)) as object) }).toEqual({ call, ...sound });
      }
      expect(struck).toBeGreaterThan(0);
      process.stderr.write(`${what}: ${calls} runs, ${struck} of them struck down\n`);
    },
    LONG,
  );
});

describe('64 writers on 100 streams, in two processes that are killed', () => {
  it(
    'have one winner for each revision, and every acknowledged append is there once and whole',
    async () => {
      const random = seeded(SEED);
      const file = join(emptyFolder(), 'log.db');
      const appends = repetitions(600, 12_000);
      const ended: Ended[] = [];
      let seed = 1;
      const run = (afterMs?: number) => {
        const args = [log, file, seed++, 32, 100, appends].map(String);
        return killed([process.execPath, join(__dirname, 'support', 'crash-writer.js'), ...args], root, afterMs);
      };
      for (let round = 0; round < repetitions(3, 40); round++)
        ended.push(...(await Promise.all([run(150 + random() * 700), run(150 + random() * 700)])));
      const last = await Promise.all([run(), run()]);
      for (const { status, stderr } of last) expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      ended.push(...last);

      const events = await eventsOf(file);
      expect(faultsOf(events)).toEqual([]);
      const lines = ended.flatMap(({ lines: told }) => told);
      const conflicts = lines.filter((line) => line.startsWith('conflicts')).map((line) => Number(line.split(' ')[1]));
      const acknowledged = lines.filter((line) => !line.startsWith('conflicts')).map((line) => line.split(' '));
      const winners = new Map<string, string>();
      const at = new Map(events.map((event) => [`${event.stream} ${event.revision}`, event.id]));
      for (const [stream, revision, count, name] of acknowledged as [string, string, string, string][])
        for (let index = 0; index < Number(count); index++) {
          const place = `${stream} ${Number(revision) - Number(count) + 1 + index}`;
          expect({ place, winner: winners.get(place) }).toEqual({ place, winner: undefined });
          winners.set(place, name);
          expect({ place, id: at.get(place) }).toEqual({ place, id: `${name}-${index}` });
        }
      const appendsOf = new Map<string, number>();
      for (const { meta } of events) appendsOf.set(meta.commandId, (appendsOf.get(meta.commandId) ?? 0) + 1);
      const torn = events.filter(
        ({ meta, data }) => appendsOf.get(meta.commandId) !== (data as { count: number }).count,
      );
      expect(torn).toEqual([]);
      const cut = ended.filter(({ signal }) => signal).length;
      const met = conflicts.reduce((sum, one) => sum + one, 0);
      process.stderr.write(`writers: ${acknowledged.length} appends, ${met} conflicts after ${cut} kills\n`);
      expect(cut).toBeGreaterThan(0);
      expect(met).toBeGreaterThan(repetitions(50, 10_000));
    },
    LONG,
  );
});
