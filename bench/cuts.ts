import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { catalogueOf, fromMs, type EventMeta } from '@baton/kernel';
import { leadEvents } from '@baton/leads';
import { leadsParts } from '@baton/leads/leads.module';
import { EmbeddedDocuments, firstGeneration, ReadModels } from '@baton/platform/documents';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { historyOf, replay } from '@baton/platform/runner';
import { clock, measured, median, readAndParse, type Benchmark } from './support';

const SIZES = [10_000, Number(process.env['BENCH_CUT_LEADS'] ?? 100_000)];
const [COLD, PAGES] = [3, 40];
const BEGAN = Date.UTC(2024, 0, 1);
const BATCH = 64;

const metaOf = (n: number): Omit<EventMeta, 'schema'> => ({
  ...{ actor: 'bench', origin: 'system', mode: 'backfill', commandId: `c-${n}`, commandHash: '' },
  ...{ occurredAt: fromMs(BEGAN + n * 1000), $correlationId: `c-${n}`, $causationId: `c-${n}` },
});

const cutsOf = async (folder: string, size: number) => {
  const log = EmbeddedEventLog.open(join(folder, `log-${size}.db`), clock);
  const journal = new SealedJournal(log, catalogueOf([leadEvents]), new MemoryKeyStore());
  for (let from = 0; from < size; from += BATCH)
    await Promise.all(
      Array.from({ length: Math.min(BATCH, size - from) }, (_, index) => {
        const leadId = `lead-${from + index}`;
        const data = { leadId, name: `Ada ${from + index}`, company: `Loom ${index}`, source: 'web' };
        const event = { id: randomUUID(), type: 'LeadCaptured', data, meta: metaOf(from + index) };
        return journal.append(`lead-${leadId}`, [event], 'none');
      }),
    );
  const documents = await EmbeddedDocuments.open(join(folder, `documents-${size}.db`));
  const leads = leadsParts.projections.find(({ name }) => name === 'leads')!;
  await replay({ log, journal, documents }, leads, firstGeneration(leads), () => ({ lease: 'bench', token: 1 }));
  const live = new ReadModels(documents);
  const asOf = historyOf(log, journal, clock);
  const knownAt = await log.tip();
  const orderBy = [{ column: 'capturedAt', descending: true }];
  const page = (models: ReadModels) => models.find(leads, { where: { mergedInto: { eq: null } }, orderBy, limit: 51 });
  const ms = async (work: () => Promise<unknown>) => 1000 * (await measured(work)).cpu;
  const times = { read: [] as number[], cold: [] as number[], warm: [] as number[], live: [] as number[] };
  for (let time = 0; time < COLD; time++) {
    times.read.push(await ms(() => readAndParse(log, journal)));
    const folded = historyOf(log, journal, clock);
    times.cold.push(await ms(() => page(folded({ knownAt }))));
  }
  await page(asOf({ knownAt }));
  for (let time = 0; time < PAGES; time++) {
    times.live.push(await ms(() => page(live)));
    times.warm.push(await ms(() => page(asOf({ knownAt }))));
  }
  await documents.close();
  await log.close();
  const [cold, read, warm, now] = [median(times.cold), median(times.read), median(times.warm), median(times.live)];
  const shown = size.toLocaleString('en');
  return [
    {
      what: `50 of ${shown} leads as of a cut, again (${warm.toPrecision(3)} ms) against live (${now.toPrecision(3)} ms), CPU`,
      ratio: warm / now,
      rounds: times,
    },
    {
      what: `the same for the first time (${(cold / 1000).toPrecision(3)} s) against reading and parsing the log (${(read / 1000).toPrecision(3)} s), CPU`,
      ratio: cold / read,
      rounds: [],
    },
  ];
};

/** A page of a list as it was at a position of the log: folded for the first question, and kept for the next. */
export const cuts: Benchmark = async (folder) => {
  const figures = [];
  for (const size of SIZES) figures.push(...(await cutsOf(folder, size)));
  return figures;
};
