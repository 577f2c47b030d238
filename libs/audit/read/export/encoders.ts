import type { KeyValue, SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { ExportSource } from './export-sources';
import { csvLine, type ExportColumn, type ExportFormat, type ExportRow } from './export.rules';

/** What an encoder must be told to go on; JSON. */
export type EncoderState = string | null;
/** Turns rows into bytes. Equal batches of rows give equal bytes, also after it was continued from its state. */
export interface Encoder {
  readonly mediaType: string;
  readonly begin: () => Uint8Array;
  /** One batch of rows. */
  readonly rows: (rows: readonly ExportRow[]) => Uint8Array;
  /** @param count of all rows @param sha256 of all bytes before, in hex */
  readonly end: (count: number, sha256: string) => Uint8Array;
  readonly state: () => EncoderState;
}

const text = (lines: string): Uint8Array => Buffer.from(lines);
const lineOf = (value: unknown): string => `${JSON.stringify(value)}\n`;

/** Lines of text carry no state. */
const lines = (
  mediaType: string,
  begin: string,
  line: (row: ExportRow) => string,
  end: (count: number, sha256: string) => string = () => '',
): Encoder => ({
  mediaType,
  begin: () => text(begin),
  rows: (rows) => text(rows.map(line).join('')),
  end: (count, sha256) => text(end(count, sha256)),
  state: () => null,
});

const parquetTypes: Readonly<Record<ExportColumn['type'], Partial<SchemaElement>>> = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  json: { type: 'BYTE_ARRAY', converted_type: 'UTF8' }, // the text: readers differ in what they make of JSON
  integer: { type: 'INT64' },
  real: { type: 'DOUBLE' },
  flag: { type: 'BOOLEAN' },
};
const parquetValue = (type: ExportColumn['type'], value: unknown): unknown => {
  if (value === null || value === undefined) return null;
  if (type === 'json') return JSON.stringify(value);
  return type === 'integer' ? BigInt(value as number) : value;
};
/** JSON with big integers, as the metadata of row groups have them. */
const withBigints = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'bigint'
      ? { $bigint: String(one) }
      : one instanceof Uint8Array
        ? { $bytes: Buffer.from(one).toString('base64') }
        : one,
  );
const bigintsIn = (json: string): unknown =>
  JSON.parse(json, (_, one: unknown) => {
    const { $bigint, $bytes } = (typeof one === 'object' && one !== null ? one : {}) as {
      $bigint?: string;
      $bytes?: string;
    };
    if ($bytes !== undefined) return new Uint8Array(Buffer.from($bytes, 'base64'));
    return $bigint === undefined ? one : BigInt($bigint);
  });

interface ParquetState {
  readonly offset: number;
  readonly rows: bigint;
  readonly groups: ParquetWriter['row_groups'];
}

/** Each batch is a row group; the footer names them all, so they are the state. */
const parquet = ({ columns, header, name }: ExportSource, state: EncoderState): Encoder => {
  const schema: SchemaElement[] = [
    { name: 'root', num_children: columns.length },
    ...columns.map(
      ({ name: column, type }) =>
        ({ name: column, repetition_type: 'OPTIONAL', ...parquetTypes[type] }) as SchemaElement,
    ),
  ];
  const kvMetadata: KeyValue[] = [{ key: `baton.${name === 'log' ? 'log' : 'export'}`, value: JSON.stringify(header) }];
  const buffer = new ByteWriter();
  const writer = new ParquetWriter({ writer: buffer, schema, kvMetadata, createdBy: 'baton', statistics: false });
  const take = (): Uint8Array => {
    const bytes = Buffer.from(buffer.getBytes());
    buffer.index = 0; // the offset counts on
    return bytes;
  };
  const magic = take();
  if (state !== null) {
    const { offset, rows, groups } = bigintsIn(state) as ParquetState;
    buffer.offset = offset;
    writer.num_rows = rows;
    writer.row_groups = groups;
  }
  return {
    mediaType: 'application/vnd.apache.parquet',
    begin: () => magic,
    rows: (rows) => {
      const columnData = columns.map(({ name: column, type }) => ({
        ...{ name: column, offsetIndex: false },
        data: rows.map(({ values }) => parquetValue(type, values[column])) as never[],
      }));
      void writer.write({ columnData, rowGroupSize: Math.max(1, rows.length) });
      writer.pendingIndexes = []; // of pages, which are not written
      return take();
    },
    end: () => {
      void writer.finish();
      return take();
    },
    state: () =>
      withBigints({ offset: buffer.offset, rows: writer.num_rows, groups: writer.row_groups } satisfies ParquetState),
  };
};

const makers: Readonly<Record<ExportFormat, (source: ExportSource, state: EncoderState) => Encoder>> = {
  ndjson: ({ header }) =>
    lines(
      'application/x-ndjson',
      lineOf(header),
      ({ line }) => lineOf(line),
      (rows, sha256) => lineOf({ rows, sha256 }),
    ),
  csv: ({ columns }) =>
    lines('text/csv; charset=utf-8', csvLine(columns.map(({ name }) => name)), ({ values }) =>
      csvLine(columns.map(({ name }) => values[name])),
    ),
  // One JSON event a line; the first describes the export.
  cloudevents: ({ header, name }) =>
    lines(
      'application/x-ndjson',
      lineOf({
        ...{ specversion: '1.0', id: `export-of-${name}`, source: '/exports', type: 'Export', subject: name },
        ...{ datacontenttype: 'application/json', data: header },
      }),
      ({ cloudEvent }) => lineOf(cloudEvent),
    ),
  parquet,
};
export const encoderFor = (format: ExportFormat, source: ExportSource, state: EncoderState = null): Encoder =>
  makers[format](source, state);

/** Rows of a batch: it is written at once, and the place behind it can be gone on from. A row group of Parquet. */
export const BATCH = 5000;

/** The rows behind a cursor, in batches: of 5,000, and what is left. */
export async function* batchesOf(source: ExportSource, after: string | undefined, size = BATCH) {
  let batch: ExportRow[] = [];
  let seen = 0;
  for await (const { rows, looked } of source.pages(after)) {
    seen = looked;
    batch.push(...rows);
    while (batch.length >= size) {
      yield { rows: batch.slice(0, size), looked };
      batch = batch.slice(size);
    }
  }
  if (batch.length > 0) yield { rows: batch, looked: seen };
}
