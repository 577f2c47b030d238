import { readFileSync } from 'node:fs';
import { suggestionList } from 'graphql/jsutils/suggestionList';
import { boundOf, dayOf, durationMs, instantOf, isCurrency, Refused, zoneOf, type Json } from '@baton/kernel';

/** The known name nearest to a mistyped one; undefined if none is near. */
export const nearestName = (mistaken: string, known: readonly string[]): string | undefined =>
  suggestionList(mistaken, known)[0];

/** " Did you mean …?" with the nearest name; '' if none is near. */
export const didYouMean = (mistaken: string, known: readonly string[]): string => {
  const name = nearestName(mistaken, known);
  return name === undefined ? '' : ` Did you mean ${name}?`;
};

// The functions below read the value of an option while the command line is parsed, so that a mistake is refused before
// any work.
// @throws Refused with the option as its path

/** @throws Refused `cli/unknown-value` with the known values and the nearest one */
export const parseOneOf = <T extends string>(value: string, known: readonly T[], option: string): T => {
  const found = known.find((one) => one === value);
  if (found !== undefined) return found;
  throw new Refused(
    'cli/unknown-value',
    `${option} must be one of ${known.join(', ')}.${didYouMean(value, known)}`,
    option,
  );
};

/** A comma-separated list of known values. */
export const parseListOf = <T extends string>(value: string, known: readonly T[], option: string): T[] =>
  value.split(',').map((one) => parseOneOf(one.trim(), known, option));

/** @throws Refused `cli/bad-argument` */
export const parseWholeNumber = (value: string, option: string, least = 0, most = 2 ** 31 - 1): number => {
  const number = Number(value);
  if (/^\d{1,10}$/.test(value) && number >= least && number <= most) return number;
  throw new Refused('cli/bad-argument', `--${option} must be a whole number from ${least} to ${most}.`, option);
};

/** @throws Refused `cli/bad-argument` */
export const parseDecimal = (value: string, option: string, least: number, most: number): number => {
  const number = Number(value);
  if (/^\d{1,10}(\.\d{1,10})?$/.test(value) && number >= least && number <= most) return number;
  throw new Refused('cli/bad-argument', `--${option} must be a number from ${least} to ${most}.`, option);
};

/**
 * A day, or an instant with its offset, kept as written because the zone may be given by a later option. @throws
 * Refused as `boundOf`
 */
export const parseDayOrInstant = (value: string, option: string): string => {
  boundOf(value, 'UTC', option);
  return value;
};
/** @throws Refused as `dayOf` */
export const parseDay = (value: string, option: string): string => dayOf(value, option);
/** @throws Refused as `instantOf` */
export const parseInstant = (value: string, option: string): string => instantOf(value, option);
/** @throws Refused `time/unknown-zone` */
export const parseZone = (value: string): string => zoneOf(value, 'time-zone');

/** `P90D`, or `none`. @throws Refused `time/not-a-duration` */
export const parseLookback = (value: string): string => {
  if (value !== 'none') durationMs(value, 'lookback');
  return value;
};
/** @throws Refused `money/unknown-currency` */
export const parseCurrency = (value: string): string => {
  if (isCurrency(value)) return value;
  throw new Refused(
    'money/unknown-currency',
    `--currency must be an ISO 4217 currency code, such as USD; "${value}" is not one.`,
    'currency',
  );
};
/** The content of a JSON file. @throws Refused `cli/unreadable-file` */
export const readJsonFile = (path: string, option: string): Json => {
  const refused = (why: string) => new Refused('cli/unreadable-file', `${path} ${why}`, option);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw refused(`cannot be read (${(error as NodeJS.ErrnoException).code}); give the path of a JSON file.`);
  }
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw refused(`is not valid JSON: ${(error as Error).message}`);
  }
};
/** `mql@2`. @throws Refused `cli/bad-argument` */
export const parseVersion = (value: string, option: string): string => {
  if (/^[a-z-]+@\d{1,9}$/.test(value)) return value;
  throw new Refused('cli/bad-argument', `--${option} must be a version such as mql@2.`, option);
};
