import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedDocuments } from '@baton/platform/documents';
import { catalogueFor } from '@baton/platform/catalogue';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { Runner } from '@baton/platform/runner';
import { contextParts } from '../apps/contexts';
import { companyEvents, EVENTS_OF_COHORT } from './company';
import { clock, measured, median, type Benchmark, type Figure } from './support';

/** Whole cohorts, so that as many of a hundred events open and win deals in a small log as in a large one. */
const SIZES = (process.env['BENCH_GROWTH'] ?? '10000,100000,1000000')
  .split(',')
  .map((size) => Math.ceil(Number(size) / EVENTS_OF_COHORT) * EVENTS_OF_COHORT);
/** So many events come on top of each size: what they cost is what an event costs there. */
const MORE = 20_000;
const BATCH = 500;
/** How often the smaller sizes are measured. */
const TIMES = 5;
const AIM = 1.3;
const MODELS = ['leads', 'deals', 'case-file'] as const;
const projections = contextParts
  .flatMap((one) => one.projections)
  .filter(({ name }) => (MODELS as readonly string[]).includes(name));

/** Microseconds of CPU for each event. */
type Costs = Record<'append' | 'follow' | (typeof MODELS)[number], number>;

const append = async (log: EmbeddedEventLog, from: number, to: number): Promise<void> => {
  for (let n = from; n < to; n += BATCH)
    for (const answer of await log.appendMany(companyEvents(n, Math.min(BATCH, to - n))))
      if (answer.status === 'rejected') throw answer.reason;
};

/** Appends a log of a size, rebuilds the read models, and lets them follow what comes then. */
const costsOf = async (folder: string, size: number): Promise<Costs> => {
  const log = EmbeddedEventLog.open(join(folder, 'log.db'), clock);
  const documents = await EmbeddedDocuments.open(join(folder, 'documents.db'));
  const journal = new SealedJournal(log, catalogueFor(contextParts), new MemoryKeyStore());
  const runner = () =>
    new Runner({
      ...{ log, journal, documents, clock, projections, policies: [], aggregates: [] },
      dispatch: () => Promise.reject(new Error('no policies here')),
      onFault: (error) => {
        throw error;
      },
    });
  const micro = async (events: number, work: () => Promise<unknown>) => (1e6 * (await measured(work)).cpu) / events;
  const costs: Partial<Costs> = {};
  await append(log, 0, size);
  const rebuilding = runner();
  for (const name of MODELS) costs[name] = await micro(size, () => rebuilding.rebuild(name));
  await rebuilding.stop();
  costs.append = await micro(MORE, () => append(log, size, size + MORE));
  const following = runner();
  costs.follow = await micro(MORE, async () => {
    await following.start({ tick: false });
    await following.catchUp();
  });
  await following.stop();
  await documents.close();
  await log.close();
  return costs as Costs;
};

const WORDS: Readonly<Record<keyof Costs, string>> = {
  append: 'an append',
  follow: 'an event that three read models follow',
  leads: 'an event of a rebuild of `leads`',
  deals: 'an event of a rebuild of `deals`',
  'case-file': 'an event of a rebuild of the case file',
};

/** What an event costs in a log of 10⁴ events and in larger ones. */
export const growth: Benchmark = async (folder) => {
  const bySize = new Map<number, Costs[]>();
  for (let time = 0; time < TIMES; time++)
    for (const size of time > 0 && SIZES.length > 1 ? SIZES.slice(0, -1) : SIZES) {
      const own = join(folder, `${size}-${time}`);
      mkdirSync(own);
      bySize.set(size, [...(bySize.get(size) ?? []), await costsOf(own, size)]);
      rmSync(own, { recursive: true });
    }
  const of = (size: number, what: keyof Costs) => median(bySize.get(size)!.map((costs) => costs[what]));
  const first = SIZES[0]!;
  return (Object.keys(WORDS) as (keyof Costs)[]).flatMap((what) =>
    SIZES.slice(1).map((size): Figure => ({
      what: `CPU of ${WORDS[what]} at ${size.toLocaleString('en')} events (${of(size, what).toFixed(1)} µs) against ${first.toLocaleString('en')} (${of(first, what).toFixed(1)} µs); at most ${AIM}`,
      ratio: of(size, what) / of(first, what),
      rounds: [bySize.get(first), bySize.get(size)],
    })),
  );
};
