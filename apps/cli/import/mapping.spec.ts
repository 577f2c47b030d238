import { commands, flag, instant, integer, json, money, optional, ref, text } from '@baton/kernel';
import { mappingOf, type Condition, type Value } from './mapping';
import { evaluateValue, meetsCondition, type Cells } from './values';

const aggregates = {
  lead: commands('lead', {
    CaptureLead: {
      description: 'Capture.',
      allow: ['marketing'],
      leadId: ref('lead'),
      email: optional(text()),
      at: optional(instant()),
      worth: optional(money()),
      employees: optional(integer()),
      known: optional(flag()),
      extra: optional(json()),
    },
    AdvanceClock: { description: 'Only Baton sends this.', leadId: ref('lead') },
  }),
};
const capture = { command: 'CaptureLead', to: 'lead', data: { leadId: { column: 'id' } } };
const valid = { name: 'people', commands: [capture] };
const withValue = (email: unknown) => ({ ...valid, commands: [{ ...capture, data: { ...capture.data, email } }] });
const withWhen = (when: unknown) => ({ ...valid, commands: [{ ...capture, when }] });

describe('a mapping', () => {
  it('gets its defaults, and the columns it reads', () => {
    const mapping = {
      ...valid,
      key: ['id'],
      commands: [
        {
          ...capture,
          when: { all: [{ column: 'state', equals: 'x' }, { not: { any: [{ column: 'gone', blank: true }] } }] },
          occurredAt: { column: 'at', date: 'yyyy-MM-dd', zone: 'UTC' },
          data: {
            leadId: { template: '{id}-{part}' },
            worth: { column: 'worth', money: { column: 'currency' } },
            email: { lookup: 'lead', email: { column: 'mail' } },
          },
        },
      ],
    };
    expect(mappingOf(mapping, aggregates)).toMatchObject({
      delimiter: ',',
      encoding: 'utf-8',
      columns: ['id', 'state', 'gone', 'at', 'part', 'worth', 'currency', 'mail'],
    });
  });

  it.each<[string, unknown, string]>([
    ['is an object', [], ''],
    ['has a name', { ...valid, name: '' }, 'name'],
    ['knows no other entry', { ...valid, extra: 1 }, 'extra'],
    ['has one sign between cells', { ...valid, delimiter: '\n' }, 'delimiter'],
    ['has commands', { ...valid, commands: [] }, 'commands'],
    ['names an aggregate', { ...valid, commands: [{ ...capture, to: 'toString' }] }, 'commands.0.to'],
    ['names a command', { ...valid, commands: [{ ...capture, command: 'Nothing' }] }, 'commands.0.command'],
    [
      'sends nothing that is Baton’s',
      { ...valid, commands: [{ ...capture, command: 'AdvanceClock' }] },
      'commands.0.command',
    ],
    [
      'names fields of the command',
      { ...valid, commands: [{ ...capture, data: { leadId: 'a', mail: 'b' } }] },
      'commands.0.data.mail',
    ],
    [
      'gives the fields that a command needs',
      { ...valid, commands: [{ ...capture, data: {} }] },
      'commands.0.data.leadId',
    ],
    [
      'goes on after a refusal or does not',
      { ...valid, commands: [{ ...capture, onRefused: { 'a/b': 'stop' } }] },
      'commands.0.onRefused.a/b',
    ],
    ['has values of a known kind', withValue({ columns: 'x' }), 'commands.0.data.email'],
    ['has no value of a list', withValue(['x']), 'commands.0.data.email'],
    ['spells the entries of a value', withValue({ column: 'x', trims: true }), 'commands.0.data.email.trims'],
    ['has whole braces', withValue({ template: 'a{b' }), 'commands.0.data.email.template'],
    ['looks up by one thing', withValue({ lookup: 'lead', email: 'a', externalId: 'b' }), 'commands.0.data.email'],
    ['looks up by a good value', withValue({ lookup: 'lead', email: {} }), 'commands.0.data.email.email'],
    ['has a zone that exists', withValue({ column: 'x', date: 'yyyy', zone: 'Mars' }), 'commands.0.data.email.zone'],
    ['has a zone for an instant', withValue({ column: 'x', date: 'yyyy' }), 'commands.0.data.email.zone'],
    ['has a zone for a date only', withValue({ column: 'x', zone: 'UTC' }), 'commands.0.data.email.zone'],
    ['has a format for a day', withValue({ column: 'x', as: 'day' }), 'commands.0.data.email.date'],
    ['reads a cell one way', withValue({ column: 'x', money: 'USD', map: {} }), 'commands.0.data.email'],
    ['knows the currency', withValue({ column: 'x', money: 'EURO' }), 'commands.0.data.email.money'],
    [
      'has two signs in a number',
      withValue({ column: 'x', as: 'number', thousands: '.' }),
      'commands.0.data.email.thousands',
    ],
    ['has signs in numbers only', withValue({ column: 'x', decimal: ',' }), 'commands.0.data.email.decimal'],
    [
      'has other signs for groups than for decimals',
      withValue({ column: 'x', as: 'number', thousands: [' ', '.'] }),
      'commands.0.data.email.thousands',
    ],
    [
      'rounds amounts and whole numbers',
      withValue({ column: 'x', as: 'number', round: true }),
      'commands.0.data.email.round',
    ],
    ['calculates with two numbers', withValue({ divide: [1] }), 'commands.0.data.email.divide'],
    ['calculates in one way', withValue({ add: [1, 2], divide: [1, 2] }), 'commands.0.data.email.divide'],
    ['calculates with numbers', withValue({ add: [1, 'x'] }), 'commands.0.data.email.add.1'],
    [
      'calculates with plain numbers',
      withValue({ add: [1, { column: 'x', money: 'USD' }] }),
      'commands.0.data.email.add.1.money',
    ],
    [
      'calculates deep inside',
      withValue({ add: [1, { multiply: [2, {}] }] }),
      'commands.0.data.email.add.1.multiply.1',
    ],
    ['answers one kind of number', withValue({ add: [1, 2], money: 'USD', as: 'number' }), 'commands.0.data.email.as'],
    [
      'tests no text that it reads as blank',
      { ...withWhen({ not: { column: 'x', in: ['a', ' n/a'] } }), blank: ['N/A'] },
      'commands.0.when',
    ],
    [
      'has no entry for a text that it reads as blank',
      withValue({ column: 'x', blank: ['-'], map: { '-': 'none' } }),
      'commands.0.data.email.map',
    ],
    ['has a table before otherwise', withValue({ column: 'x', otherwise: 'a' }), 'commands.0.data.email.otherwise'],
    ['tests a cell one way', withWhen({ column: 'x', equals: 'a', blank: true }), 'commands.0.when'],
    ['tests something', withWhen({ all: [] }), 'commands.0.when.all'],
    ['tests deep inside', withWhen({ any: [{ column: 'x', blank: true }, { not: 'x' }] }), 'commands.0.when.any.1.not'],
  ])('%s', (_, mapping, path) => {
    expect(() => mappingOf(mapping, aggregates)).toThrow(
      expect.objectContaining({ code: 'import/invalid-mapping', path }),
    );
  });
});

