import {
  commands,
  currencyCode,
  day,
  events,
  instant,
  integer,
  list,
  moneySum,
  object,
  oneOf,
  optional,
  real,
  ref,
  text,
  To,
  type CommandOf,
  type EventOf,
} from '@baton/kernel';
import { creditModels } from '../../models/models.rules';
import { periodDimensions } from '../../read/attribution/attribution.rules';

const periodId = ref('period', 'Id of the frozen period: 2024-Q1.');
const name = optional(text('Name of the period in reports.', { min: 1, max: 200 }));
const days = {
  from: day('First day of the period.'),
  to: day('… and the last one, which counts to its end.'),
  timeZone: text('IANA time zone of the days and months.', { min: 1, max: 100 }),
};
const shortText = (description: string) => text(description, { min: 1, max: 50 });
const currency = optional(currencyCode('Only deals in this currency.'));

const credited = {
  conversions: real('Won deals, as credited fractions.'),
  revenue: list(moneySum(), 'One sum per currency, by code; currencies without an amount are omitted.'),
};
const figures = {
  startsAt: instant('Start of the first day.'),
  endsAt: instant('End of the last day, exclusive.'),
  model: oneOf(creditModels, 'The model.'),
  by: oneOf(periodDimensions, 'What the rows are.'),
  lookback: shortText('Look-back: how long before the close touches count.'),
  attribution: ref('definition', 'Attribution definition used, `attribution@0`.'),
  channelRules: ref('definition', 'Channel rules used, `channel-rules@0`.'),
  position: text('Position of the log up to which events were included.', { max: 100 }),
  currencies: list(currencyCode(), 'Currencies of the deals, by code.'),
  rows: list(
    object({ key: optional(text('Key of the row; absent if not stated.', { max: 500 })), ...credited }),
    'Rows by key; rows and unattributed add up to total.',
    { max: 5000 },
  ),
  unattributed: object(credited, 'Deals without a touch in the look-back.'),
  total: object(credited, 'All deals of the period.'),
  outsideWindow: optional(
    object(
      { touches: integer('Touches that would count without a look-back.'), ...credited },
      'Touches outside the look-back and the credit they would get; absent without a look-back.',
    ),
  ),
};

export const periodEvents = events({
  PeriodFrozen: {
    version: 1,
    description: 'The attribution of a period was frozen as known at that time. It never changes.',
    sentence: 'The attribution of {from} to {to} ({timeZone}) was frozen: {model} by {by}, look-back {lookback}',
    periodId,
    name,
    ...days,
    currency,
    ...figures,
    hash: text('SHA-256, in hex, over the canonical JSON (RFC 8785) of all other fields.', { min: 64, max: 64 }),
  },
});
export type PeriodEvent = EventOf<typeof periodEvents>;
export type FrozenFacts = Omit<PeriodEvent['data'], 'hash'>;

/** The command of a caller: the query. */
export const freezeCommands = commands('period', {
  FreezePeriod: {
    description: 'Freeze the attribution of a period as it is known now; later restatements are shown as deltas to it.',
    allow: ['revops'],
    periodId,
    name,
    ...days,
    model: optional(oneOf(creditModels, 'The model; by default that of the definition in force.')),
    by: optional(oneOf(periodDimensions, 'What the rows are; channel by default.')),
    lookback: optional(
      shortText('Look-back: how long before the close touches count, an ISO 8601 duration (`P90D`) or `none`.'),
    ),
    currency,
  },
});
export type FreezeCommand = CommandOf<typeof freezeCommands>;

/** The command that is decided: the query with its result, which only Baton computes. */
export const periodCommands = commands('period', {
  FreezePeriod: {
    description: 'Record the figures of a period.',
    periodId,
    name,
    ...days,
    currency,
    ...figures,
    hash: text('', { min: 64, max: 64 }),
  },
});
export type PeriodCommand = CommandOf<typeof periodCommands>;

/** Sends a command to a period. */
export class ToPeriod extends To<FreezeCommand> {}
