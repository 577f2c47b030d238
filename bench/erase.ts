import { readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { ToLead } from '@baton/leads';
import { readConfig } from '@baton/platform/config';
import { runCommandLine } from '../apps/cli/command-line';
import { Session } from '../apps/cli/session';
import { onTerminal } from '../apps/cli/terminal';
import { companyEvents, EVENTS_OF_ONE } from './company';
import { measured, median, readAndParse, type Figure } from './support';

/** People who are erased one after the other; the first warms up. */
const PEOPLE = 6;
/** Captures under way at once. */
const AT_ONCE = 64;
const BATCH = 500;
/**
 * An erasure is decided, carried out and followed by every read model, and then nothing of the person may be left. Erasing
 * the 10⁴ people whose retention ends in a day is to take an hour of one core at most.
 */
const AIM_CPU_SECONDS = 0.36;
/** Every page of a table that held something of the person is written twice, for a crash; 10⁴ people are then 20 GiB. */
const AIM_BYTES = 2 * 2 ** 20;

const environmentOf = (folder: string) => ({ BATON_DATA_DIR: folder, BATON_LOG_LEVEL: 'silent' });

/** A company whose people are captured as callers do it; what else happened to them is appended. @returns its events */
const build = (folder: string, leads: number): Promise<{ events: number; read: number }> =>
  Session.use(
    async (session) => {
      await session.follow({ history: true });
      for (let from = 0; from < leads; from += AT_ONCE) {
        const some = Array.from({ length: Math.min(AT_ONCE, leads - from) }, (_, at) => from + at);
        await Promise.all(
          some.map((n) => {
            const leadId = `l-${n}`;
            const data = { leadId, name: `Ada ${n}`, email: `a${n}@example.org`, phone: `+49 170 ${1_000_000 + n}` };
            const meta = { commandId: `c-${n}`, actor: 'bench', origin: 'person', mode: 'backfill' } as const;
            return session.order(new ToLead(leadId, { type: 'CaptureLead', data, meta }));
          }),
        );
      }
      for (let n = 0; n < leads * EVENTS_OF_ONE; n += BATCH) {
        const some = companyEvents(n, Math.min(BATCH, leads * EVENTS_OF_ONE - n));
        const others = some.filter(({ events: [event] }) => event!.type !== 'LeadCaptured'); // they are there
        for (const answer of await session.log.appendMany(others))
          if (answer.status === 'rejected') throw answer.reason;
      }
      await session.settle();
      await session.catchUp();
      const read = await measured(() => readAndParse(session.log, session.journal));
      return { events: Number(await session.log.tip()), read: read.cpu };
    },
    { config: readConfig(environmentOf(folder)), mayCreateStore: true, announces: false },
  );

/** Bytes that this process has handed to the system so far. */
const bytesWritten = (): number => Number(/^wchar: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))![1]);

/** Erases somebody by the command line, within this process: what its modules take to load is paid once. */
const erase = async (folder: string, leadId: string) => {
  let printed = '';
  const write = (chunk: Buffer, _: string, done: () => void) => ((printed += chunk.toString()), done());
  const [stdout, stderr] = [new Writable({ write }), new Writable({ write })];
  const own = { stdout, stderr, environment: environmentOf(folder), exitCode: 0 };
  const before = bytesWritten();
  const { cpu } = await measured(() =>
    onTerminal(own, () => runCommandLine(['erase', leadId, '--reason', 'request', '--json'])),
  );
  if (own.exitCode !== 0) throw new Error(`${leadId} was not erased: ${printed}`);
  return { cpu, bytes: bytesWritten() - before };
};

/** That the person is gone, which a fast answer alone does not say. */
const assertErased = (folder: string, leadIds: readonly string[]): Promise<void> =>
  Session.use(
    async (session) => {
      const keys = await session.keys.find(leadIds);
      if (leadIds.some((leadId) => keys.get(leadId) !== null)) throw new Error('a key outlived its erasure');
    },
    { config: readConfig(environmentOf(folder)) },
  );

/** One person erased in a company of about so many events: what it costs, and what it writes. */
export const eraseRows = async (folder: string, size: number): Promise<readonly Figure[]> => {
  const leads = Math.ceil(size / (EVENTS_OF_ONE + 2));
  const { events, read } = await build(folder, leads);
  const people = Array.from({ length: PEOPLE }, (_, n) => `l-${Math.floor(((n + 0.5) * leads) / PEOPLE)}`);
  const rounds: Awaited<ReturnType<typeof erase>>[] = [];
  for (const leadId of people) rounds.push(await erase(folder, leadId));
  await assertErased(folder, people);
  const [cpu, bytes] = (['cpu', 'bytes'] as const).map((of) => median(rounds.slice(1).map((round) => round[of])));
  const among = `among ${events.toLocaleString('en')} events`;
  return [
    {
      what: `CPU of erasing one person ${among} against ${AIM_CPU_SECONDS} s (${(1000 * cpu!).toFixed(0)} ms)`,
      ratio: cpu! / AIM_CPU_SECONDS,
      rounds,
    },
    {
      what: `bytes that it writes ${among} against 2 MiB (${(bytes! / 1024).toFixed(0)} KiB)`,
      ratio: bytes! / AIM_BYTES,
      rounds,
    },
    {
      what: `CPU of erasing one person ${among} against reading and parsing them`,
      ratio: cpu! / read,
      rounds: { rounds, read },
    },
  ];
};
