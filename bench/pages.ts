import { join } from 'node:path';
import {
  catalogueOf,
  events,
  integer,
  projection,
  ref,
  type AppendRequest,
  type Documents,
  type EventMeta,
  type EventOf,
} from '@baton/kernel';
import { EmbeddedDocuments, MemoryDocuments } from '@baton/platform/documents';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { Runner } from '@baton/platform/runner';
import { clock } from './support';

/** How many events the benchmarks of the log fold, ten to a document, where they name no other number. */
export const EVENTS = Number(process.env['BENCH_EVENTS'] ?? 200_000);

const pageEvents = events({
  PageSeen: { version: 1, sentence: 'A page was seen', leadId: ref('lead'), minutes: integer() },
});
export type PageEvent = EventOf<typeof pageEvents>;
export interface Time {
  readonly seen: number;
  readonly minutes: number;
}
export const noTime = (): Time => ({ seen: 0, minutes: 0 });
/** The fold of every benchmark, ours and others'. */
export const withPage = (doc: Time, { data }: PageEvent): Time => ({
  seen: doc.seen + 1,
  minutes: doc.minutes + data.minutes,
});
export const time = projection<Time, PageEvent>({
  name: 'time',
  version: 1,
  columns: { minutes: 'integer' },
  keys: ({ data }) => [data.leadId],
  initial: noTime,
  on: { PageSeen: withPage },
});

/** The n-th event of a benchmark, of some lead. */
export const pageOf = (n: number, lead: string | number): PageEvent => ({
  type: 'PageSeen',
  data: { leadId: String(lead), minutes: n % 7 },
});
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
export const append = (n: number, lead: string | number): AppendRequest => ({
  stream: `lead-${lead}`,
  events: [{ id: `event-${lead}-${n}`, ...pageOf(n, lead), meta: meta(n) }],
  expected: 'any',
});

/** A log, its documents and a runner that folds `time`. */
export const worldOn = (log: EmbeddedEventLog, documents: Documents) => {
  const journal = new SealedJournal(log, catalogueOf([pageEvents]), new MemoryKeyStore());
  const runner = new Runner({
    log,
    journal,
    documents,
    clock,
    projections: [time],
    policies: [],
    aggregates: [],
    dispatch: () => Promise.reject(new Error('no policies here')),
    onFault: (error) => {
      throw error;
    },
  });
  const close = async () => {
    await runner.stop();
    await documents.close();
    await log.close();
  };
  return { log, documents, journal, runner, close };
};
export type World = ReturnType<typeof worldOn>;

/** On two files of a folder. */
export const open = async (folder: string, name: string): Promise<World> =>
  worldOn(
    EmbeddedEventLog.open(join(folder, `${name}.db`), clock),
    await EmbeddedDocuments.open(join(folder, `${name}-documents.db`)),
  );
/** On nothing but memory. */
export const openMemory = (): World => worldOn(EmbeddedEventLog.open(':memory:', clock), new MemoryDocuments());

/** Appends `count` events of `leads` leads in turn, a thousand at a time. */
export const fill = async (log: EmbeddedEventLog, count: number, leads: number): Promise<void> => {
  for (let from = 0; from < count; from += 1000)
    await log.appendMany(
      Array.from({ length: Math.min(1000, count - from) }, (_, n) => append(from + n, (from + n) % leads)),
    );
};