describe('an unknown name', () => {
  it.each<[string, object, RegExp]>([
    ['of an aggregate', { to: 'leads' }, /did you mean lead\?/],
    ['of an aggregate like no other', { to: 'zzzzzzzz' }, /one of lead\./],
    ['of a command', { command: 'CapturLead' }, /did you mean CaptureLead\?/],
    ['of a field', { data: { leadId: 'a', emial: 'b' } }, /did you mean email\?/],
  ])('%s is refused with the nearest name', (_, more, words) => {
    expect(() => mappingOf({ ...valid, commands: [{ ...capture, ...more }] }, aggregates)).toThrow(words);
  });
  it('of a command of another aggregate is refused with that aggregate', () => {
    const both = {
      ...aggregates,
      deal: commands('deal', { Open: { description: '', allow: ['sales'], dealId: ref('deal') } }),
    };
    expect(() => mappingOf({ ...valid, commands: [{ ...capture, to: 'deal' }] }, both)).toThrow(/send it to lead/);
  });
});

const row =
  (cells: Record<string, string>): Cells =>
  (column) =>
    cells[column] ?? '';
const nobody = () => Promise.resolve(undefined);
const read = (value: Value, cells: Record<string, string>) => evaluateValue(value, row(cells), nobody);
const cell = (x: string, more: object) => read({ column: 'x', ...more }, { x });
const refused = (code: string, path = 'x') => expect.objectContaining({ code: `import/${code}`, path });

