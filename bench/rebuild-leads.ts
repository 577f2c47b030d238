import { join } from 'node:path';
import type { EventMeta } from '@baton/kernel';
import { leads } from '@baton/leads';
import { catalogueFor } from '@baton/platform/catalogue';
import { EmbeddedDocuments } from '@baton/platform/documents';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { Runner } from '@baton/platform/runner';
import { contextParts } from '../apps/contexts';
import { clock, measured, readAndParse } from './support';

/** What a rebuild of `leads` took, and before it reading and parsing the same events. */
export interface RebuiltLeads {
  readonly events: number;
  readonly readAndParse: number;
  readonly cpu: number;
  readonly wall: number;
  /** The most memory that the process held at any time, in MiB. */
  readonly mebibytes: number;
}
const EVENTS_OF_ONE = 10;
const BATCH = 2000;

const metaOf = (n: number, occurredAt: string): EventMeta => ({
  ...{ actor: 'import:bench', origin: 'connector', occurredAt, commandId: `command-${n}`, commandHash: '0'.repeat(34) },
  ...{ mode: 'backfill', $correlationId: `command-${n}`, $causationId: `command-${n}`, schema: 1 },
});
/** Every lead is captured, then every lead is touched once, and so on: no cache of documents can help. */
const appendOf = (n: number, count: number) => {
  const [lead, nth] = [n % count, Math.floor(n / count)];
  const occurredAt = new Date(Date.UTC(2024, 0, 1 + nth, 0, 0, lead % 3600)).toISOString();
  const leadId = `l-${lead}`;
  const captured = { leadId, company: `Firm ${lead % 900}`, country: 'DE', source: 'fair', personalFacts: [] };
  const touched = { leadId, action: 'page-view', team: 'marketing', page: `/p/${n % 40}` };
  const [type, data] = nth === 0 ? ['LeadCaptured', captured] : ['TouchRecorded', touched];
  const events = [{ id: `event-${n}`, type, data, meta: metaOf(n, occurredAt) }];
  return { stream: `lead-${leadId}`, events, expected: 'any' } as const;
};

/** Writes so many events of leads in turn, ten of each. */
export const writeLeads = async (folder: string, size: number): Promise<void> => {
  const log = EmbeddedEventLog.open(join(folder, 'leads.db'), clock);
  for (let n = 0; n < size; n += BATCH) {
    const some = Array.from({ length: Math.min(BATCH, size - n) }, (_, i) => appendOf(n + i, size / EVENTS_OF_ONE));
    for (const answer of await log.appendMany(some)) if (answer.status === 'rejected') throw answer.reason;
  }
  await log.close();
};

/** `node rebuild-leads.js <folder>`: rebuilds `leads` of that log, and sends its parent what it took. */
const main = async ([folder]: readonly string[]): Promise<void> => {
  const log = EmbeddedEventLog.open(join(folder!, 'leads.db'), clock);
  const documents = await EmbeddedDocuments.open(join(folder!, 'leads-documents.db'));
  const journal = new SealedJournal(log, catalogueFor(contextParts), new MemoryKeyStore());
  const read = await measured(() => readAndParse(log, journal));
  const runner = new Runner({
    ...{ log, journal, documents, clock, projections: [leads], policies: [], aggregates: [] },
    dispatch: () => Promise.reject(new Error('no policies here')),
    onFault: (error) => {
      throw error;
    },
  });
  let events = 0;
  const { cpu, wall } = await measured(async () => ({ events } = await runner.rebuild('leads')));
  await runner.stop();
  await documents.close();
  await log.close();
  const mebibytes = process.resourceUsage().maxRSS / 1024;
  process.send!({ events, readAndParse: read.cpu, cpu, wall, mebibytes } satisfies RebuiltLeads);
};

if (require.main === module) void main(process.argv.slice(2));
