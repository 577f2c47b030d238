import { createHash, createHmac } from 'node:crypto';
import type { TObject, TSchema } from '@sinclair/typebox';
import {
  checkCommand,
  idsIn,
  isBlank,
  isInstant,
  plainText,
  Refused,
  withoutInvisibleMarks,
  type AnyCommand,
  type Clock,
  type CommandSchema,
  type Instant,
  type Json,
} from '@baton/kernel';
import { columnsOf, type Aggregates, type MappedCommand, type Mapping } from './mapping';
import { evaluateValue, meetsCondition, type Cells, type Lookup } from './values';

/** A command of a row, ready to be sent. */
export interface PlannedCommand {
  readonly to: string;
  readonly id: string;
  /** The stream that it is sent to. */
  readonly stream: string;
  /** Other streams that it names. */
  readonly refs: readonly string[];
  /** Values that no other subject may have: who sends them first has them. */
  readonly claims: readonly string[];
  readonly command: AnyCommand;
  readonly mapped: MappedCommand;
}

/** One line of the report. It never contains the content of a cell. */
export interface RowFault {
  readonly line: number;
  /** The column of the faulty cell, if one cell is at fault. */
  readonly column: string;
  readonly code: string;
  readonly message: string;
}

/** A number that a spreadsheet has shortened: `1.23E+15` could be any id with these first digits. */
const roundedNumber = /^[+-]?\d(?:[.,]\d+)?E\+\d{2,}$/i;

const importIds = idsIn('2c1b8a5e-9d55-5f0b-8f0c-6a0e3f1b7d42');

/** Source of the ids of rows and commands. */
export interface ImportIds {
  /** Must be called in file order. @throws Refused `import/blank-key`, `import/rounded-id` */
  readonly row: (row: readonly string[], cells: Cells) => string;
  /**
   * The id of a command. A command about the present is new in each run, per line; an occurrence is identified by its
   * row alone; any other command by its row and its content, so that a changed row is sent again.
   */
  readonly command: (place: CommandPosition, command: AnyCommand, about: CommandSchema['about']) => string;
}
/** Position of a command: its row, and its index among the mapping's commands. */
interface CommandPosition {
  readonly rowId: string;
  readonly line: number;
  readonly index: number;
}

/**
 * Derives ids for the rows of a file and their commands, the same in every import of the file. A row is identified by
 * its key or, without a key, by its content and the number of equal rows before it, so that true duplicates get
 * different ids.
 * @param secret ids are hashed with it: they appear in events, and nobody must be able to guess an address from one
 * @param run    number of the run of this mapping
 */
export const importIdsOf = (
  { name, key, idColumns }: Pick<Mapping, 'name' | 'key' | 'idColumns'>,
  secret: Buffer,
  run: number,
): ImportIds => {
  const nameOf = (...parts: readonly unknown[]): string =>
    importIds(
      createHmac('sha256', secret)
        .update(JSON.stringify([name, ...parts]))
        .digest('hex'),
    );
  const seen = new Map<string, number>(); // 16 bytes of hash per row: the content itself would not fit in memory
  return {
    row: (row, cells) => {
      const rounded = idColumns.find((column) => roundedNumber.test(withoutInvisibleMarks(cells(column))));
      if (rounded !== undefined)
        throw new Refused(
          'import/rounded-id',
          'A spreadsheet has rounded this id (such as 1.23E+15); export the column as text.',
          rounded,
        );
      if (key.length > 0) {
        const values = key.map(cells);
        if (values.every(isBlank))
          throw new Refused(
            'import/blank-key',
            'Every key column of the row is blank; a key must identify the record.',
            key[0],
          );
        return nameOf('key', ...values);
      }
      const content = JSON.stringify(row);
      const hash = createHash('sha256').update(content).digest().toString('latin1', 0, 16);
      const occurrence = (seen.get(hash) ?? 0) + 1;
      seen.set(hash, occurrence);
      return nameOf('row', content, occurrence);
    },
    command: ({ rowId, line, index }, { type, data, meta: { occurredAt } }, about) => {
      if (about === 'occurrence') return nameOf('command', rowId, index);
      if (about === 'state' && occurredAt === undefined) return nameOf('run', run, line, index);
      return nameOf('command', rowId, index, type, data, occurredAt ?? '');
    },
  };
};

