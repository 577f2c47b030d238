import stringWidth from 'string-width';
import { printedBy, tableOf } from '../../test/support/baton';
import {
  countOf,
  duration,
  fail,
  fixed,
  line,
  money,
  pathOf,
  period,
  printJson,
  printTable,
  Progress,
  time,
  warn,
} from './output';

describe('printed output', () => {
  const NOON = '2024-01-17T12:00:00.000Z';
  const hostile = 'Eve\u001b]0;owned\u0007\u001b[2J\r\u009b31m \u202egnp.exe\u2066';
  const shown = String.raw`Eve\u001b]0;owned\u0007\u001b[2J\u000d\u009b31m \u202egnp.exe\u2066`;

  it('moves no cursor and hides no text, whatever the name of a lead', async () => {
    const { stdout, stderr } = await printedBy(async () => {
      printTable(['name'], [[hostile]]);
      line(hostile);
      warn(hostile);
      fail(new Error(hostile));
    });
    // eslint-disable-next-line no-control-regex
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e\u2066]/);
    expect(stdout.split(shown)).toHaveLength(3);
    expect(stderr.split(shown).length).toBeGreaterThanOrEqual(3);
  });

  it('is the same value as JSON, with line breaks and tabs preserved', async () => {
    const { stdout } = await printedBy(async () => printJson({ name: hostile, note: 'a\nb\tc' }));
    expect(stdout).not.toContain('\u009b');
    expect(JSON.parse(stdout)).toEqual({ name: hostile, note: 'a\nb\tc' });
    expect((await printedBy(async () => line('a\n\tb'))).stdout).toBe('a\n\tb\n');
  });

  it('is no wider than the page, however long a cell is, and loses no content', async () => {
    const id = 'x'.repeat(250);
    const wide = '𠮷田'.repeat(60);
    const cells = ['2024-01-17 10:00 UTC', `a sentence of many words ${id} ${wide} ${'word '.repeat(300)}`];
    const { stdout } = await printedBy(async () => printTable(['happened', 'what'], [cells], 80));
    const lines = stdout.trimEnd().split('\n');
    const columns = (text: string) => [...text].reduce((sum, one) => sum + (/\p{Script=Han}/u.test(one) ? 2 : 1), 0);
    expect(Math.max(...lines.map(columns))).toBeLessThanOrEqual(80);
    expect(lines.every((one) => !one.includes('…'))).toBe(true);
    const what = lines.filter((one) => one.startsWith('│')).map((one) => one.split('│')[2]!.trim());
    expect(what.join('').replaceAll(' ', '')).toBe(`what${cells[1]!.replaceAll(' ', '')}`);
    expect(lines.find((one) => one.includes('2024'))).toContain('2024-01-17 10:00 UTC');
  });
  it('counts terminal columns, not characters', async () => {
    const rows = [['田'.repeat(30), '1'], ['👩\u200d💻🇩🇪e\u0301'.repeat(20), '2'], ['中'.repeat(20_000), '3']]; // prettier-ignore
    const printed = async (...some: typeof rows) =>
      (await printedBy(async () => printTable(['what', 'n'], some, 50))).stdout.trimEnd().split('\n');
    for (const row of rows) expect(new Set((await printed(row)).map((one) => stringWidth(one)))).toEqual(new Set([50]));
    const lines = await printed(...rows);
    expect(new Set(lines.map((one) => stringWidth(one)))).toEqual(new Set([50]));
    const what = lines.filter((one) => one.startsWith('│')).map((one) => one.split('│')[1]!.trim());
    expect(what.join('')).toBe(`what${rows.map(([cell]) => cell).join('')}`);
    // Characters stay whole: no line begins with an accent or half an emoji.
    expect(what.filter((one) => /^[\p{M}\u200d💻🇪]/u.test(one))).toEqual([]);
  });
  it('never breaks a figure: columns that do not fit follow below, with the first column repeated', async () => {
    const models = ['first-touch', 'last-touch', 'linear'];
    const revenue = money([{ minor: 428_240_000, currency: 'USD' }]);
    const both = `${revenue}, 5 JPY`;
    const columns = ['channel', ...models.flatMap((model) => [`${model} (deals)`, `${model} (revenue)`])];
    const rows = ['organic search', 'total'].map((name) => [name, ...models.flatMap(() => [108, revenue])]);
    const { stdout } = await printedBy(async () => printTable(columns, rows, 60));
    const lines = stdout.trimEnd().split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(60);
    expect(stdout.split(` ${revenue} │`)).toHaveLength(7);
    for (const model of models) expect(stdout.split(` ${model} │`)).toHaveLength(3);
    expect(stdout.split('│ organic search ').length).toBeGreaterThan(2);
    // Amounts of several currencies are on separate lines.
    const { stdout: several } = await printedBy(async () => printTable(['channel', 'revenue'], [['total', both]], 30));
    expect(tableOf(several).slice(1)).toEqual([
      ['total', `${revenue},`],
      ['', '5 JPY'],
    ]);
  });
  it('stays on one line if there is room, and in a pipe', async () => {
    const long = 'word '.repeat(60).trim();
    const printed = async (width?: number) =>
      (await printedBy(async () => printTable(['what'], [[long]], width))).stdout;
    expect(await printed(400)).toContain(long);
    expect(await printed()).toContain(long);
  });

  it('leaves out a column without a value', async () => {
    const { stdout } = await printedBy(async () =>
      printTable(
        ['rep', 'warnings', 'met'],
        [
          ['ann', '', 0],
          ['bob', null, 1],
        ],
      ),
    );
    expect(stdout).toMatch(/rep.*met/);
    expect(stdout).not.toContain('warnings');
    expect((await printedBy(async () => printTable(['rep', 'won (deals)'], []))).stdout).toBe(
      'none (rep, won (deals))\n',
    );
  });

  it('aligns figures right, the same on every machine, each with its unit', async () => {
    const amounts = [{ minor: 123_456_789, currency: 'USD' }] as const;
    const { stdout } = await printedBy(async () =>
      printTable(
        ['rep', 'won (deals)', 'revenue', 'response (median)', 'since'],
        [
          ['ann', 12_345, money([...amounts, { minor: 5_000, currency: 'JPY' }]), duration(7_500_000), time(NOON)],
          ['bob', 0, money(amounts), duration(null), time(null)],
        ],
      ),
    );
    expect(tableOf(stdout)).toEqual([
      ['rep', 'won', 'revenue', 'response', 'since'],
      ['', '(deals)', '', '(median)', ''],
      ['ann', '12,345', '1,234,567.89 USD, 5,000 JPY', '2 h 5 min', '2024-01-17 12:00 UTC'],
      ['bob', '0', '1,234,567.89 USD', '', ''],
    ]);
    expect(stdout).toMatch(/│ bob │ {7}0 │ {12}1,234,567\.89 USD │/);
  });
  it('formats numbers, amounts and durations consistently', () => {
    expect([fixed(1234.5, 2), fixed(0.36956, 4), fixed(null, 2)]).toEqual(['1,234.50', '0.3696', '']);
    expect([duration(59_999), duration(59_999_999), duration(0), duration(undefined)]).toEqual([
      ...['1 min', '16 h 40 min', '0 s', ''],
    ]);
    expect(['P180D', 'P1D', 'PT36H', 'P2W', 'none'].map(period)).toEqual([
      ...['180 days', '1 day', '36 h', '14 days', 'none'],
    ]);
    expect([countOf(1, 'touch', 'touches'), countOf(52_986, 'event')]).toEqual(['1 touch', '52,986 events']);
    expect(money(null)).toBe('');
  });

  it('shows the unit of progress', async () => {
    const now = jest.spyOn(Date, 'now').mockReturnValue(1_000);
    const { stderr } = await printedBy(async () => {
      const progress = new Progress('import', 'bytes', 10_000);
      now.mockReturnValue(4_000);
      progress.at(5_000);
    });
    expect(stderr).toBe('import: 5,000 of 10,000 bytes\n');
    now.mockRestore();
  });

  it('groups repeated steps of a path, and fits its width', () => {
    expect(pathOf([], 40)).toBe('');
    expect(pathOf(['email', 'email', 'email', 'direct', 'email'], 40)).toBe('email ×3 > direct > email');
    const long = Array.from({ length: 30 }, (_, step) => `channel ${step}`);
    const shown = pathOf(long, 60);
    expect(shown).toBe('channel 0 > channel 1 > … 27 more … > channel 29');
    expect(pathOf(['a rather long channel', 'another one', 'the third'], 5)).toBe(
      'a rather long channel > … 1 more … > the third',
    );
  });
});
