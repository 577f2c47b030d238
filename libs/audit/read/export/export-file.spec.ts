import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { csvCell } from '@baton/kernel';
import { exportToFile, unfinishedPlan } from './export-file';
import type { ExportSource } from './export-sources';
import { exportFormats, type ExportColumn, type ExportFormat, type ExportRow } from './export.rules';

const folder = mkdtempSync(join(tmpdir(), 'baton-export-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const columns: readonly ExportColumn[] = [
  { name: 'n', type: 'integer' },
  { name: 'text', type: 'text' },
  { name: 'share', type: 'real' },
  { name: 'won', type: 'flag' },
  { name: 'data', type: 'json' },
];
const texts = ['plain', '=1+1', '"quoted", with\nbreaks', "'=x", null, '@sum', '-1', '+1', '\tx', 'ä €'];
const valuesOf = (n: number) => ({
  n: n === 3 ? Number.MAX_SAFE_INTEGER : n,
  text: texts[n % texts.length]!,
  share: n % 4 === 0 ? null : n / 7,
  won: n % 3 === 0,
  data: n % 5 === 0 ? null : { a: [n, { b: 'x' }] },
});
const ROWS = 47;
const source: ExportSource = {
  ...{ name: 'sample', columns, header: { export: 'sample' }, total: ROWS },
  async *pages(after) {
    for (let from = after === undefined ? 0 : Number(after) + 1; from < ROWS; from += 5) {
      const rows = Array.from({ length: Math.min(5, ROWS - from) }, (_, at): ExportRow => {
        const values = valuesOf(from + at);
        return { cursor: String(from + at), values, line: values, cloudEvent: { id: String(from + at), data: values } };
      });
      yield { rows, looked: from + rows.length };
    }
  },
};
const plan = { of: 'sample' };
const write = (path: string, format: ExportFormat, stopAfter = Infinity) => {
  let parts = 0;
  const onPart = () => {
    if (++parts > stopAfter) throw new Error('killed');
  };
  return exportToFile(source, format, path, plan, { onPart, batchRows: 7 });
};

describe('an export to a file', () => {
  it.each(exportFormats)('as %s has equal bytes, wherever it was stopped and continued', async (format) => {
    const whole = join(folder, `whole.${format}`);
    expect(await write(whole, format)).toEqual({ rows: ROWS, resumed: 0 });
    const bytes = readFileSync(whole);
    for (let stop = 0; stop < 9; stop++) {
      const path = join(folder, `${stop}.${format}`);
      // Stopped twice: behind so many parts, and behind the next one.
      for (const parts of [stop, 0]) await expect(write(path, format, parts)).rejects.toThrow('killed');
      expect([existsSync(path), await unfinishedPlan(path)]).toEqual([false, plan]);
      const { rows } = await write(path, format);
      expect([stop, rows, readFileSync(path).equals(bytes)]).toEqual([stop, ROWS, true]);
      expect(existsSync(`${path}.part.json`)).toBe(false);
    }
  });

  it('is refused over a file that exists, or an unfinished export of something else', async () => {
    const path = join(folder, 'mine.csv');
    await expect(write(path, 'csv', 2)).rejects.toThrow('killed');
    await expect(exportToFile(source, 'csv', path, { of: 'other' })).rejects.toMatchObject({
      code: 'export/other-export',
    });
    await write(path, 'csv');
    await expect(write(path, 'csv')).rejects.toMatchObject({ code: 'export/file-exists' });
  });

  it('is read back with equal rows, by readers of their own', async () => {
    const expected = Array.from({ length: ROWS }, (_, n) => valuesOf(n));
    const read = async (format: ExportFormat) => {
      const path = join(folder, `back.${format}`);
      await write(path, format);
      return readFileSync(path);
    };
    const lines = (await read('ndjson')).toString().trimEnd().split('\n');
    expect(lines.slice(1, -1).map((line) => JSON.parse(line) as unknown)).toEqual(expected);
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ rows: ROWS });

    const events = (await read('cloudevents')).toString().trimEnd().split('\n');
    expect(events.slice(1).map((line) => (JSON.parse(line) as { data: unknown }).data)).toEqual(expected);
    expect(JSON.parse(events[0]!)).toMatchObject({ specversion: '1.0', type: 'Export', data: { export: 'sample' } });

    const rows: Record<string, string>[] = parse(await read('csv'), { columns: true });
    expect(rows.map(({ text }) => text!.replace(/^'/, '') || null)).toEqual(expected.map(({ text }) => text));
    expect(
      rows.map(({ n, share, won, data }) => [
        Number(n),
        Number(share),
        won === 'true',
        data ? (JSON.parse(data) as unknown) : null,
      ]),
    ).toEqual(expected.map(({ n, share, won, data }) => [n, share ?? 0, won, data]));

    const bytes = await read('parquet');
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const metadata = parquetMetadata(file);
    expect([Number(metadata.num_rows), metadata.row_groups.length]).toEqual([ROWS, Math.ceil(ROWS / 7)]);
    expect(metadata.key_value_metadata).toEqual([{ key: 'baton.export', value: '{"export":"sample"}' }]);
    const found = await parquetReadObjects({ file });
    expect(
      found.map(({ n, data, ...rest }) => ({
        ...rest,
        n: Number(n),
        data: data === null ? null : (JSON.parse(data as string) as unknown),
      })),
    ).toEqual(expected.map(({ n, data, ...rest }) => ({ ...rest, n, data })));
  });

  it('has no cell that a spreadsheet executes', () => {
    for (const start of ['=', '+', '-', '@', '\t', '\r']) {
      const cell = csvCell(`${start}cmd|' /C calc'!A0`).replace(/^"/, '');
      expect(cell.startsWith(`'${start}`)).toBe(true);
    }
    expect([csvCell("'=1"), csvCell(-5), csvCell('-0.25'), csvCell('-2+3'), csvCell(null), csvCell({ a: 1 })]).toEqual([
      ...["''=1", '-5', '-0.25', "'-2+3", '', '"{""a"":1}"'],
    ]);
  });
});
