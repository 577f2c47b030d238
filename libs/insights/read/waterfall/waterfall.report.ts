import { enumeration, field, fromMs, objectFields, roles, type Instant } from '@baton/kernel';
import { pageOf } from '@baton/platform/documents';
import { report, type ReportContext } from '@baton/platform/report';
import { rowsBehind, type MethodOfFigures, type Scope } from '../../figures/figures.query';
import {
  erasedCount,
  group,
  groupArguments,
  groupOf,
  methodOfScope,
  scopeOf,
  value,
} from '../../figures/figures.report';
import { rangeOf, scopePeriod } from '../../figures/scope.rules';
import { closingArguments, closingPeriodOf, dealScopeArguments, type ClosingArgs } from '../deal-scope';
import { waterfallOf } from './waterfall.query';
import {
  pushDirections,
  waterfallBetween,
  waterfallCells,
  type PushDirection,
  type Waterfall,
  type WaterfallCell,
} from './waterfall.rules';

const directions = Object.entries(pushDirections) as [PushDirection, string][];
const cells = enumeration<WaterfallCell | `pushed-${PushDirection}`>(
  'WaterfallCell',
  'A cell of a waterfall: start + created + reopened + pulled in + first amount + increased − decreased − pushed − lost − won = end, in each currency.',
  {
    ...waterfallCells,
    ...(Object.fromEntries(directions.map(([to, words]) => [`pushed-${to}`, `Of the pushed ones: ${words}`])) as Record<
      `pushed-${PushDirection}`,
      string
    >),
  },
);
const nullable = { nullable: true } as const;
export const waterfallCell = objectFields('WaterfallFigure', 'A cell of a waterfall; its amounts are never negative.', {
  cell: field.enum(cells, 'The cell.'),
  formula: field.text('What is added up in it.'),
  total: field.object(value, 'One value per currency, by code.', { list: true }),
  groups: field.object(group, 'One per group, by its number of rows.', { list: true }),
  erased: erasedCount,
});
const dealAt = objectFields('WaterfallDeal', 'A deal before or after what moved it.', {
  amount: field.money('Its amount.', nullable),
  status: field.text('Open, won or lost; null before it was opened.', nullable),
  expectedCloseOn: field.day('Its expected close date.', nullable),
});
const row = objectFields('WaterfallRow', 'What a deal adds to a cell.', {
  id: field.id('The id of the row.'),
  opportunityId: field.id('The deal.', { entity: 'Opportunity' }),
  amount: field.money('What it adds; null for a deal without an amount.', nullable),
  at: field.instant('When it entered, changed last, or left; of the first and last cell the instant itself.'),
  before: field.object(dealAt, 'The deal before.'),
  after: field.object(dealAt, 'The deal after.'),
});

type Asked = Parameters<typeof scopeOf>[0] & ClosingArgs;
const askedFor = ({ closing, closingFrom, closingTo, ...scope }: Asked, at: Instant) => {
  const period = scopePeriod(scope, at);
  const closes = closingPeriodOf({ closing, closingFrom, closingTo }, scope, at);
  return { scope: scopeOf(scope), period, closes, waterfall: waterfallBetween(rangeOf(period), closes) };
};

export const waterfallReport = report({
  name: 'waterfall',
  description:
    'What changed in the open pipeline between two instants, in each currency: what entered, grew, shrank and left.',
  ...{ allow: roles, heavy: 'period' },
  arguments: { ...closingArguments, ...dealScopeArguments },
  answer: field.object(
    objectFields('Waterfall', 'The open pipeline between two instants.', {
      from: field.instant('The first instant.'),
      to: field.instant('The second instant.'),
      closingFrom: field.day('The first day of the expected close dates in scope; null for all.', nullable),
      closingTo: field.day('The day at which they end, itself not in scope; null for all.', nullable),
      complete: field.flag('False while the period has not ended.'),
      position: field.text('The position up to which the log is in it.'),
      cells: field.object(waterfallCell, 'In the order of the equation; the directions of pushed ones last.', {
        list: true,
      }),
    }),
    'The waterfall.',
  ),
  ask: (question, context) => {
    const asked = askedFor(question as Asked, context.at);
    return waterfallOf(context.models, asked, context.at, methodOfScope(asked.scope, context));
  },
});

/** The deals behind a cell, the largest amounts first. */
export const rowsOfCell = async (
  { models, at }: Pick<ReportContext, 'models' | 'at'>,
  { figures, rows }: Waterfall,
  name: WaterfallCell | `pushed-${PushDirection}`,
  scope: Scope,
  of: Omit<Parameters<typeof rowsBehind>[3], 'side'>,
  method: MethodOfFigures,
) => {
  const behind = await rowsBehind(models, figures.get(name)!, scope, { ...of, side: 'denominator' }, at, method);
  return behind
    .map(({ id }) => ({ id, ...rows.get(id)! }))
    .sort((a, b) => (b.minor ?? 0) - (a.minor ?? 0) || (a.id < b.id ? -1 : 1));
};

type State =
  Waterfall['rows'] extends ReadonlyMap<string, infer R> ? (R extends { before: infer S } ? S : never) : never;
const shownState = ({ isOpened, status, minor, currency, closesOn }: State) => ({
  amount: minor === undefined || currency === undefined ? null : { minor, currency },
  ...{ status: isOpened ? status : null, expectedCloseOn: closesOn ?? null },
});
export const waterfallRowsReport = report({
  name: 'waterfallRows',
  description: 'The deals behind a cell of `waterfall`, those that add most first: their number is its support.',
  ...{ allow: roles, heavy: 'period', page: true },
  arguments: {
    cell: field.enum(cells, 'The cell.'),
    ...groupArguments,
    valueCurrency: field.currency('Only what is in this currency.'),
    ...{ ...closingArguments, ...dealScopeArguments },
  },
  answer: field.object(row, 'The rows.'),
  ask: async (question, context: ReportContext) => {
    const { cell: name, key, keyless, others, valueCurrency, ...asked } = question;
    const { scope, waterfall } = askedFor(asked as Asked, context.at);
    const of = groupOf({ by: scope.by, key, keyless, others });
    const method = methodOfScope(scope, context);
    const found = await rowsOfCell(context, waterfall, name, scope, { group: of, currency: valueCurrency }, method);
    return pageOf(
      found.map(({ id, opportunityId, minor, currency, at, before, after }) => ({
        ...{ id, opportunityId, at: fromMs(at), before: shownState(before), after: shownState(after) },
        amount: minor === null || currency === null ? null : { minor, currency },
      })),
      context.page,
      ({ id }) => id,
    );
  },
});
