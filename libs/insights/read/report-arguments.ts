import { field, enumeration } from '@baton/kernel';
import type { DealBreakdown } from '../deals.rules';

const FROM = 'The first day or instant of the period; without it, from the beginning.';
const TO = 'The day or instant at which the period ends, itself not in it; without it, to the end of the log.';

/** The ends of a period. */
export const periodArguments = {
  from: field.dayOrInstant(FROM, { optional: true }),
  to: field.dayOrInstant(TO, { optional: true }),
} as const;
export const zoneArgument = {
  timeZone: field.zone('IANA zone of days and months; UTC by default.'),
} as const;

/** The filters that every report over deals takes. */
export const dealFilterArguments = {
  product: field.filter('Only deals for these products.'),
  owner: field.filter('Only deals of these reps.'),
  source: field.filter('Only deals from these sources.'),
  account: field.filter('Only deals of these companies.'),
  currency: field.currency('Only deals in this currency (ISO 4217); deals without an amount are left out.'),
} as const;

const breakdowns = enumeration<DealBreakdown>('DealBreakdown', 'What a report over deals is broken down by.', {
  product: 'What is sold.',
  owner: 'The rep who owns the deal.',
  source: 'Where the deal came from.',
  month: 'The calendar month of the close, in the time zone.',
});
export const breakdownArgument = {
  by: field.enum(breakdowns, 'One row per value of this.', { optional: true }),
} as const;
