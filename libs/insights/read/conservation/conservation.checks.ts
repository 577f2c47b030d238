import { DAY_MS, fromMs, toMs, type Balance, type Instant } from '@baton/kernel';
import { attribution, builtInMethod } from '@baton/attribution';
import { deliveries, leads } from '@baton/leads';
import { deals } from '@baton/opportunities';
import type { ReadModels } from '@baton/platform/documents';
import { conservationCheck } from '@baton/platform/health';
import { figures } from '../../figures/catalogue.rules';
import { colleagueFact } from '../../figures/facts/colleagues.fact';
import { ExactNumber, type Exact } from '../../figures/exact.rules';
import { builtInOfFigures } from '../../figures/figures.query';
import { isAdditive, type Figure } from '../../figures/figure.rules';
import { shownFigures } from '../../figures/shown-figures.query';
import { waterfallCellsOf } from '../waterfall/waterfall.query';

/** By key, in order; a key that one side lacks is 0 there. */
const balanced = (
  left: ReadonlyMap<string, string | number>,
  right: ReadonlyMap<string, string | number>,
): readonly Balance[] =>
  [...new Set([...left.keys(), ...right.keys()])]
    .sort()
    .map((of) => ({ of, left: String(left.get(of) ?? 0), right: String(right.get(of) ?? 0) }));

type Shown = Awaited<ReturnType<typeof shownFigures>>['figures'][number];
const asked = async (
  models: ReadModels,
  codes: readonly string[],
  at: Instant,
  by?: string,
): Promise<readonly Shown[]> => (await shownFigures(models, codes, { by }, at, builtInOfFigures)).figures;
const numberOf = ({ total }: Shown): number => Number(total[0]?.value ?? 0);
const countsOf = ({ groups }: Shown): ReadonlyMap<string, number> =>
  new Map(groups.map(({ key, values }) => [key ?? '(without)', Number(values[0]!.value)]));

const dispositions = ['accepted', 'rejected', 'recycled', 'disqualified', 'waiting'];
const handoffsCheck = conservationCheck({
  name: 'handoffs-by-disposition',
  description: 'Each handoff has one disposition: accepted, rejected, recycled, disqualified, or waiting.',
  left: 'handoffs by disposition',
  right: 'handoffs that were delivered',
  balances: async (models: ReadModels, at) => {
    const [byDisposition] = await asked(models, ['handoffs'], at, 'disposition');
    const counts = countsOf(byDisposition!);
    const delivered = await models.count(deliveries, { kind: { eq: 'handed-off' } });
    const all = dispositions.reduce((sum, one) => sum + (counts.get(one) ?? 0), 0);
    return [{ of: 'handoffs', left: String(all), right: String(delivered) }];
  },
});

const stagesCheck = conservationCheck({
  name: 'stages-of-people',
  description: 'Everybody is in one lifecycle stage: stays that have not ended add up to people.',
  left: 'stays that have not ended',
  right: 'people',
  balances: async (models: ReadModels, at) => {
    const [stays] = await asked(models, ['leads-in-stage'], at, 'stage');
    const people = await models.aggregate(leads, {
      where: { mergedInto: { eq: null }, capturedAt: { ne: null } },
      by: ['stage'],
      measures: { leads: 'count' },
    });
    return balanced(
      countsOf(stays!),
      new Map(people.map(({ keys: [stage], values }) => [String(stage), Number(values['leads'])])),
    );
  },
});

const dealsCheck = conservationCheck({
  name: 'deals-by-status',
  description: 'Each deal is open, won or lost.',
  left: 'open, won and lost deals of the figures',
  right: 'deals of the list',
  balances: async (models: ReadModels, at) => {
    const all = await asked(models, ['open-deals', 'won-deals', 'lost-deals'], at);
    const stored = await models.count(deals, { openedAt: { ne: '' } });
    return [{ of: 'deals', left: String(all.reduce((sum, one) => sum + numberOf(one), 0)), right: String(stored) }];
  },
});

/** Times are shown with twelve places, each group rounded by itself: what they differ by beyond nine is no fault. */
const PLACES = 9;
/** The amounts, counts and times of a figure, by currency. */
const valuesOf = (name: string, values: Shown['total']): readonly (readonly [string, Exact])[] =>
  values.map(({ amount, value }) => [
    amount === null ? name : `${name} in ${amount.currency}`,
    new ExactNumber(amount === null ? (value ?? 0) : amount.minor),
  ]);
