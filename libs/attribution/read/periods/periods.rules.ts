import {
  enumeration,
  field,
  exactDifference,
  moneyDifference,
  MoneySums,
  type EnumerationValue,
  objectFields,
  type Instant,
  type MoneySum,
  type ObjectOf,
  type Position,
  type StoredEvent,
} from '@baton/kernel';
import { restatementReasons, type JourneyEvent } from '../../write/journey/journey.events';
import type { FrozenFacts } from '../../write/period/period.events';
import { OUTSIDE, outsideField } from '../attribution/window.rules';
import { rowsBy, warningsField, type Credited, type Dimension } from '../attribution/attribution.rules';
import { journeys, type JourneyDocument } from '../journeys/journeys.projection';

const creditFields = {
  conversions: field.number('Conversions, in fractions.'),
  revenue: field.money('One sum for every currency of the period, by code; none without amounts.', { list: true }),
} as const;
const credit = objectFields('PeriodCredit', 'Credited conversions and revenue, or a difference of them.', creditFields);
export const periodFigures = objectFields(
  'PeriodFigures',
  'The figures of a period; rows and unattributed sum to total.',
  {
    rows: field.object(
      objectFields('PeriodRow', 'What one key earned, or the difference.', {
        ...creditFields,
        key: field.text('The channel, campaign, month …; null: not stated.', { nullable: true }),
      }),
      'By key.',
      { list: true },
    ),
    unattributed: field.object(credit, 'Deals without a touch in the window.'),
    total: field.object(credit, 'All deals of the period.'),
  },
);
export type Figures = ObjectOf<typeof periodFigures.fields>;

/** Why a frozen period would have other figures now. */
export const periodReasons = enumeration('PeriodRestatementReason', 'Why a deal changes the figures of a period.', {
  closed: 'The deal closed.',
  reopened: 'The deal was opened again.',
  'earlier-conversion': 'Another deal of its people changed.',
  ...restatementReasons.meanings,
});
export type PeriodReason = EnumerationValue<typeof periodReasons>;

const restatement = objectFields(
  'PeriodRestatement',
  'A change of one deal since the period was frozen, and what it did to the figures.',
  {
    journeyId: field.id('The deal’s id.', { entity: 'Opportunity', entityName: 'opportunity' }),
    reasons: field.enum(periodReasons, 'Why it changes the figures.', { list: true }),
    at: field.instant('When what changed it happened; null for what follows from another deal.', { nullable: true }),
    position: field.text('The log up to here tells of it.'),
    difference: field.object(periodFigures, 'What it did; only keys that it changed.'),
  },
);
export type PeriodRestatement = ObjectOf<typeof restatement.fields>;
export const delta = objectFields(
  'PeriodDelta',
  'A frozen period, the same question now, and all that changed in between.',
  {
    periodId: field.id('What was frozen.', { entity: 'FrozenPeriod' }),
    now: field.object(periodFigures, 'The same question now, under the same versions of the definitions.'),
    difference: field.object(periodFigures, 'Now less frozen; only keys that changed.'),
    outsideWindow: outsideField(`Of the answer now: ${OUTSIDE}`),
    restated: field.integer('How many restatements there are.'),
    restatements: field.object(
      restatement,
      'In the order of the log; they sum to the difference: money exactly, conversions to 1e-9.',
      { list: true },
    ),
    warnings: warningsField,
  },
);

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

/** The figures of a frozen period, as reports give them. */
export const figuresOf = ({
  rows,
  unattributed,
  total,
  currencies,
}: Pick<FrozenFacts, keyof Figures | 'currencies'>): Figures => ({
  rows: rows.map(({ key, ...credited }) => ({ key: key ?? null, ...stored(credited, currencies) })),
  unattributed: stored(unattributed, currencies),
  total: stored(total, currencies),
});

/** A figure as it is stored: without the currencies that it has no amount in. */
export const written = ({ conversions, revenue }: Credited) => ({
  conversions,
  revenue: revenue.filter(({ minor }) => minor !== 0),
});
