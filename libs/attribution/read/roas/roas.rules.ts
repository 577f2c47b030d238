import { WordMap, DecimalSum, MoneySums, monthOf, type Instant, type Money, type MoneySum } from '@baton/kernel';
import type { TouchClassification } from '@baton/definitions';
import type { Spend } from '@baton/campaigns';
import type { ClassifiedTouch } from '../attribution/attribution.rules';
import type { CreditedJourney } from '../conversions/crediting.rules';
import type { PersonalConversion } from '../conversions/conversions.rules';
import type { JourneyDocument } from '../journeys/journeys.projection';

/** The dimensions that spend and credits can both be summed by. */
export const roasDimensions = ['channel', 'sub-channel', 'campaign', 'month'] as const;
export type RoasDimension = (typeof roasDimensions)[number];

/** Which time of sales counts as cost. */
export const salesTimes = {
  all: 'All minutes of the period, split by the credits of the journey of the person they were spent on.',
  'won-only': 'Minutes up to the close of the deals won in the period, split by the credits of the deal.',
} as const;
export type SalesTimeScope = keyof typeof salesTimes;

/**
 * A rate with its numerator and denominator. Null if the denominator is zero or negative: more was refunded than spent.
 */
export interface Ratio {
  readonly value: number | null;
  readonly numerator: number;
  readonly denominator: number;
}
/** A rate of amounts in one currency: money in minor units, as the nearest number. */
export interface MoneyRatio extends Ratio {
  readonly currency: string;
}
export const ratioOf = (numerator: number, denominator: number): Ratio => ({
  numerator,
  denominator,
  value: denominator <= 0 ? null : numerator / denominator,
});

/**
 * Cost and results of one key. Money, and each rate of money, is given for every currency of the report, by code:
 * nothing is converted. Deals, people and minutes are the same in each rate, so that rates can be added after
 * conversion to one currency.
 */
export interface RoasFigures {
  /** Won deals, in credited fractions. */
  readonly conversions: number;
  readonly revenue: readonly MoneySum[];
  /** Customers (accounts, or people without a known account) won for the first time, in credited fractions. */
  readonly newCustomers: number;
  readonly spend: readonly MoneySum[];
  /** Minutes of sales, by share of the credit. */
  readonly salesMinutes: number;
  /** Won deals in which the key has a touch other than the last one. */
  readonly assisted: number;
  /** Credited revenue / spend. */
  readonly roas: readonly MoneyRatio[];
  /** (Spend + sales minutes × rate) / credited new customers. */
  readonly cac: readonly MoneyRatio[];
  /** Spend / credited leads that were created, became MQL, became SQL in the period. */
  readonly costPerLead: readonly MoneyRatio[];
  readonly costPerMql: readonly MoneyRatio[];
  readonly costPerSql: readonly MoneyRatio[];
}
/** Won deals of some kind, and their share of all won deals of the period. */
export interface ShareOfWins {
  readonly conversions: number;
  readonly revenue: readonly MoneySum[];
  readonly ofConversions: Ratio;
  readonly ofRevenue: readonly MoneyRatio[];
}
export interface RoasSums {
  /** Currencies of deals, spend and the rate per minute, by code. */
  readonly currencies: readonly string[];
  /** By key; null (first) means that the touch states none. */
  readonly rows: readonly ({ readonly key: string | null } & RoasFigures)[];
  /** The sum of all rows: everything credited. */
  readonly total: RoasFigures;
  /** Deals and minutes of sales without an eligible touch. Together with the rows they are all of the period. */
  readonly unattributed: Pick<RoasFigures, 'conversions' | 'revenue' | 'newCustomers' | 'salesMinutes'>;
  /** Won deals with a touch by marketing in the window. */
  readonly influenced: ShareOfWins;
  /** Won deals whose first touch in the window is by marketing. */
  readonly sourced: ShareOfWins;
  readonly warnings: readonly string[];
}

type Stage = PersonalConversion;
/** Minutes of sales, with their time. */
type SalesWork = readonly { readonly at: Instant; readonly minutes: number }[];