const rowsCheck = conservationCheck({
  name: 'groups-of-figures',
  description: 'The groups of each figure that adds up add up to its total, by each dimension.',
  left: 'sum of the groups',
  right: 'total',
  balances: async (models: ReadModels, at) => {
    const found: Balance[] = [];
    const additive = figures.filter((figure) => isAdditive(figure));
    for (const fact of new Set(additive.map(({ rows }) => rows.fact)))
      for (const [dimension, column] of Object.entries(fact.dimensions)) {
        if (typeof column !== 'string') continue;
        const own = additive.filter(({ rows }: Figure) => rows.fact === fact).map(({ code }) => code);
        for (const one of await asked(models, own, at, dimension)) {
          const sums = new Map<string, Exact>();
          const name = `${one.code} by ${dimension}`;
          for (const [of, amount] of one.groups.flatMap(({ values }) => valuesOf(name, values)))
            sums.set(of, amount.plus(sums.get(of) ?? 0));
          const texts = (of: Iterable<readonly [string, Exact]>) =>
            new Map([...of].map(([key, amount]) => [key, amount.toDecimalPlaces(PLACES).toFixed()]));
          found.push(...balanced(texts(sums), texts(valuesOf(name, one.total))));
        }
        await new Promise((resume) => setImmediate(resume)); // others are answered in between
      }
    return found;
  },
});

const creditsCheck = conservationCheck({
  name: 'credits-of-revenue',
  description: 'What won deals earned is credited to touches, or is unattributed.',
  left: 'credited and unattributed revenue',
  right: 'amounts of won deals',
  balances: async (models: ReadModels, at) => {
    const report = await attribution(models, { ...builtInMethod, model: 'linear', by: 'channel' });
    const credited = new Map<string, bigint>();
    for (const { revenue } of [...report.rows, report.unattributed])
      for (const { minor, currency } of revenue) credited.set(currency, (credited.get(currency) ?? 0n) + BigInt(minor));
    const [won] = await asked(models, ['won-amount'], at);
    return balanced(
      new Map([...credited].map(([currency, minor]) => [currency, String(minor)])),
      new Map(won!.total.flatMap(({ amount }) => (amount ? [[amount.currency, String(amount.minor)]] : []))),
    );
  },
});

/** What a cell adds to what was open at the beginning. */
const signs: Readonly<Partial<Record<string, bigint>>> = {
  ...{ start: 1n, created: 1n, reopened: 1n, 'pulled-in': 1n, 'first-amount': 1n, increased: 1n },
  ...{ decreased: -1n, pushed: -1n, lost: -1n, won: -1n },
};
const WATERFALL_DAYS = 90;
const waterfallCheck = conservationCheck({
  name: 'waterfall',
  description: 'What was open 90 days ago, and what changed since, is what is open now.',
  left: 'start of the waterfall and its changes',
  right: 'amounts of the open deals',
  balances: async (models: ReadModels, at) => {
    // An event of this very millisecond is in what is open, and not yet in a period that ends now.
    const period = { from: fromMs(toMs(at) - WATERFALL_DAYS * DAY_MS), to: fromMs(toMs(at) + 1) };
    const cells = await waterfallCellsOf(models, period, at, builtInOfFigures);
    const added = new Map<string, bigint>();
    for (const { cell, total } of cells)
      for (const { amount } of total)
        if (amount)
          added.set(amount.currency, (added.get(amount.currency) ?? 0n) + (signs[cell] ?? 0n) * BigInt(amount.minor));
    const [open] = (await shownFigures(models, ['open-amount'], period, at, builtInOfFigures)).figures;
    return balanced(
      new Map([...added].map(([currency, minor]) => [currency, String(minor)])),
      new Map(open!.total.flatMap(({ amount }) => (amount ? [[amount.currency, String(amount.minor)]] : []))),
    );
  },
});

const managersCheck = conservationCheck({
  name: 'managers',
  description: 'Nobody reports to themselves, by whatever chain.',
  left: 'people who report to themselves',
  right: 'none',
  balances: async (models: ReadModels) => {
    const { alive, count, numbers, texts } = await models.columns(colleagueFact.columns);
    const latest = new Map<string, { readonly from: number; readonly manager: string | undefined }>();
    const [people, managers] = [texts['personId']!, texts['manager']!];
    for (let row = 0; row < count; row++) {
      if (!alive[row]) continue;
      const person = people.words[people.codes[row]!]!;
      const from = Number.isNaN(numbers['from']![row]!) ? -Infinity : numbers['from']![row]!;
      if (from >= (latest.get(person)?.from ?? -Infinity))
        latest.set(person, { from, manager: managers.words[managers.codes[row]!] });
    }
    return [...latest.keys()].sort().map((person): Balance => {
      const seen = new Set<string>();
      let above = latest.get(person)!.manager;
      while (above !== undefined && above !== person && !seen.has(above)) {
        seen.add(above);
        above = latest.get(above)?.manager;
      }
      return { of: person, left: above === person ? '1' : '0', right: '0' };
    });
  },
});

/** What must hold between read models. To add one, add a line here. */
export const conservationChecks = [
  handoffsCheck,
  stagesCheck,
  dealsCheck,
  rowsCheck,
  creditsCheck,
  waterfallCheck,
  managersCheck,
];
