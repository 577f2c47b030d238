import { builtInOfFigures } from './figures.query';
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { DAY_MS, END, fromMs, toMs, type Documents, type StoredEvent, type ValueFilter } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { definitions } from '@baton/definitions';
import { leads } from '@baton/leads';
import { dealChanges, deals, dealStageStays, touches, type OpportunityEvent } from '@baton/opportunities';
import { EmbeddedDocuments, type ReadModels } from '@baton/platform/documents';
import { dataFile, describeWithData } from '../../../test/support/data';
import { modelsOf } from '../../../test/support/read-models';
import { velocityChange } from '../read/velocity-change/velocity-change.query';
import { shownFigures, velocityFigures } from './shown-figures.query';

/** The figures of the velocity as rows, as a table of them has it. */
interface Row {
  readonly key: string | null;
  readonly open: number;
  readonly won: number;
  readonly lost: number;
  readonly winRate: number | null;
  readonly averageAmount: readonly { readonly minor: number; readonly currency: string }[];
  readonly cycleDays: number | null;
  readonly perDay: readonly { readonly minor: number; readonly currency: string }[];
}
const dealBreakdowns = ['product', 'owner', 'recordSource', 'month'] as const;
interface Args {
  readonly by?: string;
  readonly from?: string;
  readonly to?: string;
  readonly timeZone?: string;
  readonly filters?: Readonly<Record<string, ValueFilter>>;
}
const velocity = async (models: ReadModels, { filters = {}, ...args }: Args = {}) => {
  const { figures } = await shownFigures(
    models,
    velocityFigures,
    { ...args, filters },
    '2024-07-01T00:00:00.000Z',
    builtInOfFigures,
  );
  type Shown = (typeof figures)[number]['total'];
  const rowOf = (key: string | null, valuesOf: (code: string) => Shown | undefined): Row => {
    const number = (code: string) => {
      const value = valuesOf(code)?.[0]?.value ?? null;
      return value === null ? null : Number(value);
    };
    const amounts = (code: string) => (valuesOf(code) ?? []).flatMap(({ amount }) => amount ?? []) as Row['perDay'];
    return {
      ...{ key, open: number('open-deals') ?? 0, won: number('won-deals') ?? 0, lost: number('lost-deals') ?? 0 },
      ...{ winRate: number('win-rate'), averageAmount: amounts('deal-size') },
      ...{ cycleDays: number('deal-cycle'), perDay: amounts('velocity') },
    };
  };
  const warningsOf = (name: string, valuesOf: (code: string) => Shown | undefined): string[] => {
    const early = valuesOf('deal-cycle')?.[0]?.missing ?? 0;
    const won = valuesOf('won-deals')?.[0]?.value;
    return early === 0
      ? []
      : [`${name}: ${early} of ${won} won deals closed before they opened; the cycle leaves them out.`];
  };
  const figureOf = (code: string) => figures.find((one) => one.code === code)!;
  const inTotal = (code: string) => figureOf(code).total;
  const inGroup = (key: string | null) => (code: string) =>
    figureOf(code).groups.find((group) => group.key === key)?.values;
  const keys = [...new Set(figures.flatMap(({ groups }) => groups.map(({ key }) => key)))].sort((a, b) =>
    a === null ? -1 : b === null || a > b ? 1 : -1,
  );
  return {
    total: rowOf(null, inTotal),
    rows: keys.map((key) => rowOf(key, inGroup(key))),
    warnings: [
      ...warningsOf('total', inTotal),
      ...keys.flatMap((key) => warningsOf(key ?? `without ${args.by}`, inGroup(key))),
    ],
  };
};

interface Facts {
  readonly opened: string;
  readonly won?: string;
  readonly lost?: string;
  readonly reopened?: string;
  readonly amount?: number;
  readonly currency?: string;
  readonly product?: string;
}
const midnight = (day: string) => (day.includes('T') ? day : `${day}T00:00:00.000Z`);
const historyOf = (
  opportunityId: string,
  { opened, won, lost, reopened, amount, currency = 'USD', product }: Facts,
) => {
  const facts = { ...(amount !== undefined && { amount: { minor: amount, currency } }), ...(product && { product }) };
  const happened = (event: OpportunityEvent, day: string): StoredEvent =>
    recorded(event, { occurredAt: midnight(day), stream: `opportunity-${opportunityId}` });
  return [
    happened({ type: 'OpportunityOpened', data: { opportunityId, stage: 'open', ...facts } }, opened),
    ...(won ? [happened({ type: 'OpportunityWon', data: { opportunityId, leadIds: [], ...facts } }, won)] : []),
    ...(lost
      ? [happened({ type: 'OpportunityLost', data: { opportunityId, reason: 'x', leadIds: [], ...facts } }, lost)]
      : []),
    ...(reopened ? [happened({ type: 'OpportunityReopened', data: { opportunityId, reason: 'x' } }, reopened)] : []),
  ];
};
const PROJECTIONS = [deals, dealChanges, dealStageStays, touches, leads, definitions];
const storeOf = (facts: readonly Facts[], documents?: Documents) =>
  modelsOf(
    PROJECTIONS,
    facts.flatMap((one, index) => historyOf(`deal-${index}`, one)),
    documents,
  );