/** The column to report for a field of a command; '' if its value comes from no column. */
export const columnOf = ({ data, occurredAt }: MappedCommand, path: string): string => {
  const field = path.split('.')[0]!;
  if (field === 'occurredAt') return occurredAt === undefined ? '' : (columnsOf(occurredAt)[0] ?? '');
  return Object.hasOwn(data, field) ? (columnsOf(data[field]!)[0] ?? '') : '';
};

interface PlanContext {
  readonly mapping: Mapping;
  readonly aggregates: Aggregates;
  readonly lookup: Lookup;
  readonly clock: Clock;
}

/**
 * Maps one row to its commands, each checked against its schema; nothing is sent.
 * @param row its `rowId` is the correlation id of its commands; at the same instant, they are ordered after those of
 *   earlier lines
 * @throws Refused with the column as its path
 */
export const planRow = async (
  { mapping, aggregates, lookup, clock }: PlanContext,
  names: ImportIds,
  { rowId, line }: { readonly rowId: string; readonly line: number },
  cells: Cells,
): Promise<readonly PlannedCommand[]> => {
  const planned: PlannedCommand[] = [];
  for (const [index, mapped] of mapping.commands.entries()) {
    if (mapped.when && !meetsCondition(mapped.when, cells)) continue;
    const occurredAt =
      mapped.occurredAt === undefined ? undefined : await evaluateValue(mapped.occurredAt, cells, lookup);
    if (mapped.occurredAt !== undefined && occurredAt === undefined)
      throw new Refused(
        'import/no-date',
        'The column of occurredAt is blank; give it a date, or a default in the mapping.',
        columnsOf(mapped.occurredAt)[0],
      );
    const data: Record<string, Json> = {};
    for (const [field, value] of Object.entries(mapped.data)) {
      const found = await evaluateValue(value, cells, lookup);
      if (found !== undefined) data[field] = found;
    }
    const commands = aggregates[mapped.to]!;
    const unnamed: AnyCommand = {
      type: mapped.command,
      data,
      meta: {
        commandId: '',
        correlationId: rowId,
        actor: `import:${mapping.name}`,
        origin: 'connector',
        mode: 'backfill',
        sequence: line * mapping.commands.length + index,
        ...(occurredAt !== undefined && { occurredAt: instantIn(occurredAt, mapped) }),
      },
    };
    const { about, object } = commands.schemas.get(mapped.command)!;
    const commandId = names.command({ rowId, line, index }, unnamed, about);
    const command = { ...unnamed, meta: { ...unnamed.meta, commandId } };
    const fault = checkCommand(commands, command, clock);
    if (fault) throw new Refused(fault.code, `${mapped.command}: ${fault.message}`, columnOf(mapped, fault.path));
    const id = data[commands.idField] as string;
    const stream = `${commands.aggregate}-${id}`;
    planned.push({
      to: mapped.to,
      id,
      stream,
      refs: referencedStreams(data, object),
      claims: claimsOf(data, object),
      mapped,
      command,
    });
  }
  return planned;
};

/** The streams that the fields of a command name. */
const referencedStreams = (data: Readonly<Record<string, Json>>, { properties }: TObject): readonly string[] =>
  Object.entries(data).flatMap(([field, value]) => {
    const schema: TSchema | undefined = properties[field];
    const kind = (schema?.['ref'] ?? (schema?.['items'] as TSchema | undefined)?.['ref']) as string | undefined;
    return kind === undefined ? [] : [value].flat().map((id) => `${kind}-${String(id)}`);
  });

/** In any spelling, so that two spellings of one value are never taken for two. */
const claimsOf = (data: Readonly<Record<string, Json>>, { properties }: TObject): readonly string[] =>
  Object.entries(data).flatMap(([field, value]) =>
    properties[field]?.['unique'] ? [`${field} ${plainText(String(value)).toLowerCase()}`] : [],
  );

const instantIn = (value: Json, { occurredAt }: MappedCommand): Instant => {
  if (typeof value === 'string' && isInstant(value)) return value;
  throw new Refused(
    'import/not-a-date',
    'occurredAt is not an instant; set date in the mapping to the format of the column.',
    columnsOf(occurredAt!)[0],
  );
};
