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
import type { Aggregates, Mapping } from './mapping';
import { columnOf, plan, rowNames, type Planned, type RowFault } from './plan';
import { headerOf, rowsOf, type Row } from './rows';
import type { Cells, Lookup } from './values';

export interface Import {
  readonly mapping: Mapping;
  readonly file: string;
  readonly aggregates: Aggregates;
  /** Under which rows are named; the same for every import into one log. */
  readonly secret: Buffer;
  /** Sends a command to the aggregate that the mapping calls `to`. */
  readonly send: (to: string, id: string, command: AnyCommand) => Promise<Outcome>;
  readonly lookup: Lookup;
  /** What is later than now cannot have happened. */
  readonly clock: Clock;
  /** Waits until the policies have handled the log up to a position. */
  readonly settle: (upTo: Position) => Promise<void>;
  /** Takes the faults, at most one a row, in the order of the file. */
  readonly report: (fault: RowFault) => void | Promise<void>;
  /** Map and check everything, send nothing. */
  readonly dryRun?: boolean;
  /** Told after each wave: rows done, and bytes of the file read. */
  readonly onProgress?: (progress: { readonly rows: number; readonly bytes: number }) => void;
  /** How many rows are read, mapped and sent together. */
  readonly waveRows?: number;
}

/** `rows` = `accepted` + `repeated` + `rejected`, all in rows; `events` were newly written. */
export interface ImportResult {
  readonly rows: number;
  readonly accepted: number;
  readonly repeated: number;
  readonly rejected: number;
  readonly events: number;
}

/** A row on its way: what it became, and what came of it. */
interface Progress {
  readonly line: number;
  readonly row: readonly string[];
  readonly rowId: string;
  readonly commands: readonly Planned[];
  fault?: RowFault;
  /** Something was accepted for the first time. */
  fresh: boolean;
  events: number;
  /** Ids that another id stands for, `lead a` → `b`: later commands of the row follow. */
  readonly standsFor: Map<string, string>;
}

/**
 * Imports a file: reads it in bounded memory and sends its rows in waves. The rows of a wave touch different streams
 * and go side by side; the commands of a row go in order; before the next command the policies have handled what the
 * last ones wrote, so a history comes out the same however fast it is sent. Stopped at any point and started again, it
 * finds the commands it has sent and goes on.
 * @throws Refused or NotFound `import/…` for an unusable file, before anything is sent; what the stores throw
 */
