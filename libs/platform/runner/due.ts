import { idsIn, type Aggregate, type Document, type Documents, type FindOptions, type Instant } from '@baton/kernel';
import { readableGeneration, collectionOf } from '../documents';
import type { Dispatch } from './policy-follower';

const commandIds = idsIn('7a3a1f0c-3a53-5f0a-9f0f-0c6f5a2f8e11');

interface ClockStores {
  readonly documents: Documents;
  readonly aggregates: readonly Aggregate[];
  readonly dispatch: Dispatch;
}

const PAGE = 500;
/** How many streams are sent to at once in live mode, so that they share the log's commits. */
const COMMANDS_AT_ONCE = 64;

/**
 * Sends AdvanceClock to every stream with something due at or before an instant, ordered by due instant; the decider
 * checks again. Each stream is sent to once, even if the due list lags behind; a failure does not hold up the others.
 * In backfill mode commands are sent one by one, so that an import gives the same log each time.
 * @param mode `backfill`: only streams whose last change was an import
 * @param mayContinue checked before each page
 * @param isImportRunning in live mode, while an import runs, streams that it changed last are left to it
 * @returns how many commands were sent
 * @throws what the first failed command threw, after the others were sent; immediately if all commands of a page failed
 */
export const sendDue = async (
  { documents, aggregates, dispatch }: ClockStores,
  until: Instant,
  mode: 'live' | 'backfill',
  mayContinue: () => boolean = () => true,
  isImportRunning: () => Promise<boolean> = async () => false,
): Promise<number> => {
  let sent = 0;
  const faults: unknown[] = [];
  let skipsImported = false;
  for (const { due: projection, to, commands } of aggregates) {
    if (!projection) continue;
    const knowsMode = 'mode' in projection.columns;
    if (mode === 'backfill' && !knowsMode) continue; // imports do not write such streams
    const generation = readableGeneration(await documents.active(projection.name), projection);
    if (generation === undefined) continue; // it is being rebuilt; what is due then is still due afterwards
    const collection = collectionOf(projection, generation);
    const advance = async (id: string, dueAt: string): Promise<void> => {
      const commandId = commandIds(`${projection.name} ${id} ${dueAt}`);
      const meta = { commandId, actor: 'clock', origin: 'system' as const, occurredAt: until, mode };
      await dispatch(new to(id, { type: 'AdvanceClock', data: { [commands.idField]: id }, meta }));
    };
    for (let after: FindOptions['after'], more = true; more && mayContinue();) {
      const ofMode = knowsMode && (skipsImported || mode === 'backfill') && { mode: { eq: mode } };
      const due = await documents.find(collection, {
        where: { dueAt: { lte: until }, ...ofMode },
        orderBy: [{ column: 'dueAt' }],
        limit: PAGE,
        ...(after && { after }),
      });
      // An import takes its lease before it writes: if this page contains events of one, it is running by now.
      if (mode === 'live' && !skipsImported && due.length > 0 && (skipsImported = await isImportRunning())) continue;
      const failed = await failuresOf(due, mode === 'live' ? COMMANDS_AT_ONCE : 1, advance);
      sent += due.length;
      if (due.length > 0 && failed.length === due.length) throw failed[0];
      faults.push(...failed);
      const last = due.at(-1);
      if (last) after = { values: [dueAtOf(last.doc)], id: last.id };
      more = due.length === PAGE;
    }
  }
  if (faults.length > 0) throw faults[0];
  return sent;
};

/** Later than anything that is due. */
const NEVER: Instant = '9999-12-31T23:59:59.999Z';

/** The first instant at which something falls due, as the read models know it; undefined while one is being rebuilt. */
export const earliestDue = async ({
  documents,
  aggregates,
}: Pick<ClockStores, 'documents' | 'aggregates'>): Promise<Instant | undefined> => {
  let earliest = NEVER;
  for (const { due: projection } of aggregates) {
    if (!projection) continue;
    const generation = readableGeneration(await documents.active(projection.name), projection);
    if (generation === undefined) return undefined;
    const first = { where: { dueAt: { ne: null } }, orderBy: [{ column: 'dueAt' }], limit: 1 } as const;
    const [next] = await documents.find(collectionOf(projection, generation), first);
    if (next && dueAtOf(next.doc) < earliest) earliest = dueAtOf(next.doc);
  }
  return earliest;
};

/** Calls `advance` for each document of a page, at most `atOnce` at a time. @returns what the failed calls threw */
const failuresOf = async (
  page: readonly Document[],
  atOnce: number,
  advance: (id: string, dueAt: string) => Promise<void>,
): Promise<readonly unknown[]> => {
  const failures: unknown[] = [];
  const waiting = page.values();
  const sender = async () => {
    for (const { id, doc } of waiting) await advance(id, dueAtOf(doc)).catch((fault: unknown) => failures.push(fault));
  };
  await Promise.all(Array.from({ length: atOnce }, sender));
  return failures;
};

const dueAtOf = (doc: unknown): string => (doc as { readonly dueAt: string }).dueAt;
