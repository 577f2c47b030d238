import { createHash } from 'node:crypto';
import { BatonError, Clock, DecisionContext, type EventMeta, type RawEvent, type Instant } from '@baton/kernel';
import {
  encoderFor,
  linesOfFile,
  openNote,
  reportSource,
  verifyLogExport,
  type LogExportLine,
  type ReportExportHeader,
  type ReportOrigin,
  type ReportTable,
  type Trust,
} from '@baton/audit';
import { logDefinitions } from '@baton/definitions/definitions.module';
import { catalogueFor } from '@baton/platform/catalogue';
import { MemoryDocuments, ReadModels } from '@baton/platform/documents';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import type { ReportSources } from '@baton/platform/report';
import { historyOf, StreamStarts } from '@baton/platform/runner';
import { contextParts } from '../contexts';
import { askReport, codeVersion, definitionsAt } from '../report-exports';

/** What was computed again. */
export interface VerifiedReport {
  readonly kind: 'report';
  readonly report: string;
  readonly rows: number;
  /** The events that it is made of. */
  readonly size: number;
  readonly log: string;
  readonly signedAt: string;
  /** The version of the code that made it, and of that which has computed it again. */
  readonly code: { readonly stated: string; readonly own: string };
}
type Values = Readonly<Record<string, unknown>>;
interface ReportFile {
  readonly header: ReportExportHeader;
  readonly rows: readonly Values[];
}

const failed = (message: string): BatonError => new BatonError('verify/report', message, 'report');
const parsed = (line: string): Values => {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Values;
  } catch {
    // refused below
  }
  throw failed('The report is no NDJSON export: a line is not a JSON object.');
};
/** @throws BatonError `verify/report` */
const readReport = async (path: string): Promise<ReportFile> => {
  const lines: string[] = [];
  for await (const line of linesOfFile(path)) lines.push(line);
  const [first = '', ...rest] = lines;
  const end = parsed(rest.pop() ?? '');
  const header = parsed(first) as unknown as ReportExportHeader;
  const { origin } = header;
  if (
    header.export !== 'report' ||
    header.version !== 1 ||
    typeof origin !== 'object' ||
    !Array.isArray(header.columns)
  )
    throw failed('It must be an NDJSON export of a report, version 1.');
  const sha256 = createHash('sha256')
    .update(
      lines
        .slice(0, -1)
        .map((line) => `${line}\n`)
        .join(''),
    )
    .digest('hex');
  if (end['rows'] !== rest.length || end['sha256'] !== sha256)
    throw failed('The number of rows, or the checksum, is not that of its last line: it was changed or cut short.');
  return { header, rows: rest.map(parsed) };
};

const eventOf = ({ position, recordedAt, event }: LogExportLine): RawEvent => {
  const { meta, ...rest } = event;
  const { correlation, causation, ...others } = meta;
  const own = { ...others, $correlationId: correlation, $causationId: causation } as EventMeta;
  return { ...rest, meta: own, position, recordedAt };
};

const BATCH = 1_000;
/** The lines of an export of the log, whose first events are put into a log meanwhile. */
async function* loading(
  path: string,
  log: EmbeddedEventLog,
  size: number,
  onLast: (last: RawEvent) => void,
): AsyncGenerator<string> {
  let batch: RawEvent[] = [];
  let loaded = -1; // the header
  for await (const line of linesOfFile(path)) {
    if (loaded >= 0 && loaded < size) {
      batch.push(eventOf(parsed(line) as unknown as LogExportLine));
      if (loaded === size - 1) onLast(batch.at(-1)!);
      if (batch.length === BATCH || loaded === size - 1) {
        await log.appendCopies(batch);
        batch = [];
      }
    }
    loaded++;
    yield line;
  }
}

/** Where two tables differ first, in words; undefined: nowhere. */
const differenceOf = (
  columns: readonly string[],
  stated: readonly Values[],
  own: readonly Values[],
): string | undefined => {
  for (let row = 0; row < Math.max(stated.length, own.length); row++) {
    const [one, other] = [stated[row], own[row]];
    const place = `Row ${row + 1}`;
    if (!one) return `${place} is missing: ${JSON.stringify(other)}.`;
    if (!other) return `${place} is not in what the log gives: ${JSON.stringify(one)}.`;
    const names = [...new Set([...columns, ...Object.keys(one), ...Object.keys(other)])];
    const column = names.find((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]));
    if (column !== undefined)
      return `${place}: ${column} is ${JSON.stringify(one[column] ?? null)} in the report, and ${JSON.stringify(other[column] ?? null)} by the log.`;
  }
  return undefined;
};

