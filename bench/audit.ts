import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  exportFormats,
  exportParts,
  exportToFile,
  type ExportSource,
  headText,
  logSource,
  LogTree,
  logTree,
  signNote,
  verifyLogExport,
} from '@baton/audit';
import { catalogueOf, eventsOf, fromMs, START, type EventToAppend, type Projection } from '@baton/kernel';
import { EmbeddedDocuments, MemoryDocuments, ReadModels } from '@baton/platform/documents';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore, newSigningKey, signingKey } from '@baton/platform/keys';
import { replay, Runner } from '@baton/platform/runner';
import { contextParts } from '../apps/contexts';
import { startDuckDB, type DuckDB } from './duckdb';
import { eraseRows } from './erase';
import { clock, inTurns, loud, measured, median, ROUNDS, type Benchmark, type Figure } from './support';

const SIZES = (process.env['BENCH_AUDIT_SIZES'] ?? '10000,100000,1000000').split(',').map(Number);
const APPENDED = Number(process.env['BENCH_AUDIT_APPENDS'] ?? 20_000);
const IN_FLIGHT = 64;
const EVENTS_OF_TURN = 16 * IN_FLIGHT;
const WARM_UP = 10;
const PROOFS = 200;
const AIM_BYTES = 640;
const AIM_MIB = 512;
const BEGAN = Date.UTC(2024, 0, 1);

const catalogue = catalogueOf(eventsOf(contextParts));
const touch = (leadId: string, n: number): EventToAppend => {
  const id = randomUUID();
  const meta = {
    ...{
      actor: 'hanna',
      origin: 'person' as const,
      mode: 'live' as const,
      schema: 1,
      commandHash: '1.0123456789abcdef',
    },
    ...{ occurredAt: fromMs(BEGAN + n * 1000), commandId: id, $correlationId: id, $causationId: id },
  };
  const data = { leadId, action: 'page-view', team: 'marketing', page: `/page-${n % 50}`, source: 'google' };
  return { id, type: 'TouchRecorded', data, meta };
};
/** Seconds of CPU and of the clock. */
type Appended = Record<'cpu' | 'wall', number>;
const journalOf = (log: EmbeddedEventLog) => new SealedJournal(log, catalogue, new MemoryKeyStore());

/** A log that these read models follow. */
const followedLog = async (folder: string, projections: readonly Projection[]) => {
  mkdirSync(folder);
  const log = EmbeddedEventLog.open(join(folder, 'log.db'), clock);
  const documents = await EmbeddedDocuments.open(join(folder, 'documents.db'));
  const runner = new Runner({
    ...{ log, documents, journal: journalOf(log), projections, policies: [], aggregates: [], clock },
    dispatch: () => Promise.reject(new Error('nothing is sent')),
    onFault: (error) => {
      throw error;
    },
  });
  await runner.start({ tick: false });
  let leads = 0;
  /** Appends one by one, so many in flight, until all read models have caught up. */
  const append = async (events: number): Promise<Appended> => {
    let wall = 0;
    const { cpu } = await measured(async () => {
      ({ wall } = await measured(async () => {
        for (const end = leads + events; leads < end; leads += IN_FLIGHT)
          await Promise.all(
            Array.from({ length: IN_FLIGHT }, (_, at) =>
              log.append(`lead-${leads + at}`, [touch(`${leads + at}`, leads)], 'none'),
            ),
          );
      }));
      await runner.catchUp();
    });
    return { cpu, wall };
  };
  const close = async () => {
    await runner.stop();
    await log.close();
    await documents.close();
  };
  return { append, close };
};

/** The two logs take turns after so few events that the machine is as fast for the one as for the other. */
const appendRows = async (folder: string): Promise<Figure[]> => {
  const all = contextParts.flatMap(({ projections }) => projections);
  const logs = {
    on: await followedLog(join(folder, 'on'), all),
    off: await followedLog(
      join(folder, 'off'),
      all.filter(({ name }) => name !== logTree.name),
    ),
  };
  const count = Math.ceil((ROUNDS * APPENDED) / EVENTS_OF_TURN);
  const turns = await inTurns(count, WARM_UP, (way) => logs[way].append(EVENTS_OF_TURN));
  await logs.on.close();
  await logs.off.close();
  const ratio = (of: keyof Appended) => median(turns.map(({ on, off }) => on[of] / off[of]));
  return [
    {
      what: `time of ${ROUNDS * APPENDED} appends beside all read models, with the Merkle log against without`,
      ratio: ratio('wall'),
      rounds: turns,
    },
    { what: 'CPU of the same, until all read models have caught up', ratio: ratio('cpu'), rounds: turns },
  ];
};

/** What of the log DuckDB adds up. */
const sums =
  'count(*)::BIGINT AS n, sum(index)::BIGINT AS indexes, sum(revision)::BIGINT AS revisions, sum(length(id))::BIGINT AS ids';
