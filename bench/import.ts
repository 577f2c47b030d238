import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RawAppends } from './raw-append';
import { median, ROUNDS, type Benchmark } from './support';

const LEADS = Number(process.env['BENCH_IMPORT_LEADS'] ?? 8_000);
const ROWS_OF_ONE = 10;
const DAY_MS = 86_400_000;
const DISK_MIB = 40;

const day = (n: number): string => new Date(Date.UTC(2023, 0, 1) + n * DAY_MS).toISOString();
const at = { column: 'at' };
const lead = (template: string, fields: readonly string[]) => ({
  leadId: { template },
  ...Object.fromEntries(fields.map((field) => [field, { column: field }])),
});
const touch = (template: string, page: string, occurredAt: object) => ({
  command: 'RecordTouch',
  ...{ to: 'lead', occurredAt },
  data: { leadId: { template }, action: 'page-view', team: 'marketing', page: { column: page } },
});

/** A file of rows, and how they become commands: each lead is captured and touched twice. */
const leads = () => {
  const profile = ['email', 'name', 'phone', 'company', 'industry', 'country', 'source'];
  const mapping = {
    ...{ name: 'leads', key: ['id'] },
    commands: [
      { command: 'CaptureLead', to: 'lead', occurredAt: at, data: lead('l-{id}', profile) },
      touch('l-{id}', 'page', at),
      touch('l-{id}', 'next', { column: 'later' }),
    ],
  };
  const rows = Array.from({ length: LEADS }, (_, n) => {
    const [firm, industry] = [n % 900, ['software', 'retail', 'health', 'finance'][n % 4]];
    const person = [`ann${n}@firm${firm}.example`, `Ann${n % 500} Lee${n % 1700}`, `+4930${1_000_000 + n}`];
    const company = [`Firm ${firm}`, industry, ['DE', 'FR', 'US'][n % 3], ['google', 'fair'][n % 2]];
    return [n, day(n % 300), day((n % 300) + 9), ...person, ...company, `/p/${n % 40}`, `/q/${n % 7}`].join();
  });
  return { mapping, header: ['id', 'at', 'later', ...profile, 'page', 'next'].join(), rows };
};

/** The same touches of a tenth as many leads, sorted by lead or in turn. */
const touches = (sorted: boolean) => {
  const captured = { 'lead/already-captured': 'continue' };
  const capture = { command: 'CaptureLead', to: 'lead', occurredAt: at, data: lead('c-{of}', []), onRefused: captured };
  const mapping = { name: 'touches', key: ['id'], commands: [capture, touch('c-{of}', 'page', at)] };
  const subjects = LEADS / ROWS_OF_ONE;
  const rows = Array.from({ length: LEADS }, (_, n) => {
    const [of, nth] = sorted
      ? [Math.floor(n / ROWS_OF_ONE), n % ROWS_OF_ONE]
      : [n % subjects, Math.floor(n / subjects)];
    return [`${of}-${nth}`, of, day(3 * nth), `/p/${nth}`].join();
  });
  return { mapping, header: 'id,of,at,page', rows };
};
type Source = ReturnType<typeof leads>;

/** CPU seconds of a command in a process of its own, from its start to its end. @param folder with `data`, its events */
export const cpuOfBaton = (folder: string, ...args: readonly string[]): number => {
  const baton = join(__dirname, '..', '..', 'apps', 'cli', 'baton.js');
  const script = `"${process.execPath}" "${baton}" ${args.join(' ')} >&2; times`;
  const env = { ...process.env, BATON_DATA_DIR: join(folder, 'data') };
  const stdio = ['ignore', 'pipe', 'ignore'] as const;
  const said = execFileSync('sh', ['-c', script], { cwd: folder, env, encoding: 'utf8', stdio: [...stdio] });
  // The second line is that of the children: `1m2.34s 0m0.5s`.
  const times = said.trim().split('\n').at(-1)!;
  return [...times.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds),
    0,
  );
};
const importOf = ({ mapping, header, rows }: Source, folder: string): number => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  writeFileSync(join(folder, 'mapping.json'), JSON.stringify(mapping));
  writeFileSync(join(folder, 'rows.csv'), [header, ...rows, ''].join('\n'));
  return cpuOfBaton(folder, 'import', 'mapping.json', 'rows.csv');
};
/** CPU seconds of appending the events that a command wrote. */
export const appendsOf = async (folder: string): Promise<RawAppends> => {
  const to = join(folder, 'raw');
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to);
  const child = fork(join(__dirname, 'raw-append.js'), [join(folder, 'data'), to]);
  const answer = once(child, 'message') as Promise<[RawAppends]>;
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`raw appends ended with ${code}`);
  return (await answer)[0];
};
/** What the files of a folder take. */
export const mebibytesIn = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0) / 2 ** 20;

/** What an import costs beside appending its events, on the disk, and when its rows are sorted. */
export const imports: Benchmark = async (folder) => {
  const nothing = { ...leads(), rows: leads().rows.slice(0, 1) };
  const rounds: Record<'start' | 'imported' | 'raw' | 'sorted' | 'mixed' | 'mebibytes' | 'events', number>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = importOf(nothing, join(folder, 'start'));
    const whole = importOf(leads(), join(folder, 'leads'));
    const { events, cpu: raw } = await appendsOf(join(folder, 'leads'));
    const sorted = importOf(touches(true), join(folder, 'sorted')) - start;
    const mixed = importOf(touches(false), join(folder, 'mixed')) - start;
    const mebibytes = mebibytesIn(join(folder, 'leads', 'data'));
    rounds.push({ start, imported: whole - start, raw, sorted, mixed, mebibytes, events });
  }
  const of = (ratio: (round: (typeof rounds)[number]) => number) => median(rounds.map(ratio));
  const { events } = rounds[0]!;
  return [
    {
      what: `CPU of an import of ${LEADS} leads (${events} events), its start left out, against appending these events`,
      ratio: of(({ imported, raw }) => imported / raw),
      rounds,
    },
    { what: `disk of that import against ${DISK_MIB} MiB`, ratio: of(({ mebibytes }) => mebibytes) / DISK_MIB, rounds },
    {
      what: `CPU of an import of ${LEADS} rows sorted by lead against the same rows mixed`,
      ratio: of(({ sorted, mixed }) => sorted / mixed),
      rounds,
    },
  ];
};