const few: readonly Facts[] = [
  { opened: '2024-01-05', won: '2024-01-25', amount: 100_00, product: 'A' },
  { opened: '2024-01-10', won: '2024-02-09', amount: 300_00, product: 'B' },
  { opened: '2024-01-20', lost: '2024-03-01', amount: 900_00, product: 'A' },
  { opened: '2024-02-20', product: 'A' },
  { opened: '2024-03-05' },
];

describe('the figures of the velocity', () => {
  it('covers everything, and the deals open now, without a period', async () => {
    const { total, rows, warnings } = await velocity(await storeOf(few));
    expect(total).toEqual({
      key: null,
      open: 2,
      won: 2,
      lost: 1,
      winRate: expect.closeTo(2 / 3, 11) as number,
      averageAmount: [{ minor: 200_00, currency: 'USD' }],
      cycleDays: 25,
      perDay: [{ minor: 1067, currency: 'USD' }], // 2 × 2/3 × 200.00 / 25
    });
    expect(rows).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it('counts the deals open at the end of the period, and those closed within it; the end is exclusive', async () => {
    const models = await storeOf(few);
    const { total } = await velocity(models, { from: '2024-02-01', to: '2024-03-01' });
    expect(total).toMatchObject({ open: 2, won: 1, lost: 0, cycleDays: 30 }); // the loss on March 1st is excluded
    const { total: later } = await velocity(models, { from: '2024-02-01', to: '2024-03-01T00:00:00.001Z' });
    expect(later).toMatchObject({ open: 1, won: 1, lost: 1 });
    const { total: before } = await velocity(models, { to: '2024-01-05' });
    expect(before).toMatchObject({ open: 0, won: 0, lost: 0, winRate: null, perDay: [] });
  });

  it('counts a deal that was lost then and reopened later as lost then', async () => {
    const models = await storeOf([
      ...few,
      { opened: '2024-01-06', lost: '2024-02-10', reopened: '2024-04-01', amount: 100_00, product: 'A' },
    ]);
    const open = async (to: string) => (await velocity(models, { from: '2024-02-01', to })).total;
    expect((await open('2024-02-10')).open).toBe(2);
    expect(await open('2024-03-01')).toMatchObject({ open: 2, cycleDays: 30, perDay: [{ minor: 20_00 }] }); // 2 × 300.00 / 30
    expect((await open('2024-04-01')).open).toBe(2);
    expect((await open('2024-04-02')).open).toBe(3);
    const { rows } = await velocity(models, { by: 'month', from: '2024-01-01', to: '2024-05-01' });
    expect(rows.map(({ key, open: its }) => [key, its])).toEqual([
      ['2024-01', 3],
      ['2024-02', 2],
      ['2024-03', 2],
      ['2024-04', 3],
    ]);
  });

  it('breaks down by product, those without one first, and omits products without a deal in the period', async () => {
    const models = await storeOf(few);
    const { rows } = await velocity(models, { by: 'product' });
    expect(rows.map(({ key, open, won, lost }) => [key, open, won, lost])).toEqual([
      [null, 1, 0, 0],
      ['A', 1, 1, 1],
      ['B', 0, 1, 0],
    ]);
    const { rows: march } = await velocity(models, { by: 'product', from: '2024-03-01', to: '2024-03-05' });
    expect(march.map(({ key, open, won, lost }) => [key, open, won, lost])).toEqual([['A', 1, 0, 1]]);
  });

  it('lists the deals of each of its rows, also of the row without a value', async () => {
    const models = await storeOf(few);
    const counts = ({ open, won, lost }: Row) => [open, won, lost];
    const { rows } = await velocity(models, { by: 'product' });
    expect(rows.map(({ key }) => key)).toEqual([null, 'A', 'B']);
    for (const row of rows) {
      const product = row.key === null ? { none: true } : { in: [row.key] };
      expect(counts((await velocity(models, { filters: { product } })).total)).toEqual(counts(row));
    }
  });

  it('has a row for every month, each with the deals open at its end', async () => {
    const models = await storeOf([...few, { opened: '2024-05-01', won: '2024-05-01T12:00:00.000Z', amount: 1_00 }]);
    const { rows } = await velocity(models, { by: 'month' });
    expect(rows.map(({ key, open, won, lost }) => [key, open, won, lost])).toEqual([
      ['2024-01', 2, 1, 0],
      ['2024-02', 2, 1, 0],
      ['2024-03', 2, 0, 1],
      ['2024-04', 2, 0, 0],
      ['2024-05', 2, 1, 0],
    ]);
    expect(rows[4]!.cycleDays).toBe(0.5);
  });

  it('begins months at midnight of the time zone, and cuts the first and last to the period', async () => {
    const models = await storeOf([{ opened: '2024-01-01', won: '2024-01-31T23:30:00.000Z', amount: 1 }]);
    const args = { by: 'month', from: '2024-01-15', to: '2024-02-10' } as const;
    expect((await velocity(models, { ...args, timeZone: 'Europe/Berlin' })).rows).toMatchObject([
      { key: '2024-01', open: 1, won: 0 },
      { key: '2024-02', open: 0, won: 1 },
    ]);
    expect((await velocity(models, args)).rows).toMatchObject([
      { key: '2024-01', open: 0, won: 1 },
      { key: '2024-02', open: 0, won: 0 },
    ]);
    expect((await velocity(models, { ...args, from: '2024-02-01' })).rows).toHaveLength(1);
  });

  it('has no months without deals, except in a given period', async () => {
    const models = await storeOf([]);
    expect((await velocity(models, { by: 'month' })).rows).toEqual([]);
    expect((await velocity(models, { by: 'month', from: '2024-01-01', to: '2024-03-01' })).rows).toHaveLength(2);
  });

  it('keeps currencies apart', async () => {
    const models = await storeOf([
      { opened: '2024-01-01', won: '2024-01-02', amount: 100, product: 'A' },
      { opened: '2024-01-01', won: '2024-01-02', amount: 300, currency: 'EUR', product: 'B' },
    ]);
    const { total, rows, warnings } = await velocity(models, { by: 'product' });
    expect(total.averageAmount).toEqual([
      { minor: 300, currency: 'EUR' },
      { minor: 100, currency: 'USD' },
    ]);
    expect(rows.map(({ averageAmount }) => averageAmount.map(({ currency }) => currency))).toEqual([['USD'], ['EUR']]);
    expect(warnings).toEqual([]);
    const { total: euros } = await velocity(models, { filters: { currency: { in: ['EUR'] } } });
    expect(euros).toMatchObject({ won: 1, averageAmount: [{ minor: 300, currency: 'EUR' }] });
  });

  it('leaves a deal that closed before it opened out of the cycle: 32 days, 31.25 per day', async () => {
    const deal = { amount: 1000_00 };
    const models = await storeOf([
      { ...deal, opened: '2024-02-01', won: '2024-01-01' },
      { ...deal, opened: '2024-01-01', won: '2024-02-02' },
      { ...deal, opened: '2024-01-01' },
    ]);
    const { total, rows, warnings } = await velocity(models, { by: 'owner' });
    expect(total).toMatchObject({ open: 1, won: 2, winRate: 1, cycleDays: 32 });
    expect(total.perDay).toEqual([{ minor: 31_25, currency: 'USD' }]);
    expect(rows).toMatchObject([{ key: null, cycleDays: 32 }]);
    expect(warnings).toEqual([
      'total: 1 of 2 won deals closed before they opened; the cycle leaves them out.',
      'without owner: 1 of 2 won deals closed before they opened; the cycle leaves them out.',
    ]);
    const { total: early } = await velocity(
      await storeOf([
        { ...deal, opened: '2024-01-10T14:00:00.000Z', won: '2024-01-10T00:00:00.000Z' },
        { ...deal, opened: '2024-01-10T14:00:00.000Z' },
      ]),
    );
    expect(early).toMatchObject({ won: 1, open: 1, cycleDays: null, perDay: [] });
  });

  it('counts the same by month and by period if a day begins twice, or not at midnight', async () => {
    const won = (instant: string): Facts => ({ opened: '2010-01-01', won: instant, amount: 100 });
    const all = async (timeZone: string, month: string, to: string, ...wins: string[]) => {
      const models = await storeOf(wins.map(won));
      const byMonth = (await velocity(models, { by: 'month', timeZone })).rows.find(({ key }) => key === month);
      const { total } = await velocity(models, { from: `${month}-01`, to, timeZone });
      return [byMonth?.won ?? 0, total.won];
    };
    const havana = ['03:59:59', '04:30:00', '05:30:00'].map((time) => `2015-11-01T${time}.000Z`);
    expect(await all('America/Havana', '2015-11', '2015-12-01', ...havana, '2015-11-15T12:00:00.000Z')).toEqual([3, 3]);
    const asuncion = ['2023-10-01T03:59:59.000Z', '2023-10-01T04:00:00.000Z'];
    expect(await all('America/Asuncion', '2023-10', '2023-11-01', ...asuncion)).toEqual([1, 1]);
    const cairo = ['20:30', '21:30', '22:00'].map((time) => `2010-09-30T${time}:00.000Z`);
    expect(await all('Africa/Cairo', '2010-10', '2010-11-01', ...cairo)).toEqual([1, 1]);
    const apia = ['2011-12-30T09:59:59.000Z', '2011-12-30T10:00:00.000Z'];
    const samoa = await storeOf(apia.map(won));
    const days = async (from: string, to: string) =>
      (await velocity(samoa, { from, to, timeZone: 'Pacific/Apia' })).total.won;
    expect(await days('2011-12-29', '2011-12-30')).toBe(1);
    expect(await days('2011-12-31', '2012-01-01')).toBe(1);
    await expect(days('2011-12-30', '2011-12-31')).rejects.toMatchObject({ code: 'time/empty-period' });
    const azores = await storeOf([won('2024-10-27T00:30:00.000Z')]);
    const { total } = await velocity(azores, { from: '2024-10-27', to: '2024-10-28', timeZone: 'Atlantic/Azores' });
    expect(total.won).toBe(1);
  });

  it.each([
    [{ timeZone: 'Mars/Olympus' }, 'time/unknown-zone'],
    [{ from: '2024-02-01', to: '2024-02-01' }, 'time/empty-period'],
    [{ by: 'queue' }, 'figures/unknown-dimension'],
    [{ from: 'yesterday' }, 'time/not-a-day-or-instant'],
    [{ by: 'month', from: '1900-02-01', to: '2024-01-01' }, 'figures/too-many-groups'],
  ] as const)('refuses %j', async (args, code) => {
    await expect(velocity(await storeOf([]), args)).rejects.toMatchObject({ code });
  });

  it('explains the change from one period to another', async () => {
    const models = await storeOf(few);
    const { a, b, contributions } = await velocityChange(
      models,
      { periodA: { from: '2024-01-01', to: '2024-02-01' }, periodB: { from: '2024-02-01', to: '2024-03-01' } },
      END,
      builtInOfFigures,
    );
    const valueOf = (of: typeof a, code: string) => of.find((one) => one.code === code)!.total[0]!.value;
    const shown = [a, b].map((of) =>
      ['open-deals', 'won-deals', 'deal-cycle', 'velocity'].map((code) => valueOf(of, code)),
    );
    expect(shown).toEqual([
      ['2', '1', '20', '10.00'],
      ['2', '1', '30', '20.00'],
    ]);
    expect(contributions).toMatchObject([
      {
        change: { minor: 1000 },
        levers: {
          open: { minor: 0 },
          winRate: { minor: 0 },
          averageAmount: { minor: 1667 },
          cycleDays: { minor: -667 },
        },
      },
    ]);
    const empty = await velocityChange(models, { periodA: { to: '2024-01-01' }, periodB: {} }, END, builtInOfFigures);
    expect(empty.contributions).toEqual([]);
  });
});

describe('the golden case of the velocity', () => {
  const deal = (days: number): Facts => ({
    ...{ opened: '2023-01-01', amount: 42_000_00 },
    won: fromMs(toMs('2023-01-01T00:00:00.000Z') + days * DAY_MS),
  });
  const lost = { opened: '2023-01-01', lost: '2023-02-01' };
  it.each([
    [78, 2_326_15],
    [65, 2_791_38],
  ])('is 18 × 42 000 × 0.24 / %d = %d a day', async (days, minor) => {
    const facts = [
      ...Array.from({ length: 18 }, () => ({ opened: '2023-01-01' })),
      ...Array.from({ length: 24 }, () => deal(days)),
      ...Array.from({ length: 76 }, () => lost),
    ];
    expect((await velocity(await storeOf(facts))).total).toMatchObject({
      ...{ open: 18, winRate: 0.24, cycleDays: days },
      perDay: [{ minor, currency: 'USD' }],
    });
  });
  it('is given in each currency, over the won deals with an amount in any, and beyond 2^53', async () => {
    const won = { opened: '2023-01-01', won: '2023-01-04' };
    const mixed = [
      ...[won, won].map((one) => ({ ...one, amount: 100 })),
      ...[{ ...won, amount: 400, currency: 'EUR' }, { ...won }],
      ...[{ opened: '2023-01-01' }, { opened: '2023-01-01' }],
    ];
    // 2 open × 1 × (400 of 3 deals | 200 of 3 deals) / 3 days
    expect((await velocity(await storeOf(mixed))).total).toMatchObject({
      ...{ won: 4, averageAmount: [{ minor: 400, currency: 'EUR' }, { minor: 100 }] },
      perDay: [{ minor: 89 }, { minor: 44 }],
    });
    const most = { opened: '2023-01-01', won: '2023-01-02', amount: Number.MAX_SAFE_INTEGER };
    const open = Array.from({ length: 4 }, () => ({ opened: '2023-01-01' }));
    expect((await velocity(await storeOf([most, ...open]))).total.perDay).toEqual([
      { minor: String(BigInt(Number.MAX_SAFE_INTEGER) * 4n), currency: 'USD' },
    ]);
  });
});

describeWithData('the velocity of 8 800 real deals', ['crm-sales-opportunities/sales_pipeline.csv'], () => {
  const rows = () =>
    parse(readFileSync(dataFile('crm-sales-opportunities/sales_pipeline.csv')), { columns: true }) as Record<
      string,
      string
    >[];
  const asFacts = (row: Record<string, string>): Facts => ({
    opened: row['engage_date'] || '2017-12-31',
    product: row['product']!,
    ...(row['deal_stage'] === 'Won' && { won: row['close_date'], amount: Number(row['close_value']) * 100 }),
    ...(row['deal_stage'] === 'Lost' && { lost: row['close_date'], amount: 0 }),
  });

  it('is 60 146.85 a day', async () => {
    const models = await storeOf(rows().map(asFacts));
    const { total, rows: products, warnings } = await velocity(models, { by: 'product' });
    expect(total).toMatchObject({
      open: 2089,
      won: 4238,
      lost: 2473,
      averageAmount: [{ minor: 2_360_91, currency: 'USD' }],
      perDay: [{ minor: 60_146_85, currency: 'USD' }],
    });
    expect(total.winRate).toBeCloseTo(0.631501, 6);
    expect(total.cycleDays).toBeCloseTo(51.782, 3);
    expect(warnings).toEqual([]);
    expect(products.find(({ key }) => key === 'GTX Basic')).toMatchObject({ won: 915, lost: 521 });
    const gtk = products.find(({ key }) => key === 'GTK 500')!;
    expect(gtk).toMatchObject({ won: 15, lost: 10 });
    expect(gtk.averageAmount[0]!.minor).toBe(Math.round(400_612_00 / 15));
    expect(products.reduce((sum, { open }) => sum + open, 0)).toBe(2089);
  });

  it('is the same from a file and from memory', async () => {
    const file = await EmbeddedDocuments.open(':memory:');
    const facts = rows().map(asFacts);
    const [memory, embedded] = [await storeOf(facts), await storeOf(facts, file)];
    for (const by of dealBreakdowns) expect(await velocity(embedded, { by })).toEqual(await velocity(memory, { by }));
    await file.close();
  });

  it('has months that match the deals counted one by one', async () => {
    const facts = rows().map(asFacts);
    const models = await storeOf(facts);
    const { rows: months } = await velocity(models, { by: 'month' });
    expect(months.map(({ key }) => key)).toEqual([...new Set(months.map(({ key }) => key))].sort());
    for (const { key, open, won, lost, cycleDays } of months) {
      const end = fromMs(toMs(`${key}-28T00:00:00.000Z`) + 4 * DAY_MS).slice(0, 7); // the next month
      const closed = facts.filter((one) => (one.won ?? one.lost)?.startsWith(key!));
      const wins = closed.filter((one) => one.won);
      expect(won).toBe(wins.length);
      expect(lost).toBe(closed.length - wins.length);
      expect(open).toBe(facts.filter((one) => one.opened < end && !((one.won ?? one.lost ?? end) < end)).length);
      const days = wins.reduce((sum, one) => sum + (toMs(midnight(one.won!)) - toMs(midnight(one.opened))) / DAY_MS, 0);
      if (wins.length > 0) expect(cycleDays).toBeCloseTo(days / wins.length, 9);
    }
  });
});