interface RoasSum {
  readonly conversions: DecimalSum;
  readonly newCustomers: DecimalSum;
  readonly revenue: MoneySums;
  readonly spend: MoneySums;
  readonly salesMinutes: DecimalSum;
  assisted: number;
  readonly reached: Readonly<Record<Stage, DecimalSum>>;
}
const noReturns = (): RoasSum => ({
  conversions: new DecimalSum(),
  newCustomers: new DecimalSum(),
  revenue: new MoneySums(),
  spend: new MoneySums(),
  salesMinutes: new DecimalSum(),
  assisted: 0,
  reached: { 'lead-created': new DecimalSum(), mql: new DecimalSum(), sql: new DecimalSum() },
});

const dimensionValueOf = (by: Exclude<RoasDimension, 'month'>, touch: ClassifiedTouch): string | null =>
  by === 'sub-channel' ? touch.subChannel : (touch[by] ?? null);

/** The key of each row. */
interface RoasRows {
  readonly by: RoasDimension;
  /** IANA zone of the months. */
  readonly timeZone: string;
  /** The channel of spend by the channel rules. */
  readonly classify: (spend: Spend) => TouchClassification;
  /** The deals that won a customer for the first time. */
  readonly firstWins: ReadonlySet<string>;
}

/** The sums of a report: those of all won deals, and of the parts that it lists. */
interface RoasTotals {
  /** Every won deal of the period. */
  readonly all: RoasSum;
  readonly credited: RoasSum;
  readonly unattributed: RoasSum;
  readonly influenced: RoasSum;
  readonly sourced: RoasSum;
}

/** Sums spend and its results. Channels and campaigns are compared without regard to spelling. */
export class RoasBuilder {
  private readonly rows = new WordMap<RoasSum>();
  private readonly totals: RoasTotals = {
    ...{ all: noReturns(), credited: noReturns(), unattributed: noReturns() },
    ...{ influenced: noReturns(), sourced: noReturns() },
  };
  private withoutAmount = 0;

  /** @param ratePerMinute cost of a minute of sales; without it sales time costs nothing */
  constructor(
    private readonly keys: RoasRows,
    private readonly ratePerMinute?: Money,
  ) {}

  /** Adds a won deal with its credits. */
  won(journey: JourneyDocument, { eligible, amount }: CreditedJourney): void {
    if (!amount) this.withoutAmount++;
    const { all, credited, unattributed, influenced, sourced } = this.totals;
    const isNew = this.keys.firstWins.has(journey.journeyId);
    const count = (sum: RoasSum) => {
      sum.conversions.add(1);
      sum.newCustomers.add(isNew ? 1 : 0);
      sum.revenue.add(amount);
    };
    count(all);
    if (eligible.length === 0) return count(unattributed);
    if (eligible.some(({ touch }) => touch.team === 'marketing')) count(influenced);
    if (eligible[0]!.touch.team === 'marketing') count(sourced);
    count(credited);
    for (const one of eligible) {
      const { weight, minor } = one.credit;
      if (weight === 0 && !minor) continue;
      const row = this.rowOf(one, journey);
      row.conversions.add(weight);
      if (isNew) row.newCustomers.add(weight);
      if (amount && minor !== null) row.revenue.add({ ...amount, minor });
    }
    const assisting = new Set(eligible.slice(0, -1).map((one) => this.rowOf(one, journey)));
    for (const row of assisting) row.assisted++;
    if (assisting.size > 0) credited.assisted++;
  }

  /** Adds minutes of sales with the credits of the person's journey. */
  worked(work: SalesWork, credited: CreditedJourney['eligible']): void {
    const { by, timeZone } = this.keys;
    const sum = credited.length > 0 ? this.totals.credited : this.totals.unattributed;
    for (const { at, minutes } of work) {
      sum.salesMinutes.add(minutes);
      // Time counts in the month in which it was spent, as spend counts in the month of its day.
      if (credited.length > 0 && by === 'month') this.rowAt(monthOf(at, timeZone)).salesMinutes.add(minutes);
    }
    const minutes = work.reduce((all, one) => all + one.minutes, 0);
    if (by === 'month' || minutes === 0) return;
    for (const { touch, credit } of credited)
      if (credit.weight > 0) this.rowAt(dimensionValueOf(by, touch)).salesMinutes.add(credit.weight, minutes);
  }

  /** Adds a person that reached a stage. */
  reached(stage: Stage, journey: JourneyDocument, { eligible }: CreditedJourney): void {
    if (eligible.length > 0) this.totals.credited.reached[stage].add(1);
    for (const one of eligible)
      if (one.credit.weight > 0) this.rowOf(one, journey).reached[stage].add(one.credit.weight);
  }