describe('a value', () => {
  it.each<[string, Value, string, unknown]>([
    ['is a constant', 'web', 'ignored', 'web'],
    ['is any constant', { constant: [1, { a: null }] }, '', [1, { a: null }]],
    ['is a cell, unchanged', { column: 'x' }, ' =SUM(1) ', ' =SUM(1) '],
    ['is absent where the cell is blank', { column: 'x' }, ' ', undefined],
    ['is absent where nobody sees anything in the cell', { column: 'x' }, '\ufeff\u200b ', undefined],
    ['is the empty text where that is kept', { column: 'x', keepBlank: true }, '', ''],
    ['is the default where the cell is blank', { column: 'x', default: 7, as: 'integer' }, '', 7],
    ['is trimmed', { column: 'x', trim: true }, ' a b ', 'a b'],
    ['is trimmed of marks that nobody sees', { column: 'x', trim: true }, '\ufeff a\u00ad b\u200e ', 'a b'],
    ['is an entry of a table for the word that one sees', { column: 'x', map: { True: true } }, ' True\u200b', true],
    [
      'is a date for the one that one sees',
      { column: 'x', date: 'iso', zone: 'UTC', as: 'day' },
      '\u200e2024-07-17\u200e',
      '2024-07-17',
    ],
    ['is a number for the one that one sees', { column: 'x', as: 'integer' }, '\u202a12\u202c', 12],
    ['is in lower case', { column: 'x', trim: true, lower: true }, ' A@B.C', 'a@b.c'],
    ['is an entry of a table', { column: 'x', map: { True: true } }, 'True', true],
    ['is otherwise', { column: 'x', map: { a: 'A' }, otherwise: '?' }, 'toString', '?'],
    ['is a template', { template: 'crm-{x}' }, '1', 'crm-1'],
    ['is absent where a part is blank', { template: 'crm-{x}' }, '', undefined],
    ['is a template with a blank part', { template: 'crm-{x}', keepBlank: true }, '', 'crm-'],
    [
      'is the start of a day',
      { column: 'x', date: 'dd.MM.yyyy', zone: 'Europe/Berlin' },
      '17.07.2024',
      '2024-07-16T22:00:00.000Z',
    ],
    [
      'is the start of a day without midnight',
      { column: 'x', date: 'yyyy-MM-dd', zone: 'America/Sao_Paulo' },
      '2018-11-04',
      '2018-11-04T03:00:00.000Z',
    ],
    ['is a day', { column: 'x', date: 'M/d/yyyy', as: 'day' }, '7/4/2024', '2024-07-04'],
    [
      'is an instant',
      { column: 'x', date: 'yyyy-MM-dd HH:mm:ss', zone: 'UTC' },
      '2018-02-26 19:58:54',
      '2018-02-26T19:58:54.000Z',
    ],
    [
      'has an offset of its own',
      { column: 'x', date: "yyyy-MM-dd'T'HH:mmZZ" },
      '2024-01-01T00:30+01:00',
      '2023-12-31T23:30:00.000Z',
    ],
    [
      'is an ISO instant with its offset',
      { column: 'x', date: 'iso', zone: 'Asia/Tokyo' },
      '2024-01-01T00:30:00.5-02:00',
      '2024-01-01T02:30:00.500Z',
    ],
    [
      'is an ISO time without offset',
      { column: 'x', date: 'iso', zone: 'Asia/Tokyo' },
      '2024-01-01T09:00',
      '2024-01-01T00:00:00.000Z',
    ],
    ['is a whole number', { column: 'x', as: 'integer', thousands: ',' }, '-1,234,567', -1234567],
    ['is a decimal', { column: 'x', as: 'number', decimal: ',', thousands: '.' }, '1.234,5', 1234.5],
    [
      'has groups parted by any of several signs',
      { column: 'x', as: 'number', thousands: [',', ' '] },
      '1 234 567.5',
      1234567.5,
    ],
    ['has groups or none', { column: 'x', as: 'number', thousands: [',', ' '] }, '1234567', 1234567],
    [
      'is negative in brackets',
      { column: 'x', money: 'USD', negative: 'brackets', thousands: ',' },
      '(1,234.50)',
      { minor: -123450, currency: 'USD' },
    ],
    ['is positive without them', { column: 'x', as: 'number', negative: 'brackets' }, '12', 12],
    ['is negative with a minus behind it', { column: 'x', as: 'integer', negative: 'trailing-minus' }, '12-', -12],
    ['is rounded half to even', { column: 'x', money: 'USD', round: true }, '1.005', { minor: 100, currency: 'USD' }],
    ['is rounded to a whole number', { column: 'x', as: 'integer', round: true }, '3.5', 4],
    ['is absent where the cell holds a marker', { column: 'x', blank: ['N/A', '-'] }, ' n/a ', undefined],
    ['is absent where one sees a marker', { column: 'x', blank: ['N/A'] }, '\u200en/a\u200b', undefined],
    ['is the default there', { column: 'x', blank: ['-'], default: 3, as: 'integer' }, '-', 3],
    ['is a product', { multiply: [{ column: 'x', thousands: ',' }, 3] }, '1,000.5', 3001.5],
    ['is exact', { add: [{ column: 'x' }, 0.2], as: 'number' }, '0.1', 0.3],
    [
      'is an amount that was calculated',
      { divide: [{ column: 'x' }, 1_000_000], money: 'EUR', round: true },
      '1234567',
      { minor: 123, currency: 'EUR' },
    ],
    ['is calculated in steps', { subtract: [{ add: [{ column: 'x' }, 1, 1] }, { divide: [1, 4] }] }, '10', 11.75],
    ['is calculated with a table', { multiply: [{ column: 'x', map: { dozen: 12 } }, 2] }, 'dozen', 24],
    ['is absent where a part of it is blank', { add: [{ column: 'x' }, 1] }, ' ', undefined],
    ['is calculated with a default', { add: [{ column: 'x', default: 0 }, 1] }, ' ', 1],
    ['is an amount', { column: 'x', money: 'USD' }, '1054.10', { minor: 105410, currency: 'USD' }],
    ['has the places of ISO 4217', { column: 'x', money: 'HUF' }, '63250.25', { minor: 6_325_025, currency: 'HUF' }],
    ['also more than two', { column: 'x', money: 'IQD' }, '1500.125', { minor: 1_500_125, currency: 'IQD' }],
    [
      'is an amount without minor unit',
      { column: 'x', money: 'JPY', thousands: ',' },
      '1,054',
      { minor: 1054, currency: 'JPY' },
    ],
  ])('%s', async (_, value, x, expected) => {
    expect(await read(value, { x })).toEqual(expected);
  });

  it.each<[string, object, string, string]>([
    ['day that does not exist', { date: 'yyyy-MM-dd', zone: 'UTC' }, '2023-02-29', 'not-a-date'],
    ['date in another format', { date: 'yyyy-MM-dd', zone: 'UTC' }, '02/03/2023', 'not-a-date'],
    ['date with something behind it', { date: 'yyyy-MM-dd', zone: 'UTC' }, '2023-02-01 12:00', 'not-a-date'],
    [
      'time that the clocks skipped',
      { date: 'yyyy-MM-dd HH:mm', zone: 'Europe/Berlin' },
      '2024-03-31 02:30',
      'no-such-time',
    ],
    [
      'time that the clocks showed twice',
      { date: 'yyyy-MM-dd HH:mm', zone: 'Europe/Berlin' },
      '2024-10-27 02:30',
      'ambiguous-time',
    ],
    ['thousands that are not declared', { as: 'number' }, '1,234', 'not-a-number'],
    ['decimals taken for thousands', { as: 'number', thousands: ',' }, '1,23', 'not-a-number'],
    ['fraction of a whole number', { as: 'integer' }, '1.5', 'not-a-number'],
    ['number beyond 2^53', { as: 'integer' }, '9007199254740993', 'not-a-number'],
    ['number in words', { as: 'number' }, 'Infinity', 'not-a-number'],
    ['amount with a sign of currency', { money: 'USD' }, '$5', 'not-an-amount'],
    ['amount with too many places', { money: 'USD' }, '1.005', 'too-precise'],
    ['number in two kinds of groups', { as: 'number', thousands: [',', ' '] }, '1,234 567', 'not-a-number'],
    ['number in brackets that are not declared', { as: 'number' }, '(12)', 'not-a-number'],
    ['number that is negative twice', { as: 'number', negative: 'brackets' }, '(-12)', 'not-a-number'],
    ['amount of a fraction of a cent', { money: 'USD' }, '0.333', 'too-precise'],
    ['amount beyond 2^53', { money: 'USD' }, '99999999999999999999', 'not-an-amount'],
    ['word outside the table', { map: { a: 'b' } }, 'toString', 'not-in-table'],
  ])('refuses %s, without quoting it', async (_, more, x, code) => {
    const error: Error = await cell(x, more).then(fail, (reason) => reason);
    expect(error).toEqual(refused(code));
    expect(error.message).not.toContain(x);
  });

  it.each<[string, Value, string, string]>([
    ['a division by zero', { divide: [1, { column: 'x' }] }, '0', 'divided-by-zero'],
    ['a fraction where a whole number is wanted', { divide: [{ column: 'x' }, 2], as: 'integer' }, '3', 'not-a-number'],
    ['an amount without end', { divide: [{ column: 'x' }, 3], money: 'USD' }, '1', 'too-precise'],
    ['words', { add: [{ column: 'x' }, 1] }, 'many', 'not-a-number'],
    [
      'a number beyond all bounds',
      { multiply: [{ column: 'x' }, 10, 10], as: 'integer' },
      '900719925474099',
      'not-a-number',
    ],
  ])('refuses arithmetic with %s', async (_, value, x, code) => {
    await expect(read(value, { x })).rejects.toEqual(refused(code));
  });

  it('reads the currency from its own column', async () => {
    const value = { column: 'x', money: { column: 'c' } };
    expect(await read(value, { x: '1', c: 'KWD' })).toEqual({ minor: 1000, currency: 'KWD' });
    await expect(read(value, { x: '1', c: 'dollars' })).rejects.toEqual(refused('unknown-currency', 'c'));
  });

  it('is looked up', async () => {
    const value: Value = { lookup: 'lead', externalId: { template: 'crm:{x}' } };
    const asked: string[][] = [];
    const lookup = async (...question: string[]) => (asked.push(question), 'lead-1');
    expect(await evaluateValue(value, row({ x: '7' }), lookup)).toBe('lead-1');
    expect(asked).toEqual([['lead', 'externalId', 'crm:7']]);
    await expect(read(value, { x: '7' })).rejects.toEqual(refused('lead-not-found'));
    expect(await read(value, { x: '' })).toBeUndefined();
  });
});

const fail = (): never => {
  throw new Error('accepted');
};

describe('a condition', () => {
  const cells = row({ stage: ' Wo\u200bn ', amount: '\u200b' });
  it.each<[boolean, Condition]>([
    [true, { column: 'stage', equals: 'Won' }],
    [false, { column: 'stage', equals: 'won' }],
    [true, { column: 'stage', in: ['Lost', 'Won'] }],
    [true, { column: 'amount', blank: true }],
    [false, { column: 'stage', blank: true }],
    [true, { column: 'stage', blank: false }],
    [false, { not: { column: 'stage', equals: 'Won' } }],
    [
      false,
      {
        all: [
          { column: 'stage', equals: 'Won' },
          { column: 'amount', blank: false },
        ],
      },
    ],
    [
      true,
      {
        any: [
          { column: 'amount', blank: false },
          { column: 'stage', equals: 'Won' },
        ],
      },
    ],
  ])('is %s: %j', (expected, condition) => {
    expect(meetsCondition(condition, cells)).toBe(expected);
  });
});
