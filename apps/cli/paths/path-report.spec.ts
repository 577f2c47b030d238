import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { RepeatHandling } from '@baton/attribution';
import { printedBy, tableOf } from '../../../test/support/baton';
import { dataFile, describeWithData } from '../../../test/support/data';
import { pathReport, printPathReport, type PathReportOptions } from './path-report';

const folder = mkdtempSync(join(tmpdir(), 'baton-paths-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const reportOf = (text: string, options: Partial<PathReportOptions> = {}) => {
  const file = join(folder, 'paths.csv');
  writeFileSync(file, text);
  return pathReport(file, { model: 'linear', ...options });
};
const credits = async (text: string, options: Partial<PathReportOptions> = {}) =>
  Object.fromEntries(
    (await reportOf(text, options)).rows.map(({ key, conversions, value }) => [key, [conversions, value]]),
  );

describe('a path table in a file', () => {
  it('has its columns by their usual names', async () => {
    expect(await credits('path,conversions,value,nulls\na > b,2,10,1\n')).toEqual({ a: [1, 5], b: [1, 5] });
    expect(await credits('total_null,total_conversions,path\n7,2,a\n')).toEqual({ a: [2, 0] });
  });
  it('has them by the given names, and its own separator', async () => {
    const options = {
      pathColumn: 'way',
      conversionsColumn: 'won',
      valueColumn: 'worth',
      nullsColumn: 'lost',
      separator: '|',
    };
    expect(await credits('lost,way,won,worth\r\n3,a| b,2,10\r\n', options)).toEqual({ a: [1, 5], b: [1, 5] });
    const { base } = await reportOf('lost,way,won,worth\n3,a|b,1,10\n', { ...options, model: 'markov' });
    expect(base).toBeCloseTo(0.25, 12);
  });
  it('may repeat a path: the rows add up', async () => {
    const once = await reportOf('path,conversions,nulls\na > b,3,5\nb,1,0\n', { model: 'markov' });
    const twice = await reportOf('path,conversions,nulls\na > b,1,5\nb,1,0\na > b,2,0\n', { model: 'markov' });
    expect(twice.rows).toEqual(once.rows);
  });
  it('may have paths of 10,000 steps', async () => {
    const long = Array.from({ length: 10_000 }, (_, at) => `channel ${at % 7}`).join(' > ');
    for (const model of ['linear', 'markov', 'shapley', 'shapley-ordered', 'leave-one-out', 'position-based']) {
      const { rows } = await reportOf(`path,conversions,nulls\n${long},2,1\nchannel 1,1,1\n`, { model, order: 3 });
      expect(rows.reduce((sum, { conversions }) => sum + conversions, 0)).toBeCloseTo(3, 6);
    }
  });
  it('may leave the value blank if nothing converted', async () =>
    expect(await credits('path,conversions,value\na,0,\nb,1,2\n')).toEqual({ a: [0, 0], b: [1, 2] }));

  const head = 'path,conversions,nulls\na > b,1,1\n';
  it.each([
    ['an empty step', `${head}a >  > b,1,1\n`, 'paths/empty-step', 'line 3, path'],
    ['an empty path', `${head},1,1\n`, 'paths/empty-step', 'line 3, path'],
    ['a separator at the end', `${head}a > ,1,1\n`, 'paths/empty-step', 'line 3, path'],
    ['a negative count', `${head}a,-1,1\n`, 'paths/negative-count', 'line 3, conversions'],
    ['a missing count', `${head}a,1,\n`, 'paths/missing-count', 'line 3, nulls'],
    ['a count that is no number', `${head}a,1,many\n`, 'paths/not-a-number', 'line 3, nulls'],
    ['an endless count', `${head}a,1e999,1\n`, 'paths/not-a-number', 'line 3, conversions'],
    ['a hexadecimal count', `${head}a,0x10,1\n`, 'paths/not-a-number', 'line 3, conversions'],
    ['a short row', `${head}a,1\n`, 'paths/ragged-row', 'line 3'],
    ['a stray quote', `${head}"a"b,1,1\n`, 'paths/bad-csv', 'line 3'],
    ['a missing column', 'path,nulls\na,1\n', 'paths/missing-column', 'line 1, conversions'],
    ['a column twice', 'path,path,conversions\na,b,1\n', 'paths/duplicate-column', 'line 1, path'],
    ['another separator', 'path,conversions\na|b,1\n', 'paths/other-separator', 'line 2'],
    ['columns parted by semicolons', '\ufeffpath;conversions\na > b;3\n', 'paths/other-delimiter', 'line 1'],
    ['columns parted by tabs', 'path\tconversions\na > b\t3\n', 'paths/other-delimiter', 'line 1'],
    ['a path that nobody can see', `${head}\u200b,1,1\n`, 'paths/empty-step', 'line 3, path'],
    ['a count that nobody can see', `${head}a,1,\u200b\n`, 'paths/missing-count', 'line 3, nulls'],
    ['another separator, in no path', 'path,conversions\na»b,1\n', 'paths/other-separator', 'line 2'],
    ['a separator with other blanks', `${head}a\u00a0>\u00a0b,1,1\n`, 'paths/other-separator', 'line 3'],
    ['a separator without its blanks beside others with', `${head}x>y,1,1\n`, 'paths/other-separator', 'line 3'],
    ['a step that holds the bare separator', `${head}a>b > c,1,1\n`, 'paths/other-separator', 'line 3'],
    [
      'a value that nobody earned',
      'path,conversions,value\na > b,0,100\nb,2,50.5\n',
      'paths/value-without-conversions',
      'line 2, value',
    ],
    [
      'a value of lost journeys alone',
      'path,conversions,nulls,value\na,0,3,0.5\n',
      'paths/value-without-conversions',
      'line 2, value',
    ],
    ['no row', 'path,conversions\n', 'paths/empty-file', 'file'],
    ['nothing', '', 'paths/empty-file', 'file'],
  ])('%s is refused, with its line', async (_, text, code, path) =>
    expect(reportOf(text)).rejects.toMatchObject({ code, path }),
  );
  it.each(['|', ';', ',', '→', '⇒', '»', '›', '＞', '/'])(
    'reports steps with "%s", which is a separator in other rows',
    async (sign) =>
      expect((await reportOf(`path,conversions\na > b,1\n"b${sign}c > a",1\n"b${sign}d",1\n`)).warnings).toEqual([
        `2 paths contain "${sign}" within a channel (line 3, 4): steps are separated by " > " only`,
      ]),
  );
  it('reports tabs too', async () =>
    expect((await reportOf('path,conversions\na > b,1\nb\tc > a,1\n')).warnings).toEqual([
      '1 paths contain a tab within a channel (line 3): steps are separated by " > " only',
    ]));
  it('treats all spellings of a channel as one, ignoring invisible characters', async () =>
    expect(await credits('path,conversions\nPaid Search > b,1\n paid  search\u200b > \ufeffb,1\n')).toEqual({
      'Paid Search': [1, 0],
      b: [1, 0],
    }));
  it('reports steps with signs that are separators in other rows', async () => {
    const { rows, warnings } = await reportOf(
      'path,conversions\na > b,1\nFacebook/Instagram > b,1\nb|c > a,1\nd|e,1\nb|f > a,1\nb|g > a,1\n',
    );
    expect(rows.map(({ key }) => key)).toContain('Facebook/Instagram');
    expect(warnings).toEqual([
      '1 paths contain "/" within a channel (line 3): steps are separated by " > " only',
      '4 paths contain "|" within a channel (line 4, 5, 6 …): steps are separated by " > " only',
    ]);
    expect((await reportOf('path,conversions\na > b,1\nc,1\n')).warnings).toEqual([]);
  });
  it.each(['linear', 'markov'])('reports them on standard error, for any model: %s', async (model) => {
    const report = await reportOf('path,conversions\na > b,1\nb|c > a,1\n', { model });
    const { stdout, stderr } = await printedBy(async () => printPathReport(report, 'csv'));
    expect(stderr).toContain('1 paths contain "|" within a channel (line 3)');
    expect(stdout).not.toContain('within a channel');
  });
  it('gives conversions without floating-point rests', async () => {
    const thirds = await reportOf('path,conversions,value\na > b > a > b > a > a > b,3,0.3\nb,7,0.1\n');
    expect(thirds.rows).toEqual([
      { key: 'a', conversions: 1.7142857142857, value: 0.171428571428572 },
      { key: 'b', conversions: 8.2857142857143, value: 0.228571428571428 },
    ]);
  });
  it('handles repeats as the model does, or as the option says', async () => {
    const text = 'path,conversions,nulls\na > a > b,4,6\na > b,1,9\nb,1,3\n';
    const of = async (repeats?: RepeatHandling) =>
      (await reportOf(text, { model: 'markov', order: 2, ...(repeats && { repeats }) })).base;
    expect(await of()).toBeCloseTo(6 / 24, 12);
    expect(await of('collapse-channels')).toBeCloseTo(6 / 24, 12);
    const steps = 'path,conversions,nulls\na > a > b,4,6\na > b,0,9\n';
    const out = async (repeats: RepeatHandling) =>
      (await reportOf(steps, { model: 'leave-one-out', repeats })).rows.map(({ conversions }) => conversions);
    expect(await out('keep-repeats')).not.toEqual(await out('collapse-channels'));
  });
  it('is refused without a file, without a named column, and for models that need dates', async () => {
    await expect(pathReport(join(folder, 'none.csv'), { model: 'linear' })).rejects.toMatchObject({
      code: 'paths/no-file',
    });
    await expect(reportOf(head, { valueColumn: 'worth' })).rejects.toMatchObject({ code: 'paths/missing-column' });
    for (const model of ['magic', 'time-decay'])
      await expect(reportOf(head, { model })).rejects.toMatchObject({ code: 'attribution/unknown-model' });
    await expect(reportOf(head, { model: 'markov', order: 9 })).rejects.toMatchObject({
      code: 'attribution/unknown-order',
    });
  });
});

describe('the result', () => {
  const printed = async (options: Partial<PathReportOptions>, format: 'json' | 'csv' | 'ndjson', support = false) => {
    const report = await reportOf('path,conversions,nulls\n"a, ""x"" > b",1,1\n', options);
    return (await printedBy(async () => printPathReport(report, format, support))).stdout;
  };
  it('is a table for people, each figure with its unit', async () => {
    const report = await reportOf('path,conversions,nulls,value\na > b,3000,1000,1234567.5\n', { model: 'markov' });
    const { stdout } = await printedBy(async () => printPathReport(report, 'table'));
    expect(stdout).toContain('markov; the chance of a journey to convert is 0.7500 (0–1)\n');
    expect(tableOf(stdout)).toEqual([
      ['channel', 'credited', 'credited', 'removal effect', 'with it', 'of these converted'],
      ['', '(conversions)', '(value of the file)', '(0–1)', '(journeys)', '(journeys)'],
      ['a', '1,500.00', '617,283.75', '1.0000', '4,000', '3,000'],
      ['b', '1,500.00', '617,283.75', '1.0000', '4,000', '3,000'],
    ]);
  });
  it('is one JSON object, CSV or one line per row', async () => {
    expect(JSON.parse(await printed({ model: 'markov' }, 'json'))).toEqual({
      model: 'markov',
      rows: [
        { key: 'a, "x"', conversions: 0.5, value: 0, removalEffect: 1 },
        { key: 'b', conversions: 0.5, value: 0, removalEffect: 1 },
      ],
      base: 0.5,
    });
    expect(JSON.parse(await printed({ model: 'first' }, 'json'))).toEqual({
      model: 'first-touch',
      rows: [
        { key: 'a, "x"', conversions: 1, value: 0 },
        { key: 'b', conversions: 0, value: 0 },
      ],
    });
    expect(await printed({ model: 'first' }, 'csv')).toBe('key,conversions,value\n"a, ""x""",1,0\nb,0,0\n');
    expect(await printed({ model: 'last' }, 'ndjson')).toBe(
      '{"key":"a, \\"x\\"","conversions":0,"value":0}\n{"key":"b","conversions":1,"value":0}\n',
    );
    expect(await printed({ model: 'shapley-ordered' }, 'csv', true)).toBe(
      'key,conversions,value,journeys,converted,tooThin\n"a, ""x"" @ 1",0.5,0,2,1,true\nb @ 2,0.5,0,2,1,true\n',
    );
  });
});

const file = 'channel-paths/path_data.csv';
describeWithData('ten thousand channel paths in a file', [file], () => {
  const expected = (name: string) =>
    parse(readFileSync(dataFile(`channel-paths/expected/${name}.csv`)), { columns: true }) as Record<string, string>[];
  const near = (found: number, wanted: string) => expect(Math.abs(found - Number(wanted))).toBeLessThan(1e-6);

  it.each(['first', 'last', 'linear'])('%s', async (model) => {
    for (const nulls of [true, false]) {
      const { rows } = await pathReport(dataFile(file), { model, nulls });
      const wanted = expected('heuristic_models');
      expect(rows).toHaveLength(wanted.length);
      for (const row of wanted) {
        const found = rows.find(({ key }) => key === row['channel_name'])!;
        near(found.conversions, row[`${model}_touch_conversions`]!);
        near(found.value, row[`${model}_touch_value`]!);
      }
    }
  });
  it.each([
    ['markov_order1_exact_with_null', true],
    ['markov_order1_exact_conversions_only', false],
  ])('%s', async (name, nulls) => {
    const { rows } = await pathReport(dataFile(file), { model: 'markov', nulls });
    const wanted = expected(name);
    expect(rows).toHaveLength(wanted.length);
    for (const row of wanted) {
      const found = rows.find(({ key }) => key === row['channel_name'])!;
      near(found.conversions, row['attributed_conversions']!);
      near(found.removalEffect!, row['removal_effect']!);
    }
  });
});
