import { open, type FileHandle } from 'node:fs/promises';
import { CsvError, parse } from 'csv-parse';
import { NotFound, Refused } from '@baton/kernel';

/** A row of the file, or the position of an unreadable one; `line` is the physical line on which it begins, from 1. */
export type Row =
  | { readonly line: number; readonly end: number; readonly cells: readonly string[] }
  | { readonly line: number; readonly end: number; readonly code: string; readonly message: string };

const CHUNK_BYTES = 64 * 1024;
/** A longer row is a missing quote or line break; this bounds the memory. */
export const MAX_ROW_BYTES = 1024 * 1024;

const messages = {
  'import/row-too-long': 'The row is longer than 1 MiB; check for a missing quote or line break.',
  'import/unclosed-quote':
    'A quoted cell is not closed: add the closing quote. The following lines are read as separate rows.',
  'import/stray-quote': 'There is a quote inside an unquoted cell: quote the whole cell and double the quotes in it.',
  'import/not-utf-8': 'The row is not valid UTF-8; convert the file, or set encoding in the mapping.',
  'import/nul-character': 'The row contains a NUL character; remove it.',
} as const;
type Code = keyof typeof messages;

const lineBreaks = (text: string): number => text.match(/\r\n|\n|\r/g)?.length ?? 0;

/** What is wrong with the text of a row, independent of the mapping. */
const faultOfText = (cells: readonly string[]): Code | undefined => {
  for (const cell of cells) {
    if (cell.includes('\u0000')) return 'import/nul-character';
    if (cell.includes('\ufffd')) return 'import/not-utf-8'; // the decoder writes this in place of an invalid byte
  }
  return undefined;
};

interface Options {
  readonly delimiter: string;
  readonly encoding: 'utf-8' | 'latin1' | 'windows-1252';
}

/**
 * Windows-1252 is Latin-1 except for the bytes 0x80 to 0x9f, which are printable characters (five are unused). Node's
 * own decoder returns control characters for them in some releases.
 */
const windowsSigns = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';
const decodeWindows1252 = (cell: string): string =>
  cell.replace(/[\u0080-\u009f]/g, (sign) => windowsSigns[sign.charCodeAt(0) - 0x80]!);

/**
 * Reads the records of a CSV file (RFC 4180; LF, CRLF or CR; with or without BOM) in bounded memory, including the
 * header. For a record that cannot be read its fault is returned, and reading continues with the next physical line: a
 * stray or unclosed quote affects its own line only. Empty lines are skipped.
 * @throws NotFound `import/no-file`
 */
export async function* rowsOf(path: string, options: Options): AsyncGenerator<Row> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new NotFound('import/no-file', `The file cannot be opened (${error.code}).`);
  });
  try {
    let from = { offset: await startOf(file), line: 1 };
    for (;;) {
      const { failed, ...next } = yield* recordsFrom(file, from, options);
      if (!failed) return;
      const { end, bytes } = await endOfLine(file, next.offset);
      const code = codeOf(failed, bytes);
      yield { line: next.line, end, code, message: messages[code] };
      from = { offset: end, line: next.line + 1 };
    }
  } finally {
    await file.close();
  }
}

const codeOf = ({ code }: CsvError, firstLineBytes: number): Code => {
  if (code === 'CSV_MAX_RECORD_SIZE')
    return firstLineBytes > MAX_ROW_BYTES ? 'import/row-too-long' : 'import/unclosed-quote';
  return code === 'CSV_QUOTE_NOT_CLOSED' ? 'import/unclosed-quote' : 'import/stray-quote';
};

/** UTF-16, recognised by its byte order mark or by a NUL in the first character. */
const isUtf16 = (head: Buffer): boolean =>
  ['fffe', 'feff'].includes(head.toString('hex', 0, 2)) || (head.length > 1 && (head[0] === 0) !== (head[1] === 0));

