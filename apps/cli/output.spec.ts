import stringWidth from 'string-width';
import { printedBy } from '../../test/support/baton';
import { fail, line, pathOf, printJson, printTable, Progress, warn } from './output';

describe('what is printed', () => {
  const hostile = 'Eve\u001b]0;owned\u0007\u001b[2J\r\u009b31m \u202egnp.exe\u2066';
  const shown = String.raw`Eve\u001b]0;owned\u0007\u001b[2J\u000d\u009b31m \u202egnp.exe\u2066`;

  it('moves no cursor and hides no text, whatever a lead is called', async () => {
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

  it('is the same value as JSON, with line breaks and tabs where they were', async () => {
    const { stdout } = await printedBy(async () => printJson({ name: hostile, note: 'a\nb\tc' }));
    expect(stdout).not.toContain('\u009b');
    expect(JSON.parse(stdout)).toEqual({ name: hostile, note: 'a\nb\tc' });
    expect((await printedBy(async () => line('a\n\tb'))).stdout).toBe('a\n\tb\n');
  });

  it('is no wider than the page, however long a cell is, and loses nothing of it', async () => {
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
  it('counts the columns that letters take, not their number', async () => {
    const rows = [['田'.repeat(30), '1'], ['👩\u200d💻🇩🇪e\u0301'.repeat(20), '2'], ['中'.repeat(20_000), '3']]; // prettier-ignore
    const printed = async (...some: typeof rows) =>
      (await printedBy(async () => printTable(['what', 'n'], some, 50))).stdout.trimEnd().split('\n');
    for (const row of rows) expect(new Set((await printed(row)).map((one) => stringWidth(one)))).toEqual(new Set([50]));
    const lines = await printed(...rows);
    expect(new Set(lines.map((one) => stringWidth(one)))).toEqual(new Set([50]));
    const what = lines.filter((one) => one.startsWith('│')).map((one) => one.split('│')[1]!.trim());
    expect(what.join('')).toBe(`what${rows.map(([cell]) => cell).join('')}`);
    // Letters stay whole: no line begins with an accent or with half of an emoji.
    expect(what.filter((one) => /^[\p{M}\u200d💻🇪]/u.test(one))).toEqual([]);
  });
  it('stays on one line each where there is room, and in a pipe', async () => {
    const long = 'word '.repeat(60).trim();
    const printed = async (width?: number) =>
      (await printedBy(async () => printTable(['what'], [[long]], width))).stdout;
    expect(await printed(400)).toContain(long);
    expect(await printed()).toContain(long);
  });

  it('shows no column without a value', async () => {
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
    expect((await printedBy(async () => printTable(['rep', 'warnings'], []))).stdout).toContain('warnings');
  });

  it('names the unit of what goes on', async () => {
    const now = jest.spyOn(Date, 'now').mockReturnValue(1_000);
    const { stderr } = await printedBy(async () => {
      const progress = new Progress('import', 'bytes', 10);
      now.mockReturnValue(4_000);
      progress.at(5);
    });
    expect(stderr).toBe('import: 5 of 10 bytes\n');
    now.mockRestore();
  });

  it('shows a path once for what follows itself, and within its width', () => {
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
