import {
  Conflict,
  isTransient,
  NotFound,
  Refused,
  type AnyCommand,
  type BatonError,
  type Clock,
  type Outcome,
  type Position,
} from '@baton/kernel';
import { markerTest, type Aggregates, type Mapping } from './mapping';
import { columnOf, importIdsOf, planRow, type ImportIds, type PlannedCommand, type RowFault } from './plan';
import { headerOf, rowsOf, type Header, type Row } from './rows';
import type { Cells, Lookup } from './values';

export interface Import {
  readonly mapping: Mapping;
  readonly file: string;
  readonly aggregates: Aggregates;
  /** The secret for row ids, the same for every import into one log. */
  readonly secret: Buffer;
  /** Starts the run once the file has been checked. @returns its number: see `namesOf` */
  readonly startRun: () => Promise<number>;
  /** Sends a command to the aggregate that the mapping calls `to`. */
  readonly send: (to: string, id: string, command: AnyCommand) => Promise<Outcome>;
  readonly lookup: Lookup;
  /** Occurrences later than this are refused. */
  readonly clock: Clock;
  /** Waits until the policies have handled the log up to a position. */
  readonly settle: (upTo: Position) => Promise<void>;
  /** Receives the faults, at most one per row, in file order; those of retried rows come last. */
  readonly report: (fault: RowFault) => void | Promise<void>;
  /** Map and check every row; send nothing. */
  readonly dryRun?: boolean;
  /** Called with the rows done and the bytes read, each time that rows were sent together. */
  readonly onProgress?: (progress: { readonly rows: number; readonly bytes: number }) => void;
  /** How many rows are read, mapped and sent together. */
  readonly waveRows?: number;
}

/** `rows` = `accepted` + `repeated` + `rejected`, all in rows; `events` counts newly written events. */
export interface ImportResult {
  readonly rows: number;
  readonly accepted: number;
  readonly repeated: number;
  readonly rejected: number;
  readonly events: number;
}

/** So many rows of one subject in a row still leave waves that are worth a round of the policies. */
const ROWS_AHEAD = 2_000;

/** A row in progress: its commands and their result. */
interface RowProgress {
  readonly line: number;
  readonly row: readonly string[];
  readonly rowId: string;
  readonly commands: readonly PlannedCommand[];
  fault?: RowFault | undefined;
  /** It was refused for a reason that a later row may remove, so it is tried again. */
  retryLater: boolean;
  /** It wrote new events. */
  fresh: boolean;
  events: number;
  /** Ids replaced by others, `lead a` → `b`: later commands of the row use the new id. */
  readonly standsFor: Map<string, string>;
}

/**
 * Imports a file: reads it in bounded memory and sends its rows in waves. The rows of a wave write to different streams
 * and are sent in parallel; the commands of a row are sent in order, each after the policies have handled the previous
 * ones, so that the result does not depend on the speed. Rows whose dated command was refused are tried again after the
 * last row, as long as that writes new events: the rows that they depend on may be further down. An import that was
 * stopped can be run again: it recognises the commands already sent and continues.
 * @throws Refused or NotFound `import/…` for an unusable file, before anything is sent; errors of the stores
 */
export const importFile = async (options: Import): Promise<ImportResult> => {
  const total = { rows: 0, accepted: 0, repeated: 0, rejected: 0, events: 0 };
  const header = await headerIn(options);
  const run = options.dryRun ? 0 : await options.startRun();
  let waiting = await new ImportPass(options, header, run, total).run();
  for (let before = 0; waiting.size > 0 && total.events > before;) {
    before = total.events;
    waiting = await new ImportPass(options, header, run, total, waiting).run();
  }
  for (const fault of waiting.values()) await options.report(fault);
  total.rejected += waiting.size;
  return total;
};

/** The header of the file. @throws Refused or NotFound for an unusable file */
const headerIn = async ({ file, mapping }: Pick<Import, 'file' | 'mapping'>): Promise<Header> => {
  const reader = rowsOf(file, mapping);
  try {
    const { done, value } = await reader.next();
    return headerOf(done ? undefined : value, mapping.columns);
  } finally {
    await reader.return(undefined);
  }
};

/** One reading of the file. */
class ImportPass {
  private readonly names: ImportIds;
  private readonly isMarker: (cell: string) => boolean;
  /** Rows to try again, by line. */
  private readonly waiting = new Map<number, RowFault>();
  private readonly words = new Map<string, string>();
  private readonly captures: boolean;