/** Offset of the text: after a UTF-8 byte order mark. */
const startOf = async (file: FileHandle): Promise<number> => {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(3), 0, 3, 0);
  const head = buffer.subarray(0, bytesRead);
  if (isUtf16(head)) throw new Refused('import/not-utf-8', 'The file is encoded as UTF-16; save it as UTF-8.');
  return head.toString('hex') === 'efbbbf' ? 3 : 0;
};

/** Reads from an offset at which a record begins; returns the offset of the first unreadable record, if any. */
async function* recordsFrom(
  file: FileHandle,
  from: { offset: number; line: number },
  { delimiter, encoding }: Options,
) {
  let { offset, line } = from;
  let found: Row[] = [];
  const parser = parse({
    delimiter,
    encoding: encoding === 'utf-8' ? 'utf8' : 'latin1', // as bytes, so that offsets match the file
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    max_record_size: MAX_ROW_BYTES,
    // Records are collected here as they are parsed: a stream would drop those before an error.
    on_record: (cells: string[], { bytes_records }) => {
      offset = from.offset + bytes_records;
      const code = faultOfText(cells);
      if (code) found.push({ line, end: offset, code, message: messages[code] });
      else if (cells.length > 1 || cells[0] !== '')
        found.push({ line, end: offset, cells: encoding === 'windows-1252' ? cells.map(decodeWindows1252) : cells });
      line += 1 + cells.reduce((breaks, cell) => breaks + lineBreaks(cell), 0);
      return null;
    },
  });
  let failed: CsvError | undefined;
  const fail = (error?: Error | null) => void (failed ??= (error as CsvError | null | undefined) ?? undefined);
  parser.on('error', fail).resume();
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let at = from.offset; ;) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, at);
    at += bytesRead;
    await new Promise<void>((done) => {
      const next = (error?: Error | null) => (fail(error), done());
      if (bytesRead > 0) parser.write(Buffer.from(buffer.subarray(0, bytesRead)), next);
      else parser.end(next);
    });
    yield* found;
    found = [];
    if (failed || bytesRead === 0) break;
  }
  parser.destroy();
  return { failed, offset, line };
}

/** Offset after the line break that ends the line at `offset`, and the bytes of that line. */
const endOfLine = async (file: FileHandle, offset: number): Promise<{ end: number; bytes: number }> => {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let at = offset; ;) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, at);
    if (bytesRead === 0) return { end: at, bytes: at - offset };
    const chunk = buffer.subarray(0, bytesRead);
    const breaks = [chunk.indexOf(10), chunk.indexOf(13)].filter((place) => place >= 0);
    const breakAt = Math.min(...breaks);
    if (breaks.length === 0) {
      at += bytesRead;
      continue;
    }
    const length = at + breakAt - offset;
    const pair = Buffer.alloc(2);
    await file.read(pair, 0, 2, at + breakAt);
    return { end: at + breakAt + (pair.toString('latin1') === '\r\n' ? 2 : 1), bytes: length };
  }
};

/** The header: the column names and their indexes. */
export interface Header {
  readonly names: readonly string[];
  readonly index: ReadonlyMap<string, number>;
}

/**
 * Reads the first row as column names; columns without a name are ignored.
 * @throws Refused `import/empty-file`, `import/bad-header`, `import/duplicate-column`, `import/unknown-column`
 */
export const headerOf = (row: Row | undefined, columns: readonly string[]): Header => {
  if (!row) throw new Refused('import/empty-file', 'The file is empty; its first row must hold the column names.');
  if ('code' in row) throw new Refused('import/bad-header', `The header cannot be read: ${row.message}`);
  const index = new Map<string, number>();
  row.cells.forEach((name, at) => {
    if (name === '') return;
    if (index.has(name))
      throw new Refused(
        'import/duplicate-column',
        'Two columns of the header have this name; rename one of them.',
        name,
      );
    index.set(name, at);
  });
  const missing = columns.find((column) => !index.has(column));
  if (missing !== undefined)
    throw new Refused(
      'import/unknown-column',
      `The mapping reads the column "${missing}", but the header of the file (${row.cells.length} columns) does not have it.`,
      missing,
    );
  return { names: row.cells, index };
};
