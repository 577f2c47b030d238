import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { catalogueOf, eventsOf, fromMs, type EventMeta } from '@baton/kernel';
import { openCaseFile } from '@baton/audit';
import { EmbeddedDocuments, ReadModels } from '@baton/platform/documents';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { Runner } from '@baton/platform/runner';
import { contextParts } from '../apps/contexts';
import { clock, measured, median, ROUNDS, type Benchmark, type Figure } from './support';

const SIZES = [10, 1_000, 10_000];
/** Entries of a page that the smallest file has as well, so that pages of all sizes show as much. */
const FEW = 10;
const PAGE = 50;
/** How many pages a round takes. */
const PAGES = 40;
/** How many pages, each as the first that a process is asked for. */
const FIRST_PAGES = 10;
/** So many events are added one by one, with a page after each. */
const ADDED = 60;
const AIM = 1.5;
const AIM_MS = 50;
const BEGAN = Date.UTC(2024, 0, 1);
/** An append takes so many. */
const BATCH = 500;

const meta = (n: number): Omit<EventMeta, 'schema'> => {
  const commandId = randomUUID();
  return {
    ...{ actor: 'hanna', origin: 'person', mode: 'live', commandId, commandHash: '' },
    ...{ occurredAt: fromMs(BEGAN + n * 60_000), $correlationId: commandId, $causationId: commandId },
  };
};
/** Of ten events nine are touches; the tenth changes a name, which is personal, and the company. */
const historyOf = (leadId: string, events: number) =>
  Array.from({ length: events }, (_, n) => {
    const profile = { leadId, name: `Ada ${n}`, company: `Loom ${n}` };
    const touch = { leadId, action: 'page-view', team: 'marketing', page: `/page-${n % 50}` };
    const [type, data] =
      n === 0 ? ['LeadCaptured', profile] : n % 10 === 5 ? ['LeadProfileChanged', profile] : ['TouchRecorded', touch];
    return { id: randomUUID(), type: type as string, data, meta: meta(n) };
  });

const KINDS = ['later', 'added', 'first', 'large'] as const;
type Kind = (typeof KINDS)[number];

/** CPU of a page of a case file, opened for who may see personal fields, on the embedded stores. */
export const caseFiles: Benchmark = async (folder) => {
  const log = EmbeddedEventLog.open(join(folder, 'log.db'), clock);
  const documents = await EmbeddedDocuments.open(join(folder, 'documents.db'));
  const catalogue = catalogueOf(eventsOf(contextParts));
  const journal = new SealedJournal(log, catalogue, new MemoryKeyStore());
  const events = new Map(SIZES.map((size) => [size, historyOf(`of-${size}`, size + ADDED)]));
  const append = (size: number, from: number, to: number) =>
    journal.append(`lead-of-${size}`, events.get(size)!.slice(from, to), from === 0 ? 'none' : from - 1);
  for (const size of SIZES) for (let n = 0; n < size; n += BATCH) await append(size, n, Math.min(size, n + BATCH));
  const runner = new Runner({
    ...{ log, journal, documents, clock, policies: [], aggregates: [] },
    projections: contextParts.flatMap((one) => one.projections).filter(({ name }) => name === 'case-file'),
    dispatch: () => Promise.reject(new Error('no policies here')),
    onFault: (error) => {
      throw error;
    },
  });
  await runner.start({ tick: false });
  await runner.catchUp();

  const reads = { maySee: () => true, open: journal.open.bind(journal) };
  const kept = new ReadModels(documents);
  /** The n-th page: of the beginning, the middle and the end of a file in turn, oldest or newest first. */
  const page = async (models: ReadModels, size: number, length: number, n: number): Promise<void> => {
    const files = { models, journal, log, catalogue };
    const { entries, show } = await openCaseFile(files, `lead-of-${size}`, { reads, newestFirst: n % 2 === 1 });
    const behind = Math.round(((n % 3) / 2) * Math.max(0, size - length));
    const shown = await show(entries.slice(behind, behind + length));
    if (shown.length !== Math.min(length, size) || entries.length < size) throw new Error(`${size}: not the page`);
  };
  const times = new Map(KINDS.map((kind) => [kind, new Map(SIZES.map((size) => [size, [] as number[]]))]));
  const measure = async (
    kind: Kind,
    rounds: number,
    pages: number,
    one: (size: number, n: number) => Promise<void>,
  ) => {
    for (let round = -1; round < rounds; round++)
      for (const size of SIZES) {
        if (kind === 'added') {
          await append(size, size + round + 1, size + round + 2);
          await runner.catchUp();
        }
        const { cpu } = await measured(async () => {
          for (let n = 0; n < pages; n++) await one(size, n);
        });
        if (round >= 0)
          times
            .get(kind)!
            .get(size)!
            .push((1_000 * cpu) / pages); // the first is to get warm
      }
  };
  await measure('large', ROUNDS, PAGES, (size, n) => page(kept, size, PAGE, n));
  await measure('later', ROUNDS, PAGES, (size, n) => page(kept, size, FEW, n));
  await measure('added', ADDED - 1, 1, (size, n) => page(kept, size, FEW, n));
  await measure('first', ROUNDS, FIRST_PAGES, (size, n) => page(new ReadModels(documents), size, FEW, n));
  await runner.stop();
  await log.close();
  await documents.close();

  const of = (kind: Kind, size: number) => median(times.get(kind)!.get(size)!);
  const [smallest, ...larger] = SIZES as [number, ...number[]];
  const against = (kind: Kind, what: string, aim = '') =>
    larger.map((size): Figure => ({
      what: `CPU of ${FEW} entries of a case file of ${size.toLocaleString('en')} events (${of(kind, size).toFixed(2)} ms) against one of ${smallest} (${of(kind, smallest).toFixed(2)} ms), ${what}${aim}`,
      ratio: of(kind, size) / of(kind, smallest),
      rounds: [times.get(kind)!.get(smallest), times.get(kind)!.get(size)],
    }));
  return [
    ...against('later', 'asked for before', `; at most ${AIM}`),
    ...against('added', 'an event added since', `; at most ${AIM}`),
    ...against('first', 'by a process that is asked for it the first time'),
    ...larger.map((size): Figure => ({
      what: `CPU of a page of ${PAGE} of a case file of ${size.toLocaleString('en')} events, asked for before, against ${AIM_MS} ms (${of('large', size).toFixed(1)} ms)`,
      ratio: of('large', size) / AIM_MS,
      rounds: times.get('large')!.get(size),
    })),
  ];
};