  /** @param only the lines to send; all if absent */
  constructor(
    private readonly options: Import,
    private readonly header: Header,
    run: number,
    private readonly total: { -readonly [K in keyof ImportResult]: ImportResult[K] },
    private readonly only?: ReadonlyMap<number, unknown>,
  ) {
    const { mapping, secret, dryRun } = options;
    this.names = importIdsOf(mapping, secret, run);
    this.isMarker = markerTest(mapping.blank);
    this.captures = !dryRun && mapping.commands.some(({ command }) => command === 'CaptureLead');
  }

  /** @returns the refused rows to try again, by line */
  async run(): Promise<Map<number, RowFault>> {
    const { file, mapping, waveRows = ROWS_AHEAD } = this.options;
    const reader = rowsOf(file, mapping);
    try {
      await reader.next(); // the header
      let batch: RowProgress[] = [];
      let bytes = 0;
      for await (const row of reader) {
        const begun = this.begin(row); // also for rows that are not sent, because equal rows are counted
        if (this.only && !this.only.has(row.line)) continue;
        if (!this.only) this.total.rows++;
        bytes = row.end;
        batch.push(begun);
        if (batch.length < waveRows) continue;
        await this.flush(batch, bytes);
        batch = [];
      }
      if (batch.length > 0) await this.flush(batch, bytes);
      return this.waiting;
    } finally {
      await reader.return(undefined);
    }
  }

  private cellsOf(row: readonly string[]): Cells {
    const { index } = this.header;
    return (column) => {
      const cell = row[index.get(column)!]!;
      return this.isMarker(cell) ? '' : cell;
    };
  }

  private begin(row: Row): RowProgress {
    const { line } = row;
    const untouched = {
      line,
      rowId: '',
      commands: [],
      retryLater: false,
      fresh: false,
      events: 0,
      standsFor: new Map(),
    };
    if ('code' in row) return { ...untouched, row: [], fault: { line, column: '', ...faultOf(row) } };
    const { cells } = row;
    const columns = this.header.names.length;
    if (cells.length !== columns) {
      const message = `The row has ${cells.length} cells, but the header has ${columns}; check its separators and quotes.`;
      return { ...untouched, row: [], fault: { line, column: '', code: 'import/ragged-row', message } };
    }
    try {
      return { ...untouched, row: cells, rowId: this.names.row(cells, this.cellsOf(cells)) };
    } catch (error) {
      return { ...untouched, row: cells, fault: rowFaultOf(line, error) };
    }
  }

  private async planned(begun: RowProgress): Promise<RowProgress> {
    if (begun.fault && begun.fault.code !== 'import/lead-not-found') return begun;
    try {
      const commands = await planRow(this.options, this.names, begun, this.cellsOf(begun.row));
      return { ...begun, commands, retryLater: false, fault: undefined };
    } catch (error) {
      const fault = rowFaultOf(begun.line, error);
      return { ...begun, retryLater: this.captures && fault.code === 'import/lead-not-found', fault };
    }
  }

  /**
   * Sends rows in waves. A row whose lead is not known yet waits for all earlier ones, because any of them may capture
   * it; its own streams are known only then.
   */
  private async flush(batch: readonly RowProgress[], bytes: number): Promise<void> {
    let segment: RowProgress[] = [];
    for (const first of await Promise.all(batch.map((begun) => this.planned(begun)))) {
      if (first.retryLater && segment.length > 0) {
        await this.finish(segment, bytes);
        segment = [];
      }
      segment.push(first.retryLater ? await this.planned(first) : first);
    }
    await this.finish(segment, bytes);
  }

  private async finish(rows: readonly RowProgress[], bytes: number): Promise<void> {
    const { total, options } = this;
    const { dryRun = false, report, onProgress } = options;
    if (!dryRun) for (const wave of wavesOf(rows)) await sendWave(wave, options);
    for (const { line, fault, retryLater, fresh, events, commands } of rows) {
      total.events += events;
      if (fault && retryLater) this.waiting.set(line, { ...fault, message: this.kept(fault.message) });
      else if (fault) {
        total.rejected++;
        await report(fault);
      } else if (fresh || dryRun || commands.length === 0) total.accepted++;
      else total.repeated++;
    }
    const { accepted, repeated, rejected } = total;
    onProgress?.({ rows: accepted + repeated + rejected + this.waiting.size, bytes });
  }

  /** Many rows are refused with the same message: keep one copy of each. */
  private kept(words: string): string {
    const known = this.words.get(words);
    if (known === undefined) this.words.set(words, words);
    return known ?? words;
  }
}

const faultOf = ({ code, message }: { code: string; message: string }) => ({ code, message });