  /** Adds a spend record. */
  spent(spend: Spend): void {
    const { by, classify } = this.keys;
    const { campaignId, day, amount } = spend;
    const keys = {
      channel: () => classify(spend).channel,
      'sub-channel': () => classify(spend).subChannel,
      campaign: () => campaignId,
      month: () => day.slice(0, 7),
    };
    this.rowAt(keys[by]()).spend.add(amount);
    this.totals.credited.spend.add(amount);
  }

  report(): RoasSums {
    const { all, credited, unattributed, influenced, sourced } = this.totals;
    const rate = this.ratePerMinute;
    const currencies = [
      ...new Set([...all.revenue.currencies, ...credited.spend.currencies, ...(rate ? [rate.currency] : [])]),
    ].sort();
    const entries = this.rows.entries();
    const sums = entries.map(([, sum]) => sum);
    const conversions = DecimalSum.roundedToTotal(sums.map((sum) => sum.conversions));
    const newCustomers = DecimalSum.roundedToTotal(sums.map((sum) => sum.newCustomers));
    const salesMinutes = DecimalSum.roundedToTotal(sums.map((sum) => sum.salesMinutes));
    return {
      currencies,
      rows: entries.map(([key, sum], index) => ({
        key,
        ...figuresOf(sum, currencies, rate, {
          conversions: conversions[index]!,
          newCustomers: newCustomers[index]!,
          salesMinutes: salesMinutes[index]!,
        }),
      })),
      total: figuresOf(credited, currencies, rate),
      unattributed: { ...countsOf(unattributed), revenue: unattributed.revenue.list(currencies) },
      influenced: shareOf(influenced, all, currencies),
      sourced: shareOf(sourced, all, currencies),
      warnings:
        this.withoutAmount > 0 ? [`${this.withoutAmount} of ${all.conversions.value} conversions have no amount`] : [],
    };
  }

  private rowAt(key: string | null): RoasSum {
    return this.rows.at(key, noReturns);
  }
  private rowOf({ touch }: CreditedJourney['eligible'][0], { closedAt }: JourneyDocument): RoasSum {
    const { by, timeZone } = this.keys;
    return this.rowAt(by === 'month' ? monthOf(closedAt, timeZone) : dimensionValueOf(by, touch));
  }
}

type RoasCounts = Pick<RoasFigures, 'conversions' | 'newCustomers' | 'salesMinutes'>;
const countsOf = ({ conversions, newCustomers, salesMinutes }: RoasSum): RoasCounts => ({
  conversions: conversions.value,
  newCustomers: newCustomers.value,
  salesMinutes: salesMinutes.value,
});

const ratiosOf = (
  currencies: readonly string[],
  of: (currency: string) => readonly [numerator: number, denominator: number],
): MoneyRatio[] => currencies.map((currency) => ({ currency, ...ratioOf(...of(currency)) }));

/** @param counts rounded so that the rows sum to the total; by default those of the sum */
const figuresOf = (
  sum: RoasSum,
  currencies: readonly string[],
  ratePerMinute: Money | undefined,
  counts: RoasCounts = countsOf(sum),
): RoasFigures => {
  const spent = (currency: string) => Number(sum.spend.of(currency));
  const salesCost = (currency: string) =>
    ratePerMinute?.currency === currency ? counts.salesMinutes * ratePerMinute.minor : 0;
  const costPer = (stage: Stage) => ratiosOf(currencies, (currency) => [spent(currency), sum.reached[stage].value]);
  return {
    ...counts,
    revenue: sum.revenue.list(currencies),
    spend: sum.spend.list(currencies),
    assisted: sum.assisted,
    roas: ratiosOf(currencies, (currency) => [Number(sum.revenue.of(currency)), spent(currency)]),
    cac: ratiosOf(currencies, (currency) => [spent(currency) + salesCost(currency), counts.newCustomers]),
    costPerLead: costPer('lead-created'),
    costPerMql: costPer('mql'),
    costPerSql: costPer('sql'),
  };
};

const shareOf = (part: RoasSum, all: RoasSum, currencies: readonly string[]): ShareOfWins => ({
  conversions: part.conversions.value,
  revenue: part.revenue.list(currencies),
  ofConversions: ratioOf(part.conversions.value, all.conversions.value),
  ofRevenue: ratiosOf(currencies, (currency) => [Number(part.revenue.of(currency)), Number(all.revenue.of(currency))]),
});
