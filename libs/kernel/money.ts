import { data as currencies } from 'currency-codes';
import { Decimal } from 'decimal.js';
import { Refused } from './errors';
import { allocateExact, wholeNumberOf, type WholeNumber } from './exact';

/** An amount in integer minor units (cents) of an ISO 4217 currency. */
export interface Money {
  readonly minor: number;
  readonly currency: string;
}

/** Decimal places by currency code: the list of ISO 4217, plus codes that were added later or withdrawn. */
const decimalPlaces = new Map<string, number>([
  ...currencies.map(({ code, digits }) => [code, digits] as const),
  ...(['XCG', 'HRK', 'BGN', 'ANG', 'SLL', 'ZWL', 'VEF', 'CUC', 'LTL', 'LVL', 'EEK'] as const).map(
    (code) => [code, 2] as const,
  ),
]);

/** Whether the code is a currency code of ISO 4217. */
export const isCurrency = (code: string): boolean => decimalPlaces.has(code);

export const unknownCurrency = (currency: string, path: string): Refused =>
  new Refused('money/unknown-currency', `"${currency}" is not an ISO 4217 currency code, such as USD.`, path);

/** Decimal places of the minor unit of a currency (USD 2, JPY 0, KWD 3). @throws RangeError for an unknown currency */
export const minorDigits = (currency: string): number => {
  const known = decimalPlaces.get(currency);
  if (known === undefined) throw new RangeError('not a currency of ISO 4217');
  return known;
};

/**
 * Parses a plain decimal ("1234.5") as money.
 * @throws Refused `money/not-an-amount`, `money/unknown-currency`, `money/too-precise`, `money/too-large`
 */
export const moneyOf = (decimal: string, currency: string, path = ''): Money => {
  if (!isCurrency(currency)) throw unknownCurrency(currency, path);
  if (!/^-?\d{1,20}(\.\d{1,20})?$/.test(decimal))
    throw new Refused('money/not-an-amount', 'The amount must be a plain decimal such as 1234.50.', path);
  const minor = new Decimal(decimal).times(new Decimal(10).pow(minorDigits(currency)));
  if (!minor.isInteger())
    throw new Refused(
      'money/too-precise',
      `An amount in ${currency} can have at most ${minorDigits(currency)} decimal places.`,
      path,
    );
  if (minor.abs().gt(Number.MAX_SAFE_INTEGER))
    throw new Refused('money/too-large', 'The amount must be below 2^53 minor units.', path);
  return { minor: minor.toNumber(), currency };
};

/** The amount as a decimal text in major units, `1234.50`, at any size. */
export const decimalOf = ({ minor, currency }: MoneySum): string => {
  const digits = minorDigits(currency);
  const value = BigInt(minor);
  const text = String(value < 0n ? -value : value).padStart(digits + 1, '0');
  const whole = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
  return value < 0n ? `-${whole}` : whole;
};

/** A plain decimal with a comma between thousands, in any locale of the machine: `1,234.5`. */
export const withThousandsSeparators = (decimal: number | string): string =>
  String(decimal).replace(/\d(?=(\d{3})+(\D|$))(?<!\.\d*)/g, '$&,');

/** Money for people, with all decimal places of its currency: `1,234.50 USD`. */
export const formatMoney = (sum: MoneySum): string => `${withThousandsSeparators(decimalOf(sum))} ${sum.currency}`;

/**
 * Splits minor units over weights as `allocateExact` does.
 * @param minor integer minor units, may be negative (a reversal)
 */
export const allocate = (minor: number, weights: readonly number[]): number[] =>
  allocateExact(BigInt(minor), weights).map(Number);

/** A sum of amounts in one currency, exact at any size: beyond 2^53 minor units `minor` is a string of digits. */
export interface MoneySum {
  readonly minor: WholeNumber;
  readonly currency: string;
}

/**
 * Adds amounts per currency: there are no exchange rates, so amounts of different currencies are never added together.
 */
export class MoneySums {
  private readonly minors = new Map<string, bigint>();

  /** Adds an amount; null and undefined add nothing. */
  add(amount: MoneySum | null | undefined): this {
    if (amount) this.minors.set(amount.currency, this.of(amount.currency) + BigInt(amount.minor));
    return this;
  }
  addAll(amounts: Iterable<MoneySum>): this {
    for (const amount of amounts) this.add(amount);
    return this;
  }
  /** Minor units of one currency; 0 without an amount in it. */
  of(currency: string): bigint {
    return this.minors.get(currency) ?? 0n;
  }
  /** The currencies of the amounts, by code. */
  get currencies(): readonly string[] {
    return [...this.minors.keys()].sort();
  }
  /**
   * One sum per currency, by code; [] without amounts.
   * @param currencies those of a whole report, so that all its rows have the same; 0 for a currency without amounts
   */
  list(currencies: readonly string[] = this.currencies): readonly MoneySum[] {
    return currencies.map((currency) => ({ minor: wholeNumberOf(this.of(currency)), currency }));
  }
}

/** a − b, currency by currency. */
export const moneyDifference = (a: readonly MoneySum[], b: readonly MoneySum[]): readonly MoneySum[] =>
  new MoneySums()
    .addAll(a)
    .addAll(b.map(({ minor, currency }) => ({ minor: wholeNumberOf(-BigInt(minor)), currency })))
    .list();

/** The minor units of one currency in a list of sums; 0 if it has none. */
export const minorOf = (sums: readonly MoneySum[], currency: string): WholeNumber =>
  sums.find((sum) => sum.currency === currency)?.minor ?? 0;
