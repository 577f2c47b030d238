import fc from 'fast-check';
import { Refused, toMs, type Context, type Instant, type StoredEvent } from '@baton/kernel';
import { recorded, repetitions } from '@baton/kernel/testing';
import { leads } from '@baton/leads';
import {
  currentClose,
  dealChanges,
  deals,
  factsAt,
  foldDeal,
  opportunityDecider,
  type OpportunityCommand,
  type OpportunityEvent,
} from '@baton/opportunities';
import type { ReadModels } from '@baton/platform/documents';
import { modelsOf } from '../../../../test/support/read-models';
import { roundedInteger } from '../../figures/exact.rules';
import { askFigures, type ComparedValue, type Scope, builtInOfFigures } from '../../figures/figures.query';
import { rangeOf, scopePeriod } from '../../figures/scope.rules';
import { closingPeriodOf } from '../deal-scope';
import { rowsOfCell, waterfallReport } from './waterfall.report';
import { waterfallBetween, waterfallCells, type ClosingPeriod, type WaterfallCell } from './waterfall.rules';

const NOW = '2024-12-31T00:00:00.000Z';
const PROJECTIONS = [deals, dealChanges, leads];
const on = (day: number, ms = 0): Instant => new Date(Date.UTC(2024, 0, day, 10) + ms).toISOString();
const event = (opportunityId: string, type: OpportunityEvent['type'], at: Instant, data: object = {}) =>
  recorded({ type, data: { opportunityId, ...data } } as unknown as OpportunityEvent, {
    ...{ occurredAt: at, stream: `opportunity-${opportunityId}` },
  });
const money = (minor: number, currency = 'EUR') => ({ minor, currency });

