import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import {
  catalogueOf,
  events,
  fromMs,
  integer,
  projection,
  ref,
  START,
  type Append,
  type Clock,
  type EventMeta,
  type EventOf,
} from '@baton/kernel';
import { EmbeddedDocuments } from '@baton/platform/documents';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { Runner } from '@baton/platform/runner';

/** Benchmarks on the embedded stores: every figure is a ratio of two things measured in turn in this one run. */
const EVENTS = Number(process.argv[2] ?? 200_000);
const DOCUMENTS = EVENTS / 10;
const ROUNDS = 5;

const pageEvents = events({ PageSeen: { version: 1, leadId: ref('lead'), minutes: integer() } });
const time = projection<{ seen: number; minutes: number }, EventOf<typeof pageEvents>>({
  name: 'time',
  version: 1,
  columns: { minutes: 'integer' },
  keys: ({ data }) => [data.leadId],
  initial: () => ({ seen: 0, minutes: 0 }),
  on: { PageSeen: (doc, { data }) => ({ seen: doc.seen + 1, minutes: doc.minutes + data.minutes }) },
});
const clock: Clock = { now: () => fromMs(Date.now()) };
const meta = (n: number): EventMeta => ({
  actor: 'bench',
  origin: 'system',
  occurredAt: '2024-01-01T00:00:00.000Z',
  commandId: `command-${n}`,
  commandHash: '0'.repeat(32),
  schema: 1,
  mode: 'live',
  $correlationId: `command-${n}`,
  $causationId: `command-${n}`,
});
const append = (n: number, stream: string): Append => ({
  stream,
  events: [
    { id: `event-${stream}-${n}`, type: 'PageSeen', data: { leadId: stream.slice(5), minutes: n % 7 }, meta: meta(n) },
  ],
  expected: 'any',
});

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
/** CPU seconds and wall seconds of a piece of work. */
const measured = async (work: () => Promise<unknown>) => {
  const [cpu, wall] = [process.cpuUsage(), performance.now()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { cpu: (user + system) / 1e6, wall: (performance.now() - wall) / 1e3 };
};

const rebuildRatio = async (folder: string) => {
  const log = EmbeddedEventLog.open(join(folder, 'log.db'), clock);
  for (let from = 0; from < EVENTS; from += 1000)
    await log.appendMany(Array.from({ length: 1000 }, (_, n) => append(from + n, `lead-${(from + n) % DOCUMENTS}`)));
  const documents = await EmbeddedDocuments.open(join(folder, 'documents.db'));
  const journal = new SealedJournal(log, catalogueOf([pageEvents]), new MemoryKeyStore());
  const runner = new Runner({
    log,
    journal,
    documents,
    clock,
    projections: [time],
    policies: [],
    dueLists: [],
    dispatch: () => Promise.reject(new Error('no policies here')),
    onFault: (error) => {
      throw error;
    },
  });
  const readAndParse = async () => {
    for (let after = START, more = true; more;) {
      const page = await log.readAll(after, {}, 5000);
      for (const event of page.events) journal.decode(event);
      after = page.position;
      more = !page.atTip;
    }
  };
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++)
    rounds.push({ readAndParse: await measured(readAndParse), rebuild: await measured(() => runner.rebuild('time')) });
  await documents.close();
  await log.close();
  return {
    what: `rebuild of ${EVENTS} events into ${DOCUMENTS} documents against read + parse`,
    ratio: median(rounds.map(({ readAndParse: parse, rebuild }) => parse.cpu / rebuild.cpu)),
    rounds,
  };
};

const appendRatio = async (folder: string) => {
  const log = EmbeddedEventLog.open(join(folder, 'appends.db'), clock);
  const rounds = [];
  let n = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const single = await measured(async () => {
      for (let i = 0; i < 2000; i++) await log.append('lead-single', append(n++, 'lead-single').events, 'any');
    });
    const together = await measured(() =>
      Promise.all(
        Array.from({ length: 64 }, async (_, writer) => {
          const stream = `lead-w${writer}`;
          for (let i = 0; i < 128; i++) await log.append(stream, append(n++, stream).events, 'any');
        }),
      ),
    );
    rounds.push({ single: 2000 / single.wall, together: (64 * 128) / together.wall });
  }
  await log.close();
  return {
    what: '64 appends in flight against one at a time, events per second',
    ratio: median(rounds.map(({ single, together }) => together / single)),
    rounds,
  };
};

const main = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-bench-'));
  try {
    const machine = {
      node: process.version,
      cpu: cpus()[0]?.model,
      cores: cpus().length,
      memoryGiB: totalmem() / 2 ** 30,
    };
    const results = [await rebuildRatio(folder), await appendRatio(folder)];
    for (const { what, ratio } of results) process.stdout.write(`${ratio.toFixed(2)}  ${what}\n`);
    const path = join(tmpdir(), `baton-bench-${Date.now()}.json`);
    writeFileSync(path, JSON.stringify({ machine, results }, null, 2));
    process.stdout.write(`raw figures: ${path}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

void main();
