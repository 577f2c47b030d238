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
  all: 'All minutes of the period, shared by the credits of the journey of the person they were spent on.',
  'won-only': 'Minutes up to the close of the deals won in the period, shared by the credits of the deal.',
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

/**
 * Sums spend and its results. Channels and campaigns are compared without regard to spelling.
 * @param ratePerMinute cost of a minute of sales; without it sales time costs nothing
 * @returns `won` takes a won deal with its credits, `worked` minutes of sales with the credits of the person's journey,
 *   `reached` a person that reached a stage, `spent` a spend record; `report` returns the figures
 */
export const roasBy = ({ by, timeZone, classify, firstWins }: RoasRows, ratePerMinute?: Money) => {
  const rows = new WordMap<RoasSum>();
  const [total, unattributed, influenced, sourced, all] = [
    noReturns(),
    noReturns(),
    noReturns(),
    noReturns(),
    noReturns(),
  ];
  let withoutAmount = 0;

  const rowOf = (key: string | null): RoasSum => rows.at(key, noReturns);
  const keyOf = ({ touch }: CreditedJourney['eligible'][0], { closedAt }: JourneyDocument) =>
    by === 'month' ? monthOf(closedAt, timeZone) : dimensionValueOf(by, touch);

  const won = (journey: JourneyDocument, { eligible, amount }: CreditedJourney): void => {
    if (!amount) withoutAmount++;
    const isNew = firstWins.has(journey.journeyId);
    const count = (sum: RoasSum) => {
      sum.conversions.add(1);
      sum.newCustomers.add(isNew ? 1 : 0);
      sum.revenue.add(amount);
    };
    count(all);
    if (eligible.length === 0) return count(unattributed);
    if (eligible.some(({ touch }) => touch.team === 'marketing')) count(influenced);
    if (eligible[0]!.touch.team === 'marketing') count(sourced);
    count(total);
    for (const one of eligible) {
      const { weight, minor } = one.credit;
      if (weight === 0 && !minor) continue;
      const row = rowOf(keyOf(one, journey));
      row.conversions.add(weight);
      if (isNew) row.newCustomers.add(weight);
      if (amount && minor !== null) row.revenue.add({ ...amount, minor });
    }
    const assisting = new Set(eligible.slice(0, -1).map((one) => rowOf(keyOf(one, journey))));
    for (const row of assisting) row.assisted++;
    if (assisting.size > 0) total.assisted++;
  };

  const worked = (work: SalesWork, credited: CreditedJourney['eligible']): void => {
    const sum = credited.length > 0 ? total : unattributed;
    for (const { at, minutes } of work) {
      sum.salesMinutes.add(minutes);
      // Time counts in the month in which it was spent, as spend counts in the month of its day.
      if (credited.length > 0 && by === 'month') rowOf(monthOf(at, timeZone)).salesMinutes.add(minutes);
    }
    const minutes = work.reduce((all, one) => all + one.minutes, 0);
    if (by === 'month' || minutes === 0) return;
    for (const { touch, credit } of credited)
      if (credit.weight > 0) rowOf(dimensionValueOf(by, touch)).salesMinutes.add(credit.weight, minutes);
  };

  const reached = (stage: Stage, journey: JourneyDocument, { eligible }: CreditedJourney): void => {
    if (eligible.length > 0) total.reached[stage].add(1);
    for (const one of eligible)
      if (one.credit.weight > 0) rowOf(keyOf(one, journey)).reached[stage].add(one.credit.weight);
  };

  const spent = (spend: Spend): void => {
    const { campaignId, day, amount } = spend;
    const keys = {
      channel: () => classify(spend).channel,
      'sub-channel': () => classify(spend).subChannel,
      campaign: () => campaignId,
      month: () => day.slice(0, 7),
    };
    rowOf(keys[by]()).spend.add(amount);
    total.spend.add(amount);
  };

  const report = (): RoasSums => {
    const currencies = [
      ...new Set([
        ...all.revenue.currencies,
        ...total.spend.currencies,
        ...(ratePerMinute ? [ratePerMinute.currency] : []),
      ]),
    ].sort();
    const rates = (of: (currency: string) => readonly [numerator: number, denominator: number]): MoneyRatio[] =>
      currencies.map((currency) => ({ currency, ...ratioOf(...of(currency)) }));
    const returned = (
      sum: RoasSum,
      conversions = sum.conversions.value,
      newCustomers = sum.newCustomers.value,
      salesMinutes = sum.salesMinutes.value,
    ): RoasFigures => {
      const spent = (currency: string) => Number(sum.spend.of(currency));
      const salesCost = (currency: string) =>
        ratePerMinute?.currency === currency ? salesMinutes * ratePerMinute.minor : 0;
      const costPer = (stage: Stage) => rates((currency) => [spent(currency), sum.reached[stage].value]);
      return {
        conversions,
        newCustomers,
        revenue: sum.revenue.list(currencies),
        spend: sum.spend.list(currencies),
        salesMinutes,
        assisted: sum.assisted,
        roas: rates((currency) => [Number(sum.revenue.of(currency)), spent(currency)]),
        cac: rates((currency) => [spent(currency) + salesCost(currency), newCustomers]),
        costPerLead: costPer('lead-created'),
        costPerMql: costPer('mql'),
        costPerSql: costPer('sql'),
      };
    };
    const portion = ({ conversions, revenue }: RoasSum): ShareOfWins => ({
      conversions: conversions.value,
      revenue: revenue.list(currencies),
      ofConversions: ratioOf(conversions.value, all.conversions.value),
      ofRevenue: rates((currency) => [Number(revenue.of(currency)), Number(all.revenue.of(currency))]),
    });
    const entries = rows.entries();
    const each = entries.map(([, sum]) => sum);
    const conversionsOf = DecimalSum.roundedToTotal(each.map(({ conversions }) => conversions));
    const customersOf = DecimalSum.roundedToTotal(each.map(({ newCustomers }) => newCustomers));
    const minutesOf = DecimalSum.roundedToTotal(each.map(({ salesMinutes }) => salesMinutes));
    return {
      currencies,
      rows: entries.map(([key, sum], index) => ({
        key,
        ...returned(sum, conversionsOf[index], customersOf[index], minutesOf[index]),
      })),
      total: returned(total),
      unattributed: {
        conversions: unattributed.conversions.value,
        newCustomers: unattributed.newCustomers.value,
        revenue: unattributed.revenue.list(currencies),
        salesMinutes: unattributed.salesMinutes.value,
      },
      influenced: portion(influenced),
      sourced: portion(sourced),
      warnings: [
        ...(withoutAmount > 0 ? [`${withoutAmount} of ${all.conversions.value} conversions have no amount`] : []),
      ],
    };
  };
  return { won, worked, reached, spent, report };
};