const tables: Readonly<Record<'parquet' | 'csv' | 'ndjson', (file: string) => string>> = {
  parquet: (file) => `SELECT ${sums} FROM read_parquet('${file}')`,
  csv: (file) =>
    `SELECT ${sums} FROM read_csv('${file}', header = true, all_varchar = false, max_line_size = 10000000)`,
  ndjson: (file) =>
    `SELECT ${sums} FROM (SELECT (json->>'index')::BIGINT AS index, (json->>'$.event.revision')::BIGINT AS revision, json->>'$.event.id' AS id
       FROM read_json_objects('${file}', format = 'newline_delimited') WHERE json->>'index' IS NOT NULL)`,
};
/** Reads exports back by another database: equal counts and sums, or this throws. */
const readBack = async (
  duckdb: DuckDB,
  folder: string,
  source: ExportSource,
  size: number,
): Promise<readonly Figure[]> => {
  const figures: Figure[] = [];
  for (const format of ['parquet', 'csv', 'ndjson'] as const) {
    const file = join(folder, `log.${format}`);
    await exportToFile(source, format, file, { of: 'log', format });
    const [found] = await duckdb.rows(tables[format](file));
    const expected = { n: size, indexes: (size * (size - 1)) / 2, ids: 36 * size };
    for (const [name, value] of Object.entries(expected))
      if (Number(found?.[name]) !== value)
        throw new Error(`DuckDB finds ${String(found?.[name])} as ${name} of ${format}; it must be ${value}`);
    figures.push({
      what: `rows that DuckDB reads from ${format} against the events`,
      ratio: Number(found!['n']) / size,
      rounds: `${Number(found!['revisions'])} revisions`,
    });
    rmSync(file);
  }
  return figures;
};

const key = signingKey(newSigningKey('bench'), 'bench');

const sizeRows = async (folder: string, size: number, duckdb: DuckDB | undefined): Promise<Figure[]> => {
  mkdirSync(folder);
  const log = EmbeddedEventLog.open(join(folder, 'log.db'), clock);
  for (let n = 0; n < size; n += 500) {
    const events = Array.from({ length: Math.min(500, size - n) }, (_, at) => touch(`${n}`, n + at));
    await log.append(`lead-${n}`, events, 'none');
  }
  const documents = size > 200_000 ? await EmbeddedDocuments.open(join(folder, 'documents.db')) : new MemoryDocuments();
  const fence = () => ({ lease: 'bench', token: 1 });
  const fold = await measured(() => replay({ log, journal: journalOf(log), documents }, logTree, 'log-tree-v2', fence));
  const models = new ReadModels(documents);
  const position = (index: number) => String(index + 1).padStart(16, '0');
  let bytes = 0;
  const indexes = Array.from({ length: PROOFS }, (_, n) => Math.floor((n * size) / PROOFS));
  const prove = await measured(async () => {
    for (const index of indexes) {
      const tree = await LogTree.open(models); // each as a request of its own
      await tree.find(log, { position: position(index) });
      const proof = await tree.inclusion(index);
      bytes = Math.max(bytes, proof.length * 32);
    }
  });
  const read = await measured(async () => {
    for (let after = START, more = true; more;) {
      const page = await log.readAll(after, {}, 1000);
      [after, more] = [page.position, !page.atTip];
    }
  });
  const tree = await LogTree.open(models);
  const [root, places] = [await tree.root(), await tree.root(size, 'places')];
  const note = signNote(headText({ origin: key.name, size, root, places, signedAt: clock.now() }), key);
  const headId = String(size).padStart(12, '0');
  const texts = { root: root.toString('base64'), places: places.toString('base64') };
  const head = { headId, size, ...texts, note, verifierKey: key.text, signedAt: clock.now() };
  const source = await logSource({ models, log }, head, [key.text], {});
  const rows: Figure[] = [
    {
      what: `bytes of hashes in a proof for one of ${size} events, against ${AIM_BYTES} (${bytes})`,
      ratio: bytes / AIM_BYTES,
      rounds: bytes,
    },
    {
      what: `CPU of a proof at ${size} events, found by its position, against 10 ms (${((1000 * prove.cpu) / PROOFS).toFixed(2)} ms)`,
      ratio: (100 * prove.cpu) / PROOFS,
      rounds: prove,
    },
    {
      what: `CPU of folding the tree of ${size} events against reading and parsing them`,
      ratio: fold.cpu / read.cpu,
      rounds: { fold, read },
    },
  ];
  let peak = 0;
  for (const format of exportFormats) {
    const took = await measured(async () => {
      for await (const part of exportParts(source, format))
        peak = Math.max(peak, part.bytes.length && process.memoryUsage.rss());
    });
    const rate = Math.round(size / took.cpu);
    rows.push({
      what: `CPU of an export of ${size} events as ${format} against reading and parsing (${rate} events/s)`,
      ratio: took.cpu / read.cpu,
      rounds: { took, read },
    });
  }
  rows.push({
    what: `memory of the process during these exports against ${AIM_MIB} MiB`,
    ratio: peak / 2 ** 20 / AIM_MIB,
    rounds: peak,
  });
  if (duckdb) rows.push(...(await readBack(duckdb, folder, source, size)));
  async function* lines() {
    let rest = '';
    for await (const { bytes: chunk } of exportParts(source, 'ndjson')) {
      const texts = (rest + Buffer.from(chunk).toString()).split('\n');
      rest = texts.pop()!;
      yield* texts;
    }
  }
  const verify = await measured(() => verifyLogExport(lines(), { keys: [key] }));
  rows.push({
    what: `CPU of exporting and verifying ${size} events against reading and parsing`,
    ratio: verify.cpu / read.cpu,
    rounds: { verify, read },
  });
  await log.close();
  await documents.close();
  return rows;
};

/** The Merkle log: what it costs appends, how long proofs take, how fast exports are; and what an erasure costs beside it. */
export const audit: Benchmark = async (folder) => {
  const rows: Figure[] = [];
  const duckdb = await startDuckDB(folder);
  if (!duckdb) loud('exports are not read back, as DuckDB could not be installed');
  for (const size of SIZES) {
    rows.push(...(await sizeRows(join(folder, `of-${size}`), size, duckdb)));
    rows.push(...(await eraseRows(join(folder, `company-of-${size}`), size)));
  }
  duckdb?.close();
  // Last, because of the memory that the caches of two logs with all read models take.
  return [...(await appendRows(folder)), ...rows];
};