/** The rows, as they stand in an NDJSON export. */
const rowsOf = async (
  table: ReportTable,
  origin: ReportOrigin,
): Promise<{ columns: readonly string[]; rows: readonly Values[] }> => {
  const source = reportSource(table, origin);
  const encoder = encoderFor('ndjson', source);
  const rows: Values[] = [];
  for await (const page of source.pages(undefined))
    rows.push(...Buffer.from(encoder.rows(page.rows)).toString().split('\n').slice(0, -1).map(parsed));
  return { columns: source.columns.map(({ name }) => name), rows };
};

const cannotAsk = (error: unknown): never => {
  if (error instanceof BatonError) throw failed(`It cannot be computed again: ${error.message}`);
  throw error;
};

/**
 * Computes a report again from an export of the log, offline and without keys, and compares.
 * @param logPath an NDJSON export of all events, up to the head of the report or further
 * @throws BatonError `verify/report` that names the first difference; `verify/…` where the log is not what its heads state
 */
export const verifyReport = async (path: string, logPath: string, trust: Trust): Promise<VerifiedReport> => {
  const { header, rows } = await readReport(path);
  const { origin } = header;
  const head = openNote(String(origin.head), trust.keys);
  if (head.origin !== origin.log || head.size !== origin.size || head.root.toString('base64') !== origin.root)
    throw failed('Its origin is not what its signed head states.');
  const at: Instant = origin.at;
  const clock: Clock = { now: () => at };
  const log = EmbeddedEventLog.open(':memory:', clock);
  let definitions: ReturnType<typeof logDefinitions> | undefined;
  try {
    let last: RawEvent | undefined;
    const lines = loading(logPath, log, origin.size, (event) => (last = event));
    const verified = await verifyLogExport(lines, { keys: trust.keys, heads: [...(trust.heads ?? []), origin.head] });
    if (verified.kind !== 'log') throw failed('The export of the log must have all events.');
    const { happenedBy, knownBy, knownAt } = origin.asOf;
    if (knownAt !== last?.position || at !== (happenedBy ?? knownBy ?? last?.recordedAt))
      throw failed('Its position or its instant is not that of the last event that its head covers.');
    const catalogue = catalogueFor(contextParts);
    const journal = new SealedJournal(log, catalogue, new MemoryKeyStore());
    const history = historyOf(log, journal, clock, { streamStarts: new StreamStarts(log) });
    const live = new ReadModels(new MemoryDocuments(), history);
    // Positions are those of this copy; a position of the report is the end of its first events.
    const asOf = { ...origin.asOf, knownAt: await log.tip() };
    const models = live.asOf(asOf);
    definitions = logDefinitions(journal, log, models, true);
    const context = new DecisionContext(clock, definitions);
    const sources = { log, journal, clock, catalogue, context } as unknown as ReportSources;
    const table = await askReport({ ...origin, asOf }, { live, sources }).catch(cannotAsk);
    const inForce = await definitionsAt(models, at);
    if (JSON.stringify(inForce) !== JSON.stringify(origin.definitions))
      throw failed(
        `It states the definitions ${origin.definitions.join(', ')}; by the log they are ${inForce.join(', ')}.`,
      );
    const own = await rowsOf(table, origin);
    const difference =
      JSON.stringify(own.columns) === JSON.stringify(header.columns)
        ? differenceOf(own.columns, rows, own.rows)
        : `It has the columns ${header.columns.join(', ')}; they must be ${own.columns.join(', ')}.`;
    const code = { stated: origin.code, own: codeVersion() };
    if (difference !== undefined)
      throw failed(
        `${difference}${code.stated === code.own ? '' : ` It was made by version ${code.stated}, and computed again by ${code.own}.`}`,
      );
    return {
      ...{ kind: 'report', report: origin.report, rows: rows.length, size: origin.size },
      ...{ log: origin.log, signedAt: head.signedAt, code },
    };
  } finally {
    await definitions?.close();
    await log.close();
  }
};