export const importFile = async (options: Import): Promise<ImportResult> => {
  const { mapping, file, report, onProgress, dryRun = false, waveRows = 500 } = options;
  const total = { rows: 0, accepted: 0, repeated: 0, rejected: 0, events: 0 };
  const nameOf = rowNames(mapping, options.secret);
  const reader = rowsOf(file, mapping);
  try {
    const first = await reader.next();
    const header = headerOf(first.done ? undefined : first.value, mapping.columns);
    const cellsOf =
      (row: readonly string[]): Cells =>
      (column) =>
        row[header.index.get(column)!]!;

    const begin = (row: Row): Progress => {
      const progress = { line: row.line, rowId: '', commands: [], fresh: false, events: 0, standsFor: new Map() };
      if ('code' in row) return { ...progress, row: [], fault: { line: row.line, column: '', ...faultOf(row) } };
      const { cells, line } = row;
      if (cells.length !== header.names.length) {
        const message = `The row has ${cells.length} cell(s), the header ${header.names.length}.`;
        return { ...progress, row: [], fault: { line, column: '', code: 'import/ragged-row', message } };
      }
      try {
        return { ...progress, row: cells, rowId: nameOf(cells, cellsOf(cells)) };
      } catch (error) {
        return { ...progress, row: cells, fault: blame(line, error) };
      }
    };
    const planned = async (begun: Progress): Promise<Progress> => {
      if (begun.fault && begun.fault.code !== 'import/lead-not-found') return begun;
      try {
        const commands = await plan(
          mapping,
          options.aggregates,
          begun,
          cellsOf(begun.row),
          options.lookup,
          options.clock,
        );
        return { ...begun, commands, fault: undefined };
      } catch (error) {
        return { ...begun, fault: blame(begun.line, error) };
      }
    };
    const finish = async (wave: readonly Progress[], bytes: number) => {
      if (!dryRun) await sendWave(wave, options);
      for (const { fault, fresh, events, commands } of wave) {
        total.events += events;
        if (fault) total.rejected++;
        else if (fresh || dryRun || commands.length === 0) total.accepted++;
        else total.repeated++;
        if (fault) await report(fault);
      }
      onProgress?.({ rows: total.accepted + total.repeated + total.rejected, bytes });
    };

    const captures = !dryRun && mapping.commands.some(({ command }) => command === 'CaptureLead');
    const flush = async (batch: readonly Progress[], bytes: number) => {
      let wave: Progress[] = [];
      let taken = new Set<string>();
      for (const first of await Promise.all(batch.map(planned))) {
        // A lead that is looked up may be one that an earlier row captures.
        const missing = captures && first.fault?.code === 'import/lead-not-found';
        const streams = first.commands.map(({ to, id }) => `${to}-${id}`);
        if (wave.length > 0 && (missing || streams.some((stream) => taken.has(stream)))) {
          await finish(wave, bytes);
          wave = [];
          taken = new Set();
        }
        const ready = missing ? await planned(first) : first;
        wave.push(ready);
        for (const { to, id } of ready.commands) taken.add(`${to}-${id}`);
      }
      await finish(wave, bytes);
    };

    let batch: Progress[] = [];
    let bytes = 0;
    for await (const row of reader) {
      total.rows++;
      bytes = row.end;
      batch.push(begin(row));
      if (batch.length < waveRows) continue;
      await flush(batch, bytes);
      batch = [];
    }
    if (batch.length > 0) await flush(batch, bytes);
    return total;
  } finally {
    await reader.return(undefined);
  }
};

const faultOf = ({ code, message }: { code: string; message: string }) => ({ code, message });

/** The fault of a row that could not be mapped; anything else than a refusal is a defect and stops the import. */
const blame = (line: number, error: unknown): RowFault => {
  if (error instanceof Refused) return { line, column: error.path, ...faultOf(error) };
  throw error;
};

const sendWave = async (wave: readonly Progress[], { send, settle, aggregates }: Import): Promise<void> => {
  for (let step = 0; ; step++) {
    const waiting = wave.filter(({ fault, commands }) => !fault && step < commands.length);
    if (waiting.length === 0) return;
    const outcomes = await Promise.allSettled(
      waiting.map(async (progress) => {
        const { to, id, command } = followed(progress, progress.commands[step]!, aggregates);
        const outcome = await send(to, id, command).catch((error: unknown) => {
          const answered = error instanceof Refused || error instanceof Conflict || error instanceof NotFound;
          if (answered && !isTransient(error)) return error;
          throw error; // the store is gone: no row is to blame, and the next run goes on from here
        });
        return take(progress, progress.commands[step]!, outcome, aggregates);
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

/** Notes what came of a command; returns its position, '' for none. */
const take = (
  progress: Progress,
  { to, id, mapped }: Planned,
  outcome: Outcome | BatonError,
  aggregates: Aggregates,
): Position => {
  const { aggregate, idField } = aggregates[to]!;
  const { standsFor } = progress;
  if ('position' in outcome) {
    if (!outcome.repeated) {
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
  progress.fault = {
    line: progress.line,
    column: columnOf(mapped, path),
    code,
    message: quotesACell(message, progress.row) ? `${mapped.command} was refused.` : `${mapped.command}: ${message}`,
  };
  return '';
};

/** A refusal may quote what it refuses; the report must not. */
const quotesACell = (message: string, row: readonly string[]): boolean => {
  const lower = message.toLowerCase();
  return row.some((cell) => cell.trim() !== '' && lower.includes(cell.trim().toLowerCase()));
};

/** The command with the ids that stand for those of the mapping (a lead that was already known under another id). */
const followed = ({ standsFor }: Progress, planned: Planned, aggregates: Aggregates): Planned => {
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
