import type { Event } from '@event-driven-io/emmett';
import {
  EVENTS,
  fill,
  noTime,
  open,
  openMemory,
  pageOf,
  withPage,
  type PageEvent,
  type Time,
  type World,
} from './pages';
import { startPostgres, type Postgres } from './postgres';
import { loud, measured, median, ROUNDS, type Benchmark, type Figure } from './support';

/** Fewer than for our own benchmarks: Emmett needs a millisecond of CPU and more for each. */
const COUNT = Number(process.env['BENCH_EMMETT_EVENTS'] ?? EVENTS / 10);
const LEADS = COUNT / 10;
const EACH = COUNT / LEADS;

type Seen = PageEvent & Event;
type Doc = Time & Record<string, unknown>;
/** What both must come to: documents, events in them, minutes in them. */
type Sums = readonly [documents: number, seen: number, minutes: number];
interface Contender {
  /** Rebuilds the read model from the first event. @returns CPU seconds of every process that took part */
  readonly rebuild: (round: number) => Promise<number>;
  readonly sums: (round: number) => Promise<Sums>;
  readonly close: () => Promise<unknown>;
}

const eventOf = (n: number): Seen => pageOf(n, n % LEADS) as Seen;
const eventsOf = (lead: number): Seen[] => Array.from({ length: EACH }, (_, n) => eventOf(lead + n * LEADS));
const fold = {
  canHandle: ['PageSeen' as const],
  getDocumentId: (event: Seen) => event.data.leadId,
  initialState: (): Doc => ({ ...noTime() }),
  evolve: (doc: Doc, event: Seen): Doc => ({ ...doc, ...withPage(doc, event) }),
};

const ours = async (world: World): Promise<Contender> => {
  await fill(world.log, COUNT, LEADS);
  return {
    rebuild: async () => (await measured(() => world.runner.rebuild('time'))).cpu,
    sums: async () => {
      const name = (await world.documents.active('time'))!;
      const documents = await world.documents.find({ name, columns: { minutes: 'integer' } }, { limit: LEADS + 1 });
      const docs = documents.map(({ doc }) => doc as Time);
      const sum = (of: (doc: Time) => number) => docs.reduce((total, doc) => total + of(doc), 0);
      return [docs.length, sum(({ seen }) => seen), sum(({ minutes }) => minutes)];
    },
    close: world.close,
  };
};

/** Its PostgreSQL store, its projection into documents, its own rebuild, in larger batches than it takes by itself. */
const emmettOnPostgres = async (postgres: Postgres): Promise<Contender> => {
  const { getPostgreSQLEventStore, pongoMultiStreamProjection, rebuildPostgreSQLProjections } =
    await import('@event-driven-io/emmett-postgresql');
  const store = getPostgreSQLEventStore(postgres.url);
  await store.schema.migrate();
  // One after the other: of streams that were appended at the same time its rebuild leaves events out.
  for (let lead = 0; lead < LEADS; lead++) await store.appendToStream(`lead-${lead}`, eventsOf(lead));
  return {
    rebuild: async (round) => {
      const before = postgres.cpu();
      const { cpu } = await measured(async () => {
        const consumer = rebuildPostgreSQLProjections({
          connectionString: postgres.url,
          pulling: { batchSize: 1000 },
          projections: [
            {
              projection: pongoMultiStreamProjection<Doc, Seen>({ ...fold, collectionName: `time${round}` }),
              processorId: `time${round}`,
            },
          ],
        });
        await consumer.start();
        await consumer.close();
      });
      return cpu + postgres.cpu() - before;
    },
    sums: async (round) => {
      const sql = `SELECT count(*), sum((data->>'seen')::int), sum((data->>'minutes')::int) FROM time${round}`;
      return postgres.query(sql).split('|').map(Number) as unknown as Sums;
    },
    close: () => store.close(),
  };
};

/** Its store of one process. It reads by stream only, so a rebuild is its projection over every stream in turn. */
const emmettInMemory = async (): Promise<Contender> => {
  const { getInMemoryDatabase, getInMemoryEventStore, handleInMemoryProjections, inMemoryMultiStreamProjection } =
    await import('@event-driven-io/emmett');
  const store = getInMemoryEventStore();
  for (let lead = 0; lead < LEADS; lead++) await store.appendToStream(`lead-${lead}`, eventsOf(lead));
  let database = getInMemoryDatabase();
  const projections = [inMemoryMultiStreamProjection<Doc, Seen>({ ...fold, collectionName: 'time' })];
  return {
    rebuild: async () => {
      database = getInMemoryDatabase();
      const { cpu } = await measured(async () => {
        for (let lead = 0; lead < LEADS; lead++) {
          const { events } = await store.readStream<Seen>(`lead-${lead}`);
          await handleInMemoryProjections({ projections, events, database });
        }
      });
      return cpu;
    },
    sums: async () => {
      const docs = await database.collection<Doc>('time').find();
      const sum = (of: (doc: Doc) => number) => docs.reduce((total, doc) => total + of(doc), 0);
      return [docs.length, sum(({ seen }) => seen), sum(({ minutes }) => minutes)];
    },
    close: () => Promise.resolve(),
  };
};

const rebuilt = async (contender: Contender, round: number): Promise<number> => {
  const cpu = await contender.rebuild(round);
  const minutes = Array.from({ length: COUNT }, (_, n) => eventOf(n).data.minutes).reduce((a, b) => a + b, 0);
  const [expected, got] = [[LEADS, COUNT, minutes].join(), (await contender.sums(round)).join()];
  if (got !== expected) throw new Error(`a rebuild came to ${got}, not to ${expected}`);
  return cpu;
};

const sideBySide = async (where: string, our: Contender, their: Contender): Promise<Figure> => {
  const rounds: { ours: number; emmett: number }[] = [];
  try {
    for (let round = 0; round < Math.min(ROUNDS, 3); round++)
      rounds.push({ ours: await rebuilt(our, round), emmett: await rebuilt(their, round) });
  } finally {
    await our.close();
    await their.close();
  }
  const seconds = (of: 'ours' | 'emmett') => median(rounds.map((round) => round[of])).toFixed(2);
  return {
    what: `rebuild of ${COUNT} events into ${LEADS} documents, ${where}: events per CPU second, ours against Emmett's (${seconds('ours')} s, ${seconds('emmett')} s)`,
    ratio: median(rounds.map((round) => round.emmett / round.ours)),
    rounds,
  };
};

/** The same events and the same fold, rebuilt by Emmett and by us, each pair on stores that keep as much. */
export const emmett: Benchmark = async (folder) => {
  const figures: Figure[] = [];
  try {
    require.resolve('@event-driven-io/emmett-postgresql');
  } catch {
    loud('Emmett is not installed: nothing is compared with it (npm ci installs it)');
    return figures;
  }
  const postgres = await startPostgres();
  if (!postgres)
    loud("PostgreSQL is not installed: Emmett's durable store is not compared (apt-get install postgresql)");
  else
    try {
      const world = await open(folder, 'emmett');
      figures.push(await sideBySide('on disk', await ours(world), await emmettOnPostgres(postgres)));
    } finally {
      await postgres.stop();
    }
  figures.push(await sideBySide('in memory', await ours(openMemory()), await emmettInMemory()));
  return figures;
};
