import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Mapping } from './mapping';
import { headerOf, MAX_ROW_BYTES, rowsOf, type Row } from './rows';

const folder = mkdtempSync(join(tmpdir(), 'baton-rows-'));
afterAll(() => rmSync(folder, { recursive: true }));

const rowsIn = async (content: string | Buffer, encoding: Mapping['encoding'] = 'utf-8'): Promise<Row[]> => {
  const path = join(folder, 'file.csv');
  writeFileSync(path, content);
  const rows: Row[] = [];
  for await (const row of rowsOf(path, { delimiter: ',', encoding })) rows.push(row);
  return rows;
};
/** `3:a|b` for a row, `3!code` for a fault. */
const seen = (rows: readonly Row[]) =>
  rows.map((row) => ('code' in row ? `${row.line}!${row.code}` : `${row.line}:${row.cells.join('|')}`));

describe('the rows of a CSV file', () => {
  it.each([
    ['LF', 'a,b\n1,2\n3,4\n'],
    ['CRLF', 'a,b\r\n1,2\r\n3,4\r\n'],
    ['CR', 'a,b\r1,2\r3,4'],
    ['mixed line ends', 'a,b\r\n1,2\n3,4'],
    ['a byte order mark', '\ufeffa,b\n1,2\n3,4'],
  ])('are read with %s', async (_, content) => {
    expect(seen(await rowsIn(content))).toEqual(['1:a|b', '2:1|2', '3:3|4']);
  });

  it('keep quoted commas, quotes and line breaks, and count physical lines', async () => {
    const rows = await rowsIn('a,b\r\n"x, ""y""","two\r\nlines\nthree"\r\n\r\n1,2\r\n');
    expect(seen(rows)).toEqual(['1:a|b', '2:x, "y"|two\r\nlines\nthree', '6:1|2']);
  });

  it('keep what a spreadsheet would run as a formula, unchanged', async () => {
    expect(seen(await rowsIn('a\n"=HYPERLINK(""http://x"",1)"\n@SUM(1)\n'))).toEqual([
      '1:a',
      '2:=HYPERLINK("http://x",1)',
      '3:@SUM(1)',
    ]);
  });

  it('round-trip any content, with the lines they begin on', async () => {
    const cell = fc.string({
      unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', ' ', 'é', '\u{1d11e}'),
      maxLength: 12,
    });
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 })), async (written) => {
        const rows = await rowsIn(written.map((cells) => cells.map(quoted).join(',')).join('\n'));
        let line = 1;
        for (const [index, cells] of written.entries()) {
          expect(rows[index]).toMatchObject({ line, cells });
          line += 1 + cells.join('').split('\n').length - 1;
        }
        expect(rows).toHaveLength(written.length);
      }),
      { numRuns: 60 },
    );
  });

  it('lose one line to a stray quote', async () => {
    expect(seen(await rowsIn('a,b\n1,2\n3 "x",4\n"5"x,6\n7,8\n'))).toEqual([
      '1:a|b',
      '2:1|2',
      '3!import/stray-quote',
      '4!import/stray-quote',
      '5:7|8',
    ]);
  });

  it('lose one line to a quote that is never closed', async () => {
    expect(seen(await rowsIn('a,b\n1,2\n"3,4\n5,6\n7,8'))).toEqual([
      '1:a|b',
      '2:1|2',
      '3!import/unclosed-quote',
      '4:5|6',
      '5:7|8',
    ]);
  });

  it('lose one line to a quote that is not closed within the largest row', async () => {
    const many = MAX_ROW_BYTES / 1024 + 10;
    const rows = await rowsIn(`a,b\n"3,4\n${`5,${'6'.repeat(1021)}\n`.repeat(many)}`);
    expect(seen(rows.slice(0, 2))).toEqual(['1:a|b', '2!import/unclosed-quote']);
    expect(rows).toHaveLength(2 + many);
    expect(rows.at(-1)).toMatchObject({ line: 2 + many, cells: ['5', '6'.repeat(1021)] });
  });

  it('lose a line beyond 1 MiB, and only that', async () => {
    expect(seen(await rowsIn(`a,b\n1,${'x'.repeat(MAX_ROW_BYTES + 1)}\n3,4\n`))).toEqual([
      '1:a|b',
      '2!import/row-too-long',
      '3:3|4',
    ]);
  });

  it('report rows with NUL and rows that are not UTF-8', async () => {
    const rows = await rowsIn(Buffer.from('a,b\n1,\0\nM\xfcller,2\nfine,3\n', 'latin1'));
    expect(seen(rows)).toEqual(['1:a|b', '2!import/nul-character', '3!import/not-utf-8', '4:fine|3']);
  });

  it('are read as Latin-1 if the mapping says so', async () => {
    expect(seen(await rowsIn(Buffer.from('a\nM\xfcller\n', 'latin1'), 'latin1'))).toEqual(['1:a', '2:Müller']);
  });

  it('are read as Windows-1252 if the mapping says so, and report their end in the file', async () => {
    const bytes = Buffer.from('a,b\nM\xfcller \x96 5 \x80,\x93x\x94\n1,2\n', 'latin1');
    const rows = await rowsIn(bytes, 'windows-1252');
    expect(seen(rows)).toEqual(['1:a|b', '2:Müller – 5 €|“x”', '3:1|2']);
    expect(rows.map(({ end }) => end)).toEqual([4, bytes.length - 4, bytes.length]);
  });

  it('keep characters split over two reads', async () => {
    const cell = 'é€𝄞'.repeat(20_000);
    expect(seen(await rowsIn(`a\n${cell}\nx\n`))).toEqual(['1:a', `2:${cell}`, '3:x']);
  });

  it('are read with 10,000 columns', async () => {
    const wide = Array.from({ length: 10_000 }, (_, index) => `c${index}`).join(',');
    const [header, row] = await rowsIn(`${wide}\n${wide}\n`);
    expect(headerOf(header, ['c9999']).index.get('c9999')).toBe(9_999);
    expect(row).toMatchObject({ line: 2 });
  });

  it('report their end in the file', async () => {
    const rows = await rowsIn('\ufeffa,é\r\n1,2\r\n"3",4');
    expect(rows.map(({ end }) => end)).toEqual([3 + 6, 3 + 6 + 5, 3 + 6 + 5 + 5]);
  });

  it('are refused in UTF-16, and without a file', async () => {
    await expect(rowsIn(Buffer.from('\ufeffa,b\n', 'utf16le'))).rejects.toMatchObject({ code: 'import/not-utf-8' });
    await expect(rowsOf(join(folder, 'none'), { delimiter: ',', encoding: 'utf-8' }).next()).rejects.toMatchObject({
      code: 'import/no-file',
    });
  });
});

describe('the header', () => {
  const cells = (...names: string[]): Row => ({ line: 1, end: 0, cells: names });
  it('names each column once; a column without a name is ignored', () => {
    expect(headerOf(cells('a', '', 'b', ''), ['b']).index).toEqual(new Map([['a', 0], ['b', 2]])); // prettier-ignore
  });
  it.each([
    ['import/empty-file', undefined, ''],
    ['import/duplicate-column', cells('a', 'b', 'a'), 'a'],
    ['import/unknown-column', cells('a', 'b'), 'wanted'],
    ['import/bad-header', { line: 1, end: 0, code: 'import/stray-quote', message: '' }, ''],
  ] as const)('is refused: %s', (code, row, path) => {
    expect(() => headerOf(row, ['wanted'])).toThrow(expect.objectContaining({ code, path }));
  });
});
