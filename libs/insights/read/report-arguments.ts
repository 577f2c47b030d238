import { field } from '@baton/kernel';

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
