import {
  enumeration,
  exactDifference,
  moneyDifference,
  MoneySums,
  type EnumerationValue,
  type Instant,
  type MoneySum,
  type Position,
  type StoredEvent,
} from '@baton/kernel';
import { restatementReasons, type JourneyEvent } from '../../write/journey/journey.events';
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

/** Why a frozen period would have other figures now. */
export const periodReasons = enumeration('PeriodRestatementReason', 'Why a deal changes the figures of a period.', {
  closed: 'The deal closed.',
  reopened: 'The deal was opened again.',
  'earlier-conversion': 'Another deal of its people changed.',
  ...restatementReasons.meanings,
});
export type PeriodReason = EnumerationValue<typeof periodReasons>;

/** A journey as it stood from one event on, and why it came to be so. */
export interface JourneyVersion {
  readonly journey: JourneyDocument;
  readonly reasons: readonly PeriodReason[];
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
    const reasons: readonly PeriodReason[] =
      type === 'JourneyRestated' ? data.reasons : [type === 'JourneyClosed' ? 'closed' : 'reopened'];
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
