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
  optional,
  real,
  ref,
  text,
  To,
  type CommandOf,
  type EventOf,
} from '@baton/kernel';

const periodId = ref('period', 'The period’s own name: 2024-Q1.');
const name = optional(text('What it is called in reports.', { min: 1, max: 200 }));
const days = {
  from: day('The first day on which the deals closed …'),
  to: day('… and the last one, which counts to its end.'),
  timeZone: text('IANA zone of these days and of the months.', { min: 1, max: 100 }),
};
const word = (description: string) => text(description, { min: 1, max: 50 });
const currency = optional(currencyCode('Only deals in this currency.'));

const credited = {
  conversions: real('Won deals, in credited fractions.'),
  revenue: list(moneySum(), 'One sum a currency, by code; currencies without an amount are left out.'),
};
const figures = {
  startsAt: instant('The first instant of the first day.'),
  endsAt: instant('The first instant after the last day.'),
  model: word('The model, by its code.'),
  by: word('What the rows are.'),
  lookback: word('The window before the close in which touches count.'),
  attribution: ref('definition', 'The version that decided, `attribution@0`.'),
  channelRules: ref('definition', 'The version that decided, `channel-rules@0`.'),
  position: text('The log up to here was known.', { max: 100 }),
  currencies: list(currencyCode(), 'Of the amounts of the deals, by code.'),
  rows: list(
    object({ key: optional(text('Absent: not stated.', { max: 500 })), ...credited }),
    'By key; rows and unattributed sum to total.',
    { max: 5000 },
  ),
  unattributed: object(credited, 'Deals without a touch in the window.'),
  total: object(credited, 'All deals of the period.'),
  outsideWindow: optional(
    object(
      { touches: integer('Touches that would count without a look-back.'), ...credited },
      'What the look-back left out, and the credit that it would have; absent without one.',
    ),
  ),
};

export const periodEvents = events({
  PeriodFrozen: {
    version: 1,
    description: 'The attribution of a period, as it was known when it was frozen. It never changes.',
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

/** What a caller says: the question. */
export const freezeCommands = commands('period', {
  FreezePeriod: {
    description: 'Freeze the attribution of a period as it is known now; later restatements are shown as deltas to it.',
    allow: ['revops'],
    periodId,
    name,
    ...days,
    model: optional(word('The model, by its code: linear; by default that of the definition in force.')),
    by: optional(word('What to sum by: channel (default), campaign, month, owner, product …')),
    lookback: optional(word('How long before the close touches count, `P90D`, or `none`.')),
    currency,
  },
});
export type FreezeCommand = CommandOf<typeof freezeCommands>;

/** What is decided on: the question with its answer, which Baton computes and no caller can give. */
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

/** Speaks to one period. */
export class ToPeriod extends To<FreezeCommand> {}
