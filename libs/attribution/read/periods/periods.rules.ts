import type { Instant, Money, Position, Recorded } from '@baton/kernel';
import type { JourneyEvent } from '../../write/journey/journey.events';
import { rowsBy, type Credited, type Dimension } from '../attribution/attribution.rules';
import { journeys, type JourneyDocument } from '../journeys/journeys.projection';

/** What a report says: its rows and unattributed sum to the total. */
export interface Figures {
  readonly rows: readonly ({ readonly key: string | null } & Credited)[];
  readonly unattributed: Credited;
  readonly total: Credited;
}

const none: Credited = { conversions: 0, revenue: null };
export const noFigures: Figures = { rows: [], unattributed: none, total: none };

/**
 * What changed from one report to another.
 * @param currency the only one there is; null: money is left out
 * @returns only keys that changed; sums as its two reports do
 */
export const difference = (by: Dimension, after: Figures, before: Figures, currency: string | null): Figures => {
  const minus = (a: Credited = none, b: Credited = none): Credited => ({
    conversions: a.conversions - b.conversions,
    revenue: currency === null ? null : { minor: (a.revenue?.minor ?? 0) - (b.revenue?.minor ?? 0), currency },
  });
  const keys = rowsBy<{ now?: Credited; then?: Credited }>(by);
  for (const row of after.rows) keys.at(row.key, () => ({})).now = row;
  for (const row of before.rows) keys.at(row.key, () => ({})).then = row;
  const rows = keys
    .entries()
    .map(([key, { now, then }]) => ({ key, ...minus(now, then) }))
    .filter(({ conversions, revenue }) => conversions !== 0 || (revenue?.minor ?? 0) !== 0);
  return {
    rows,
    unattributed: minus(after.unattributed, before.unattributed),
    total: minus(after.total, before.total),
  };
};

/** A journey as it stood from one event on, and why it came to be so. */
export interface JourneyVersion {
  readonly journey: JourneyDocument;
  /** `closed`, `reopened`, or the cause of the restatement. */
  readonly cause: string;
  readonly at: Instant;
  readonly position: Position;
}

/**
 * Every state of a journey that its stream tells up to a position, oldest first. A list in parts is one state.
 */
export const versionsOf = (
  journeyId: string,
  events: readonly Recorded<JourneyEvent>[],
  until: Position,
): readonly JourneyVersion[] => {
  const versions: JourneyVersion[] = [];
  let journey = journeys.initial(journeyId);
  for (const event of events) {
    if (event.position > until) break;
    journey = journeys.fold(journey, event, journeyId);
    if (journey.gathered) continue;
    const { type, data, occurredAt: at, position } = event;
    const cause = type === 'JourneyRestated' ? data.cause : type === 'JourneyClosed' ? 'closed' : 'reopened';
    versions.push({ journey, cause, at, position });
  }
  return versions;
};

/** The single currency of some deals; null for none, and for several. */
export const onlyCurrency = (currencies: Iterable<string>): string | null => {
  const all = [...new Set(currencies)];
  return all.length === 1 ? all[0]! : null;
};

/** Money of a stored figure: absent is null. */
export const stored = ({
  conversions,
  revenue,
}: {
  readonly conversions: number;
  readonly revenue?: Money;
}): Credited => ({ conversions, revenue: revenue ?? null });