/** The fault of a row that could not be mapped; any error but a refusal is a bug and stops the import. */
const rowFaultOf = (line: number, error: unknown): RowFault => {
  if (error instanceof Refused) return { line, column: error.path, ...faultOf(error) };
  throw error;
};

/**
 * Rows in waves: a row comes in the first wave after those that write to a stream which it names, name one which it writes
 * to, or claim the same unique value. So rows that depend on each other keep their order, and a file that is sorted by
 * subject has as few waves as a mixed one.
 */
const wavesOf = (rows: readonly RowProgress[]): readonly (readonly RowProgress[])[] => {
  const waves: RowProgress[][] = [];
  /** By stream, the number of the last wave that writes to it or names it, from 1. */
  const [written, named] = [new Map<string, number>(), new Map<string, number>()];
  for (const row of rows) {
    let before = 0;
    for (const { stream, refs, claims } of row.commands) {
      for (const write of [stream, ...claims])
        before = Math.max(before, written.get(write) ?? 0, named.get(write) ?? 0);
      for (const ref of refs) before = Math.max(before, written.get(ref) ?? 0);
    }
    (waves[before] ??= []).push(row);
    for (const { stream, refs, claims } of row.commands) {
      for (const write of [stream, ...claims]) written.set(write, before + 1);
      for (const ref of refs) named.set(ref, Math.max(before + 1, named.get(ref) ?? 0));
    }
  }
  return waves;
};

const sendWave = async (wave: readonly RowProgress[], { send, settle, aggregates }: Import): Promise<void> => {
  for (let step = 0; ; step++) {
    const waiting = wave.filter(({ fault, commands }) => !fault && step < commands.length);
    if (waiting.length === 0) return;
    const outcomes = await Promise.allSettled(
      waiting.map(async (progress) => {
        const { to, id, command } = withCurrentId(progress, progress.commands[step]!, aggregates);
        const outcome = await send(to, id, command).catch((error: unknown) => {
          const answered = error instanceof Refused || error instanceof Conflict || error instanceof NotFound;
          if (answered && !isTransient(error)) return error;
          throw error; // the store is unavailable: reject no row, the next run continues here
        });
        return recordOutcome(progress, progress.commands[step]!, outcome, aggregates);
      }),
    );
    let latest: Position = '';
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') throw outcome.reason;
      if (outcome.value > latest) latest = outcome.value;
    }
    if (latest !== '') await settle(latest);
  }
};

/** Records the result of a command; returns its position, '' for none. */
const recordOutcome = (
  progress: RowProgress,
  { to, id, mapped, command }: PlannedCommand,
  outcome: Outcome | BatonError,
  aggregates: Aggregates,
): Position => {
  const { aggregate, idField } = aggregates[to]!;
  const { standsFor } = progress;
  if ('position' in outcome) {
    if (!outcome.repeated && outcome.events > 0) {
      progress.fresh = true;
      progress.events += outcome.events;
    }
    if (outcome.id !== id) standsFor.set(`${aggregate} ${id}`, outcome.id);
    return outcome.position;
  }
  const { code, message, path, details } = outcome;
  if (mapped.onRefused?.[code] === 'continue') {
    const other = details[idField];
    if (typeof other === 'string') standsFor.set(`${aggregate} ${id}`, other);
    return '';
  }
  // without occurredAt the result would depend on the order of the rows
  progress.retryLater = command.meta.occurredAt !== undefined;
  progress.fault = {
    line: progress.line,
    column: columnOf(mapped, path),
    code,
    message: quotesACell(message, progress.row) ? `${mapped.command} was refused.` : `${mapped.command}: ${message}`,
  };
  return '';
};

/** A refusal may quote the refused value; the report must not. */
const quotesACell = (message: string, row: readonly string[]): boolean => {
  const lower = message.toLowerCase();
  return row.some((cell) => cell.trim() !== '' && lower.includes(cell.trim().toLowerCase()));
};

/** The command with replaced ids (a lead already known under another id). */
const withCurrentId = ({ standsFor }: RowProgress, planned: PlannedCommand, aggregates: Aggregates): PlannedCommand => {
  if (standsFor.size === 0) return planned;
  const { to, command } = planned;
  const { schemas, idField } = aggregates[to]!;
  const fields = schemas.get(command.type)!.object.properties;
  const data = Object.fromEntries(
    Object.entries(command.data as Record<string, unknown>).map(([field, value]) => [
      field,
      standsFor.get(`${fields[field]?.['ref']} ${String(value)}`) ?? value,
    ]),
  );
  return { ...planned, id: data[idField] as string, command: { ...command, data } };
};
