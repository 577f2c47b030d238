import { Decimal } from 'decimal.js';
import {
  field,
  monthOf,
  objectFields,
  Refused,
  startOfMonth,
  toMs,
  zoneOf,
  type Instant,
  type ObjectOf,
} from '@baton/kernel';
import type { MarketingCommitment } from '@baton/definitions';

/** An exact fraction in lowest terms; the denominator is positive. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}
const greatestCommonDivisor = (a: bigint, b: bigint): bigint => (b === 0n ? a : greatestCommonDivisor(b, a % b));
const rational = (numerator: bigint, denominator: bigint): Rational => {
  const common = greatestCommonDivisor(numerator, denominator);
  return { numerator: numerator / common, denominator: denominator / common };
};

/** As text: `53 1/3`, or a whole number alone. */
export const fractionText = ({ numerator, denominator }: Rational): string => {
  const [whole, rest] = [numerator / denominator, numerator % denominator];
  if (rest === 0n) return String(whole);
  return whole === 0n ? `${rest}/${denominator}` : `${whole} ${rest}/${denominator}`;
};
export const numberOf = ({ numerator, denominator }: Rational): number =>
  new Decimal(numerator.toString()).div(denominator.toString()).toNumber();
/** Rounded up to a whole number. */
export const roundUp = ({ numerator, denominator }: Rational): number =>
  Number((numerator + denominator - 1n) / denominator);

const MONTHS = { month: 1, quarter: 3, year: 12 } as const;

export const calendarPeriodFields = objectFields('CalendarPeriod', 'A calendar month, quarter or year.', {
  key: field.text('2024-01, 2024-Q1 or 2024.'),
  from: field.instant('Where it begins.'),
  to: field.instant('Where it ends, itself not in it.'),
  months: field.integer('How many months it has.', { hidden: true }),
});
/** A calendar month, quarter or year in a zone: [from, to). */
export type CalendarPeriod = ObjectOf<typeof calendarPeriodFields.fields>;

/**
 * Reads a calendar period.
 * @param key `2024-01`, `2024-Q1` or `2024`; by default the month of `at`
 * @throws Refused `insights/unknown-period`, `time/unknown-zone`
 */
export const calendarPeriod = (key: string | undefined, timeZone: string, at: Instant): CalendarPeriod => {
  const zone = zoneOf(timeZone);
  const name = key ?? monthOf(at, zone);
  const [, year, month, quarter] = /^((?:19|20|21)\d\d)(?:-(0[1-9]|1[0-2])|-Q([1-4]))?$/.exec(name) ?? [];
  if (!year)
    throw new Refused(
      'insights/unknown-period',
      'period must be a month, quarter or year, such as 2024-01, 2024-Q1 or 2024.',
      'period',
    );
  const months = month ? MONTHS.month : quarter ? MONTHS.quarter : MONTHS.year;
  const first = month ? Number(month) : quarter ? Number(quarter) * 3 - 2 : 1;
  const begins = (after: number) => startOfMonth(Number(year), first + after, zone);
  return { key: name, from: begins(0), to: begins(months), months };
};

/**
 * The number of sales-qualified leads that a target pipeline needs: target / average deal / opportunity rate, exactly;
 * and the number of qualified leads committed to. Both for the given number of calendar months.
 */
export const neededFor = (
  { per, qualified, pipeline }: MarketingCommitment,
  months: number,
): { readonly qualified?: Rational; readonly salesQualified?: Rational } => {
  const [asked, agreed] = [BigInt(months), BigInt(MONTHS[per])];
  const found: { qualified?: Rational; salesQualified?: Rational } = {};
  if (qualified !== undefined) found.qualified = rational(BigInt(qualified) * asked, agreed);
  if (pipeline) {
    const { target, averageDeal, opportunityRate } = pipeline;
    const rate = new Decimal(opportunityRate); // from the decimal text, so that 0.1 is exact
    const places = rate.decimalPlaces();
    const [parts, whole] = [BigInt(rate.times(new Decimal(10).pow(places)).toFixed(0)), 10n ** BigInt(places)];
    found.salesQualified = rational(BigInt(target.minor) * whole * asked, BigInt(averageDeal.minor) * parts * agreed);
  }
  return found;
};

const unpromised = { nullable: true } as const;
export const attainmentFields = objectFields('Attainment', 'How a promised number stands.', {
  needed: field.text('Promised for the period, exactly: `53 1/3`.', unpromised),
  neededValue: field.number('The same as a decimal number.', { ...unpromised, unit: 'leads' }),
  soFar: field.integer('People so far; `deliveries` lists them.', { unit: 'leads' }),
  erased: field.integer('How many of them are erased.', { unit: 'people' }),
  neededByNow: field.number('What the elapsed part of the period asks for.', { ...unpromised, unit: 'leads' }),
  onPace: field.flag('Is it reached?', unpromised),
  projected: field.number('Where the period ends at this pace.', { unit: 'leads', nullable: true }),
  attained: field.number('So far / needed.', { ...unpromised, unit: '0–1' }),
  missing: field.integer('How many more it takes, in whole leads.', { ...unpromised, unit: 'leads' }),
});
/** How one promised number stands at an instant of the period; null where nothing was agreed, or at its very beginning. */
export type Attainment = ObjectOf<typeof attainmentFields.fields>;

/** @param at the instant up to which `soFar` was counted @param erased how many of them are erased people */
export const attainment = (
  needed: Rational | undefined,
  soFar: number,
  { from, to }: Pick<CalendarPeriod, 'from' | 'to'>,
  at: Instant,
  erased = 0,
): Attainment => {
  const length = toMs(to) - toMs(from);
  const elapsed = Math.min(Math.max(toMs(at) - toMs(from), 0), length);
  const projected = elapsed === 0 ? null : (soFar * length) / elapsed;
  if (!needed)
    return {
      needed: null,
      neededValue: null,
      ...{ soFar, erased },
      neededByNow: null,
      onPace: null,
      projected,
      attained: null,
      missing: null,
    };
  const byNow = rational(needed.numerator * BigInt(elapsed), needed.denominator * BigInt(length));
  return {
    needed: fractionText(needed),
    neededValue: numberOf(needed),
    ...{ soFar, erased },
    neededByNow: numberOf(byNow),
    onPace: BigInt(soFar) * byNow.denominator >= byNow.numerator,
    projected,
    attained: soFar / numberOf(needed),
    missing: Math.max(0, roundUp(needed) - soFar),
  };
};
