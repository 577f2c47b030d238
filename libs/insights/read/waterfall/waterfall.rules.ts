import { dealChangeFact } from '../../figures/facts/changes.fact';
import { notOpened, movesByDeal, type DealMove, type DealState } from '../../figures/facts/deal-moves.rules';
import { dealFact } from '../../figures/facts/deals.fact';
import {
  instantOf,
  madeFact,
  numberOf,
  textIn,
  textOf,
  type Fact,
  type MadeFrom,
  type PackedRows,
} from '../../figures/fact.rules';
import type { Day } from '@baton/kernel';
import type { Range } from '../../figures/evaluate.rules';
import { figure, sum, type Figure } from '../../figures/figure.rules';

/** The cells of a waterfall: start + entered + increased − decreased − left = end. */
export const waterfallCells = {
  start: 'Amounts of the deals in scope at the beginning.',
  created: 'Amounts of deals on being opened in scope.',
  reopened: 'Amounts of deals on being reopened in scope.',
  'pulled-in': 'Amounts of deals whose expected close moved into the closing period.',
  'first-amount': 'Amounts that deals got without which they could not be in scope.',
  increased: 'What the amounts of deals grew by while they were in scope.',
  decreased: 'What the amounts of deals shrank by while they were in scope.',
  pushed: 'Amounts of deals whose expected close left the closing period.',
  lost: 'Amounts of deals on being lost.',
  won: 'Amounts of deals on being won.',
  end: 'Amounts of the deals in scope at the end.',
} as const;
export type WaterfallCell = keyof typeof waterfallCells;
/** Where an expected close went that left the closing period. */
export const pushDirections = { later: 'To a later day.', earlier: 'To an earlier day.', none: 'It was cleared.' };
export type PushDirection = keyof typeof pushDirections;

/** What the days of an expected close must be in; the end is not in it. */
export interface ClosingPeriod {
  readonly from: Day;
  readonly to: Day;
}
/** What a deal adds to a cell, in one currency; amounts are minor units, and those of decreases and exits are not negative. */
export interface WaterfallPart {
  readonly cell: WaterfallCell;
  readonly currency: string | null;
  /** Null for a deal without an amount, at the beginning or the end. */
  readonly minor: number | null;
  readonly at: number;
  readonly direction?: PushDirection;
  readonly before: DealState;
  readonly after: DealState;
}

const isIn = ({ isOpened, status, closesOn }: DealState, closing: ClosingPeriod | undefined): boolean =>
  isOpened &&
  status === 'open' &&
  (!closing || (closesOn !== undefined && closesOn >= closing.from && closesOn < closing.to));
/** Why a deal that is in scope now was not before. */
const entryOf = (before: DealState, closing: ClosingPeriod | undefined): WaterfallCell => {
  if (!before.isOpened) return 'created';
  if (before.status !== 'open') return 'reopened';
  return isIn(before, closing) ? 'first-amount' : 'pulled-in';
};
/** Why a deal that was in scope is not any more; undefined if its amount is in another currency now. */
const exitOf = (
  { status, closesOn }: DealState,
  closing: ClosingPeriod | undefined,
): Pick<WaterfallPart, 'cell' | 'direction'> | undefined => {
  if (status === 'won' || status === 'lost') return { cell: status };
  if (!closing || (closesOn !== undefined && closesOn >= closing.from && closesOn < closing.to)) return undefined;
  const direction = closesOn === undefined ? 'none' : closesOn < closing.from ? 'earlier' : 'later';
  return { cell: 'pushed', direction };
};

/**
 * What a deal adds to the cells of a waterfall: net, so that leaving and returning in between is a difference only.
 * @param moves its changes in their order, those of one instant too
 * @param range the state just before its beginning is that of the beginning, and so for its end
 * @param closing without it all open deals are in scope, and none is pulled in or pushed
 */
export const waterfallOf = (
  moves: readonly DealMove[],
  { from, to }: Range,
  closing?: ClosingPeriod,
): readonly WaterfallPart[] => {
  const before = moves.findLast(({ at }) => at < from) ?? notOpened;
  const after = moves.findLast(({ at }) => at < to) ?? notOpened;
  const between = moves.filter(({ at }) => at >= from && at < to);
  const currencies = new Set([before, ...between].flatMap(({ currency }) => currency ?? []));
  const parts = [...currencies].flatMap((currency) => partsIn(currency, { before, between, after }, closing));
  const unpriced = (cell: 'start' | 'end', state: DealState, at: number): readonly WaterfallPart[] =>
    isIn(state, closing) && state.minor === undefined
      ? [{ cell, currency: null, minor: null, at, before: state, after: state }]
      : [];
  return [
    ...unpriced('start', before, from),
    ...parts.map((part) => ({ ...part, at: part.cell === 'start' ? from : part.cell === 'end' ? to - 1 : part.at })),
    ...unpriced('end', after, to - 1),
  ];
};

