import {
  exactDifference,
  moneyDifference,
  MoneySums,
  type Instant,
  type MoneySum,
  type Position,
  type StoredEvent,
} from '@baton/kernel';
import type { JourneyEvent } from '../../write/journey/journey.events';
import { rowsBy, type Credited, type Dimension } from '../attribution/attribution.rules';
import { journeys, type JourneyDocument } from '../journeys/journeys.projection';

/** The figures of a report: rows and unattributed sum to the total. */
export interface Figures {
  readonly rows: readonly ({ readonly key: string | null } & Credited)[];
  readonly unattributed: Credited;
  readonly total: Credited;
}

const none: Credited = { conversions: 0, revenue: [] };
export const noFigures: Figures = { rows: [], unattributed: none, total: none };

/**
 * The difference between two reports.
 * @param currencies of all amounts concerned; each has its own difference
 * @returns only keys that changed; they sum as the two reports do
 */
export const figuresDifference = (
  by: Dimension,
  after: Figures,
  before: Figures,
  currencies: readonly string[],
): Figures => {
  const less = (a: Credited = none, b: Credited = none): Credited => ({
    conversions: exactDifference(a.conversions, b.conversions),
    revenue: new MoneySums().addAll(moneyDifference(a.revenue, b.revenue)).list(currencies),
  });
  const keys = rowsBy<{ now?: Credited; then?: Credited }>(by);
  for (const row of after.rows) keys.at(row.key, () => ({})).now = row;
  for (const row of before.rows) keys.at(row.key, () => ({})).then = row;
  const rows = keys
    .entries()
    .map(([key, { now, then }]) => ({ key, ...less(now, then) }))
    .filter(({ conversions, revenue }) => conversions !== 0 || revenue.some(({ minor }) => minor !== 0));
  return {
    rows,
    unattributed: less(after.unattributed, before.unattributed),
    total: less(after.total, before.total),
  };
};

/** A journey as of one event, and why it changed. */
export interface JourneyVersion {
  readonly journey: JourneyDocument;
  /** `closed`, `reopened`, or the reasons of the restatement. */
  readonly reasons: readonly string[];
  readonly at: Instant;
  readonly position: Position;
}

/** Every state of a journey in its stream up to a position, oldest first. A statement in parts is one state. */
export const versionsOf = (
  journeyId: string,
  events: readonly StoredEvent<JourneyEvent>[],
  until: Position,
): readonly JourneyVersion[] => {
  const versions: JourneyVersion[] = [];
  let journey = journeys.initial(journeyId);
  for (const event of events) {
    if (event.position > until) break;
    journey = journeys.fold(journey, event, journeyId);
    if (journey.gathered) continue;
    const { type, data, occurredAt: at, position } = event;
    const reasons = type === 'JourneyRestated' ? data.reasons : [type === 'JourneyClosed' ? 'closed' : 'reopened'];
    versions.push({ journey, reasons, at, position });
  }
  return versions;
};

/** The amounts of a stored figure, which omits currencies without an amount, in every currency of the report. */
export const stored = (
  { conversions, revenue }: { readonly conversions: number; readonly revenue: readonly MoneySum[] },
  currencies: readonly string[],
): Credited => ({ conversions, revenue: new MoneySums().addAll(revenue).list(currencies) });

/** A figure as stored: without currencies that have no amount. */
export const written = ({ conversions, revenue }: Credited) => ({
  conversions,
  revenue: revenue.filter(({ minor }) => minor !== 0),
});
