import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { catalogueOf, eventsOf, fromMs, type EventMeta } from '@baton/kernel';
import { openCaseFile } from '@baton/audit';
import { EmbeddedDocuments, firstGeneration, ReadModels } from '@baton/platform/documents';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { replay } from '@baton/platform/runner';
import { contextParts } from '../apps/contexts';
import { clock, measured, median, ROUNDS, type Benchmark } from './support';

const SIZES = [10, 1_000, 10_000];
const PAGE = 50;
const PAGES = 10;
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

/** CPU of one page of a case file, opened for who may see personal fields, on the embedded stores. */
export const caseFiles: Benchmark = async (folder) => {
  const log = EmbeddedEventLog.open(join(folder, 'log.db'), clock);
  const documents = await EmbeddedDocuments.open(join(folder, 'documents.db'));
  const catalogue = catalogueOf(eventsOf(contextParts));
  const journal = new SealedJournal(log, catalogue, new MemoryKeyStore());
  for (const size of SIZES) {
    const events = historyOf(`of-${size}`, size);
    for (let n = 0; n < size; n += BATCH)
      await journal.append(`lead-of-${size}`, events.slice(n, n + BATCH), n === 0 ? 'none' : n - 1);
  }
  const index = contextParts.flatMap(({ projections }) => projections).find(({ name }) => name === 'case-file')!;
  await replay({ log, journal, documents }, index, firstGeneration(index), () => ({ lease: 'bench', token: 1 }));
  const files = { models: new ReadModels(documents), journal, log, catalogue };
  const reads = { maySee: () => true, open: journal.open.bind(journal) };
  const page = async (size: number, newestFirst: boolean): Promise<void> => {
    const { entries, show } = await openCaseFile(files, `lead-of-${size}`, { reads, newestFirst });
    const shown = await show(entries.slice(0, PAGE));
    if (shown.length !== Math.min(PAGE, size) || entries.length !== size) throw new Error(`${size}: not the page`);
  };
  const times = new Map(SIZES.map((size) => [size, [] as number[]]));
  for (let round = 0; round <= ROUNDS; round++)
    for (const size of SIZES) {
      const { cpu } = await measured(async () => {
        for (let n = 0; n < PAGES; n++) await page(size, n % 2 === 1);
      });
      if (round > 0) times.get(size)!.push((1_000 * cpu) / PAGES); // the first is to get warm
    }
  await log.close();
  await documents.close();
  return SIZES.map((size) => {
    const ms = median(times.get(size)!);
    return {
      what: `CPU of a page of ${PAGE} of a case file of ${size} events, against ${AIM_MS} ms (${ms.toFixed(1)} ms)`,
      ratio: ms / AIM_MS,
      rounds: times.get(size),
    };
  });
};