const partsIn = (
  currency: string,
  { before, between, after }: { before: DealState; between: readonly DealMove[]; after: DealState },
  closing: ClosingPeriod | undefined,
): readonly WaterfallPart[] => {
  /** The amount of a deal in scope; undefined for one that is not. */
  const amountOf = (state: DealState): number | undefined =>
    isIn(state, closing) && state.currency === currency ? state.minor : undefined;
  const start = amountOf(before);
  const end = amountOf(after);
  const states = [before, ...between];
  const crossings = between.map((move, index) => ({ move, earlier: states[index]! }));
  const entry = crossings.find(({ move, earlier }) => amountOf(earlier) === undefined && amountOf(move) !== undefined);
  const exit = crossings.findLast(
    ({ move, earlier }) => amountOf(earlier) !== undefined && amountOf(move) === undefined,
  );
  const parts: WaterfallPart[] = [];
  const add = (part: Omit<WaterfallPart, 'currency'>): void => void parts.push({ ...part, currency });
  if (start !== undefined) add({ cell: 'start', minor: start, at: 0, before, after: before });
  let first = start;
  if (start === undefined && entry) {
    // What else happened at the instant of the entry does not say why: a deal that is opened gets its amount there too.
    const then = states.findLast((state) => !('at' in state) || (state as DealMove).at < entry.move.at)!;
    first = amountOf(entry.move)!;
    add({ cell: entryOf(then, closing), minor: first, at: entry.move.at, before: then, after: entry.move });
  }
  if (first === undefined) return parts;
  const leaving = end === undefined ? exitOf(exit!.move, closing) : undefined;
  const last = end ?? (leaving ? amountOf(exit!.earlier)! : 0);
  const changed = crossings.findLast(({ move, earlier }) => amountOf(move) !== amountOf(earlier));
  const lastAt = end === undefined ? exit!.move.at : (changed?.move.at ?? 0);
  const earlier = start === undefined ? entry!.move : before;
  const later = end !== undefined ? after : leaving ? exit!.earlier : exit!.move;
  if (last !== first)
    add({
      ...{ cell: last > first ? 'increased' : 'decreased', minor: Math.abs(last - first), at: lastAt },
      ...{ before: earlier, after: later },
    });
  if (leaving) add({ ...leaving, minor: last, at: lastAt, before: exit!.earlier, after: exit!.move });
  if (end !== undefined) add({ cell: 'end', minor: end, at: 0, before: after, after });
  return parts;
};

/** A part with its deal. */
export interface WaterfallRow extends WaterfallPart {
  readonly opportunityId: string;
  /** The place of the deal among the packed deals; undefined for one that is not there. */
  readonly deal: number | undefined;
}

/** The dimensions of deals that are columns of them. */
const ownDimensions = [
  ...new Set(Object.values(dealFact.dimensions).map((one) => (typeof one === 'string' ? one : one.through))),
];
/** What a waterfall is made of: one row for each part. */
const rowsOf = (
  { rowsOf: rows }: MadeFrom,
  range: Range,
  closing: ClosingPeriod | undefined,
): readonly WaterfallRow[] => {
  const deals = rows(dealFact);
  return [...movesByDeal(rows)].flatMap(([opportunityId, moves]) => {
    const deal = deals.placeOf(opportunityId);
    return waterfallOf(moves, range, closing).map((part) => ({ ...part, opportunityId, deal }));
  });
};

/** A waterfall: the figures of its cells, and the rows that they are made of by their ids once they were asked for. */
export interface Waterfall {
  readonly figures: ReadonlyMap<WaterfallCell | `pushed-${PushDirection}`, Figure>;
  readonly rows: ReadonlyMap<string, WaterfallRow>;
}
/**
 * The waterfall between two instants, as figures over one row for each deal, cell and currency.
 * @param closing only deals whose expected close is in it
 */
export const waterfallBetween = (range: Range, closing: ClosingPeriod | undefined): Waterfall => {
  const found = new Map<string, WaterfallRow>();
  let deals: PackedRows | undefined;
  const ofDeal = (column: string) =>
    textOf<WaterfallRow>(({ deal }) => (deal === undefined ? undefined : textIn(deals!, column, deal)));
  const fact: Fact = madeFact<WaterfallRow>({
    name: 'parts of a waterfall',
    description: 'What a deal adds to a cell of a waterfall.',
    entity: 'Opportunity',
    from: [dealChangeFact, dealFact],
    *rows(from) {
      deals = from.rowsOf(dealFact);
      for (const row of rowsOf(from, range, closing)) {
        const id = `${row.opportunityId}:${row.cell}:${row.currency ?? ''}`;
        found.set(id, row);
        yield { id, entity: row.opportunityId, row };
      }
    },
    columns: {
      ...Object.fromEntries(ownDimensions.map((column) => [column, ofDeal(column)])),
      at: instantOf(({ at }) => at),
      cell: textOf(({ cell }) => cell),
      direction: textOf(({ direction }) => direction),
      amount: numberOf(({ minor }) => minor),
      currency: textOf(({ currency }) => currency),
    },
    dimensions: dealFact.dimensions,
  });
  const cell = (code: string, title: string, where: { cell: WaterfallCell; direction?: PushDirection }): Figure =>
    figure({
      ...{ code, title, unit: 'money', formula: waterfallCells[where.cell] },
      rows: { fact, where, time: { at: 'at' } },
      value: sum('amount'),
    });
  const cells = Object.keys(waterfallCells) as WaterfallCell[];
  const directions = Object.keys(pushDirections) as PushDirection[];
  return {
    figures: new Map([
      ...cells.map((code) => [code, cell(code, code, { cell: code })] as const),
      ...directions.map(
        (to) => [`pushed-${to}`, cell(`pushed-${to}`, `pushed ${to}`, { cell: 'pushed', direction: to })] as const,
      ),
    ]),
    rows: found,
  };
};