type Cells = Readonly<Record<string, Readonly<Record<string, number>>>>;
const minorOf = (values: readonly ComparedValue[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    values.flatMap(({ currency, value }) => (currency && value ? [[currency, Number(roundedInteger(value))]] : [])),
  );
/** The amounts of each cell by currency, and how many deals are behind each. */
const waterfallAsked = async (
  models: ReadModels,
  scope: Partial<Scope>,
  closing?: ClosingPeriod,
): Promise<{ readonly cells: Cells; readonly support: Readonly<Record<string, number>> }> => {
  const asked = { filters: {}, ...scope };
  const waterfall = waterfallBetween(rangeOf(scopePeriod(asked, NOW)), closing);
  const { figures } = await askFigures(models, [...waterfall.figures.values()], asked, NOW, builtInOfFigures);
  const codes = [...waterfall.figures.keys()];
  return {
    cells: Object.fromEntries(figures.map(({ total }, index) => [codes[index]!, minorOf(total)])),
    support: Object.fromEntries(
      figures.map(({ total }, index) => [codes[index]!, total.reduce((sum, { support }) => sum + support, 0)]),
    ),
  };
};
const isBalanced = (cells: Cells): void => {
  const currencies = new Set(Object.values(cells).flatMap((of) => Object.keys(of)));
  for (const currency of currencies) {
    const of = (cell: WaterfallCell) => cells[cell]![currency] ?? 0;
    const entered = of('created') + of('reopened') + of('pulled-in') + of('first-amount');
    const end = of('start') + entered + of('increased') - of('decreased') - of('pushed') - of('lost') - of('won');
    expect([currency, end]).toEqual([currency, of('end')]);
    const pushed = ['later', 'earlier', 'none'].reduce((sum, to) => sum + (cells[`pushed-${to}`]![currency] ?? 0), 0);
    expect(pushed).toBe(of('pushed'));
  }
};
const shown = (cells: Cells, currency = 'EUR') =>
  Object.fromEntries(
    Object.keys(waterfallCells).flatMap((cell) =>
      cells[cell]![currency] === undefined ? [] : [[cell, cells[cell]![currency]]],
    ),
  );

describe('a waterfall', () => {
  const opened = (id: string, minor: number | undefined, day = 1, closesOn = '2024-03-10', more: object = {}) =>
    event(id, 'OpportunityOpened', on(day), {
      ...{ stage: 'demo', owner: id < 'e' ? 'rita' : 'rolf', expectedCloseOn: closesOn, ...more },
      ...(minor !== undefined && { amount: money(minor) }),
    });
  const amount = (id: string, day: number, minor: number, currency?: string) =>
    event(id, 'OpportunityAmountChanged', on(day), { to: money(minor, currency) });
  const closes = (id: string, day: number, to: string) => event(id, 'OpportunityCloseDateChanged', on(day), { to });
  const march = { from: '2024-03-01', to: '2024-04-01' };
  const golden = [
    opened('a', 100),
    ...[opened('b', 200), amount('b', 40, 250)],
    ...[opened('c', 300), amount('c', 41, 240), closes('c', 42, '2024-04-02')],
    ...[opened('d', 150), event('d', 'OpportunityWon', on(43), { leadIds: [], signedAmount: money(180) })],
    ...[opened('e', 80, 44), amount('e', 45, 90)],
    ...[opened('f', 60, 2, '2024-04-20'), closes('f', 46, '2024-03-31')],
    ...[opened('g', 120), event('g', 'OpportunityLost', on(47), { reason: 'price', leadIds: [] })],
    opened('h', 70),
    event('h', 'OpportunityLost', on(10), { reason: 'price', leadIds: [] }),
    event('h', 'OpportunityReopened', on(48), { reason: 'they called' }),
  ];
  const february = { from: '2024-02-01', to: '2024-03-01' };

  it('is that of the worked example', async () => {
    const models = await modelsOf(PROJECTIONS, golden);
    const { cells } = await waterfallAsked(models, february, march);
    expect(shown(cells)).toEqual({
      ...{ start: 870, created: 80, reopened: 70, 'pulled-in': 60 },
      ...{ increased: 90, decreased: 60, pushed: 240, lost: 120, won: 180, end: 570 },
    });
    expect(cells['pushed-later']).toEqual({ EUR: 240 });
    isBalanced(cells);
  });

  it('of all open deals has none that are pulled in or pushed', async () => {
    const models = await modelsOf(PROJECTIONS, golden);
    const { cells } = await waterfallAsked(models, february);
    expect(shown(cells)).toEqual({
      ...{ start: 930, created: 80, reopened: 70, increased: 90, decreased: 60, lost: 120, won: 180, end: 810 },
    });
    isBalanced(cells);
  });

  it('lists the deals behind a cell, before and after, by rep too', async () => {
    const models = await modelsOf(PROJECTIONS, golden);
    const scope = { ...february, by: 'owner', filters: {} };
    const waterfall = waterfallBetween(rangeOf(scopePeriod(scope, NOW)), march);
    const rita = { group: { key: 'rita', isOther: false } };
    const behind = await rowsOfCell({ models, at: NOW }, waterfall, 'increased', scope, rita, builtInOfFigures);
    expect(
      behind.map(({ opportunityId, minor, before, after }) => [opportunityId, minor, before.minor, after.minor]),
    ).toEqual([
      ['b', 50, 200, 250],
      ['d', 30, 150, 180],
    ]);
    const pushed = await rowsOfCell({ models, at: NOW }, waterfall, 'pushed', scope, {}, builtInOfFigures);
    expect(pushed).toEqual([expect.objectContaining({ opportunityId: 'c', minor: 240, direction: 'later' })]);
    expect(pushed[0]).toMatchObject({ before: { closesOn: '2024-03-10' }, after: { closesOn: '2024-04-02' } });
  });

  it('sees a deal that was opened, won and reopened in one second, or at one instant', async () => {
    for (const step of [100, 0]) {
      const at = (n: number) => on(40, n * step);
      const all = [
        event('a', 'OpportunityOpened', at(0), { stage: 'demo', amount: money(100) }),
        event('a', 'OpportunityWon', at(1), { leadIds: [] }),
        event('a', 'OpportunityReopened', at(2), { reason: 'error' }),
      ];
      const reopened = await waterfallAsked(await modelsOf(PROJECTIONS, all), february);
      expect(shown(reopened.cells)).toEqual({ created: 100, end: 100 });
      const won = await waterfallAsked(await modelsOf(PROJECTIONS, all.slice(0, 2)), february);
      expect(shown(won.cells)).toEqual({ created: 100, won: 100 });
    }
  });

  it('has what moved out of the closing period and back, and closed in between, as a difference only', async () => {
    const all = [
      ...[opened('a', 100), closes('a', 40, '2024-05-01'), amount('a', 41, 130), closes('a', 42, '2024-03-05')],
      ...[opened('b', 10, 35), closes('b', 36, '2024-02-01'), closes('b', 37, '2024-03-01'), amount('b', 38, 12)],
      event('c', 'OpportunityOpened', on(1), { stage: 'demo', expectedCloseOn: '2024-03-03' }),
      amount('c', 39, 7),
      ...[opened('d', 55), event('d', 'OpportunityFactsCleared', on(40), { facts: ['expected-close'] })],
    ];
    const { cells, support } = await waterfallAsked(await modelsOf(PROJECTIONS, all), february, march);
    expect(shown(cells)).toEqual({
      ...{ start: 155, created: 10, 'first-amount': 7, increased: 32, pushed: 55, end: 149 },
    });
    expect(cells['pushed-none']).toEqual({ EUR: 55 });
    expect(support).toMatchObject({ start: 2, created: 1, 'first-amount': 1, increased: 2, pushed: 1, end: 3 });
  });

  it('has each currency for itself, also of a deal that changes it, and says how many deals have no amount', async () => {
    const models = await modelsOf(PROJECTIONS, [
      ...[opened('a', 100), amount('a', 40, 90, 'USD'), amount('a', 41, 95, 'USD')],
      ...[opened('b', 5), opened('c', undefined)],
    ]);
    const { cells } = await waterfallAsked(models, february);
    expect(shown(cells)).toEqual({ start: 105, decreased: 100, end: 5 });
    expect(shown(cells, 'USD')).toEqual({ 'first-amount': 90, increased: 5, end: 95 });
    isBalanced(cells);
    const scope = { ...february, filters: {} };
    const waterfall = waterfallBetween(rangeOf(scopePeriod(scope, NOW)), undefined);
    const { figures } = await askFigures(models, [waterfall.figures.get('end')!], scope, NOW, builtInOfFigures);
    expect(figures[0]!.total.map(({ currency, support, missing }) => [currency, support, missing])).toEqual([
      ['EUR', 1, 1],
      ['USD', 1, 1],
    ]);
  });

  it('counts a deal that gets its first amount on being won', async () => {
    const events = [
      opened('a', undefined),
      event('a', 'OpportunityWon', on(35), { leadIds: [], signedAmount: money(321) }),
    ];
    const { cells } = await waterfallAsked(await modelsOf(PROJECTIONS, events), february);
    expect(shown(cells)).toEqual({ 'first-amount': 321, won: 321 });
  });

  it('keeps deals whose stage has left the pipeline', async () => {
    const moved = event('a', 'OpportunityStageMoved', on(35), { from: 'demo', to: 'gone', definition: 'pipeline@1' });
    const { cells } = await waterfallAsked(await modelsOf(PROJECTIONS, [opened('a', 100), moved]), february);
    expect(shown(cells)).toEqual({ start: 100, end: 100 });
  });

  it.each([
    [{ from: '2024-03-01', to: '2024-02-01' }, 'time/empty-period', 'to'],
    [{ period: '2024-02', from: '2024-02-01' }, 'figures/two-periods', 'period'],
    [{ timeZone: 'Mars/Olympus' }, 'time/unknown-zone', 'timeZone'],
    [{ period: 'next-month' }, 'figures/unknown-period', 'period'],
    [{ closing: 'next-month' }, 'figures/unknown-period', 'closing'],
    [{ closingFrom: '2024-03-01', closingTo: '2024-03-01' }, 'time/empty-period', 'closingTo'],
    [{ closing: '2024-Q1', closingFrom: '2024-03-01' }, 'figures/two-periods', 'closing'],
  ])('refuses %j', async (question, code, path) => {
    const models = await modelsOf(PROJECTIONS, []);
    const ask = async () => waterfallReport.ask(question as never, { models, at: NOW } as never);
    await expect(ask()).rejects.toMatchObject({ code, path });
  });
  it('takes the days of a closing period in the time zone', () => {
    const days = closingPeriodOf({ closing: '2024-Q1' }, { timeZone: 'Pacific/Auckland' }, NOW);
    expect(days).toEqual({ from: '2024-01-01', to: '2024-04-01' });
    expect(closingPeriodOf({ closingFrom: '2024-03-01' }, {}, NOW)).toEqual({ from: '2024-03-01', to: '9999-12-31' });
    expect(closingPeriodOf({}, {}, NOW)).toBeUndefined();
  });
});

/** The state of a deal by its events alone, up to and with an instant. */
const stateAt = (events: readonly StoredEvent<OpportunityEvent>[], at: Instant) => {
  const deal = foldDeal(events, at)!;
  const { amount, expectedCloseOn } = factsAt(deal, at);
  const status = currentClose(deal)?.outcome ?? 'open';
  const isOpened = deal.openedAt <= at;
  return { isOpened, isOpen: isOpened && status === 'open', status, amount, expectedCloseOn };
};
/** The waterfall by the words of its definition: from the two snapshots, and what was between them, instant by instant. */
const byBruteForce = (
  dealsOf: readonly (readonly StoredEvent<OpportunityEvent>[])[],
  from: Instant,
  to: Instant,
  closing: ClosingPeriod | undefined,
) => {
  const sums: Record<string, Record<string, number>> = {};
  const add = (cell: string, currency: string, minor: number) => {
    const of = (sums[cell] ??= {});
    of[currency] = (of[currency] ?? 0) + minor;
  };
  const justBefore = (at: Instant) => new Date(toMs(at) - 1).toISOString();
  for (const events of dealsOf)
    for (const currency of ['EUR', 'USD']) {
      const inScope = (state: ReturnType<typeof stateAt>) => {
        const within = (day: string | undefined) => !closing || (!!day && day >= closing.from && day < closing.to);
        return state.isOpen && within(state.expectedCloseOn) && state.amount?.currency === currency
          ? state.amount.minor
          : null;
      };
      const instants = [...new Set(events.map(({ occurredAt }) => occurredAt))]
        .filter((at) => at >= from && at < to)
        .sort();
      // The amount that was signed is the amount on leaving, also if it is the first one.
      const snapshots = [justBefore(from), ...instants]
        .map((at) => stateAt(events, at))
        .flatMap((state, place, all) =>
          place > 0 && all[place - 1]!.isOpen && state.status === 'won'
            ? [{ ...all[place - 1]!, amount: state.amount }, state]
            : [state],
        );
      const amounts = snapshots.map(inScope);
      const [first, last] = [amounts[0]!, amounts.at(-1)!];
      if (first !== null) add('start', currency, first);
      if (last !== null) add('end', currency, last);
      let base = first;
      if (first === null) {
        const place = amounts.findIndex((one) => one !== null);
        if (place < 0) continue;
        const previous = snapshots[place - 1]!;
        const outside =
          closing && !(previous.expectedCloseOn! >= closing.from && previous.expectedCloseOn! < closing.to);
        const why = !previous.isOpened
          ? 'created'
          : previous.status !== 'open'
            ? 'reopened'
            : outside
              ? 'pulled-in'
              : 'first-amount';
        base = amounts[place]!;
        add(why, currency, base);
      }
      let reached = last;
      if (last === null) {
        const place = amounts.findLastIndex((one) => one !== null);
        const next = snapshots[place + 1]!;
        reached = amounts[place]!;
        const left = closing && !(next.expectedCloseOn! >= closing.from && next.expectedCloseOn! < closing.to);
        const why = next.status !== 'open' ? next.status : left ? 'pushed' : undefined;
        if (why) add(why, currency, reached);
        else reached = 0;
      }
      const difference = reached! - base!;
      if (difference > 0) add('increased', currency, difference);
      if (difference < 0) add('decreased', currency, -difference);
    }
  return sums;
};

describe('waterfalls', () => {
  const day = fc.integer({ min: 1, max: 90 });
  const change = fc.oneof(
    fc.record({
      type: fc.constant('ChangeOpportunityAmount'),
      to: fc.record({ minor: fc.integer({ min: 0, max: 500 }), currency: fc.constantFrom('EUR', 'EUR', 'EUR', 'USD') }),
    }),
    fc.record({
      type: fc.constant('ChangeOpportunityCloseDate'),
      to: fc.constantFrom('2024-02-15', '2024-03-01', '2024-03-31', '2024-04-01', '2024-05-01'),
    }),
    fc.constantFrom(
      { type: 'WinOpportunity' },
      { type: 'WinOpportunity', amount: money(321) },
      { type: 'LoseOpportunity', reason: 'price' },
      { type: 'ReopenOpportunity', reason: 'again' },
      { type: 'ReopenOpportunity', reason: 'once more' },
      { type: 'ClearOpportunityFact', facts: ['expected-close'] },
    ),
  );
  const anyDeal = fc.record({
    openedOn: day,
    amount: fc.option(fc.integer({ min: 0, max: 500 }), { nil: undefined }),
    closesOn: fc.constantFrom(undefined, '2024-02-15', '2024-03-10', '2024-04-10'),
    changes: fc.uniqueArray(fc.tuple(day, change), { selector: ([at]) => at, maxLength: 10 }),
    owner: fc.constantFrom('rita', 'rolf'),
  });
  /** The events of a deal, each on a day of its own, recorded in any order. */
  const eventsOf = (
    { openedOn, amount, closesOn, changes, owner }: typeof anyDeal extends fc.Arbitrary<infer D> ? D : never,
    index: number,
  ) => {
    const id = `deal-${index}`;
    const facts = {
      ...(amount !== undefined && { amount: money(amount) }),
      ...(closesOn && { expectedCloseOn: closesOn }),
    };
    const events = [
      event(id, 'OpportunityOpened', on(openedOn), { stage: 'demo', owner, ...facts }) as StoredEvent<OpportunityEvent>,
    ];
    for (const [at, { type, ...data }] of changes) {
      if (at === openedOn) continue;
      const context: Context = { now: on(at), mode: 'backfill', definition: () => undefined, idOf: String };
      const sent = { type, data: { opportunityId: id, ...data } } as unknown as OpportunityCommand;
      const decided = opportunityDecider.decide(foldDeal(events), sent, context);
      if (!(decided instanceof Refused))
        events.push(...decided.map((one) => event(id, one.type, on(at), one.data) as StoredEvent<OpportunityEvent>));
    }
    return events;
  };

  it('are those of two snapshots and what was between them, and add up to the cent, with every filter', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyDeal, { minLength: 1, maxLength: 8 }),
        fc.constantFrom(undefined, { from: '2024-03-01', to: '2024-04-01' }),
        async (all, closing) => {
          const worlds = all.map(eventsOf);
          const models = await modelsOf(PROJECTIONS, worlds.flat());
          const scope = { from: '2024-02-01', to: '2024-03-01' };
          const { cells } = await waterfallAsked(models, scope, closing);
          const [from, to] = ['2024-02-01T00:00:00.000Z', '2024-03-01T00:00:00.000Z'];
          const expected = byBruteForce(worlds, from, to, closing);
          for (const cell of Object.keys(waterfallCells))
            expect([cell, cells[cell]]).toEqual([cell, expected[cell] ?? {}]);
          isBalanced(cells);
          const byOwner = await Promise.all(
            ['rita', 'rolf'].map((owner) =>
              waterfallAsked(models, { ...scope, filters: { owner: { in: [owner] } } }, closing),
            ),
          );
          for (const one of byOwner) isBalanced(one.cells);
          for (const cell of Object.keys(waterfallCells))
            for (const currency of Object.keys(cells[cell]!))
              expect(byOwner.reduce((sum, one) => sum + (one.cells[cell]![currency] ?? 0), 0)).toBe(
                cells[cell]![currency],
              );
        },
      ),
      { numRuns: repetitions(120, 3000) },
    );
  });
});
