import { ByWord, DecimalSum, MoneySums, monthOf, type Money, type MoneySum } from '@baton/kernel';
import type { Spend } from '@baton/campaigns';
import type { CreditedJourney } from '../conversions/crediting.rules';
import type { PersonalConversion } from '../conversions/conversions.rules';
import type { JourneyDocument } from '../journeys/journeys.projection';

/** What spend and credits have in common to be summed by. */
export const returnDimensions = ['channel', 'campaign', 'month'] as const;
export type ReturnDimension = (typeof returnDimensions)[number];

/** A rate with what it is made of. Null for a denominator of zero. */
export interface Ratio {
  readonly value: number | null;
  readonly numerator: number;
  readonly denominator: number;
}
/** A rate of amounts in one currency: money in minor units, as the number nearest to it. */
export interface MoneyRatio extends Ratio {
  readonly currency: string;
}
export const ratioOf = (numerator: number, denominator: number): Ratio => ({
  numerator,
  denominator,
  value: denominator === 0 ? null : numerator / denominator,
});

/**
 * What one key cost and what it brought. Money, and each rate of it, stands once for every currency of the report, by
 * code: nothing is converted. Deals, people and minutes are those of all currencies in each rate, so that rates add up
 * once there is a rate of exchange.
 */
export interface Returned {
  /** Won deals, in credited fractions. */
  readonly conversions: number;
  readonly revenue: readonly MoneySum[];
  readonly spend: readonly MoneySum[];
  /** Minutes that sales spent on the deals, by credit share. */
  readonly salesMinutes: number;
  /** Won deals in which the key has a touch other than the last one. */
  readonly assisted: number;
  /** Credited revenue / spend. */
  readonly roas: readonly MoneyRatio[];
  /** (Spend + sales minutes × rate) / credited customers. */
  readonly cac: readonly MoneyRatio[];
  /** Spend / credited leads that were created, became MQL, became SQL in the period. */
  readonly costPerLead: readonly MoneyRatio[];
  readonly costPerMql: readonly MoneyRatio[];
  readonly costPerSql: readonly MoneyRatio[];
}
/** Won deals of some kind, and their part of all won deals of the period. */
export interface Portion {
  readonly conversions: number;
  readonly revenue: readonly MoneySum[];
  readonly ofConversions: Ratio;
  readonly ofRevenue: readonly MoneyRatio[];
}
export interface Returns {
  /** Of deals, spend and the rate of a minute, by code. */
  readonly currencies: readonly string[];
  /** By key; null (first) is what a touch does not state. */
  readonly rows: readonly ({ readonly key: string | null } & Returned)[];
  /** All rows together: what is credited. */
  readonly total: Returned;
  readonly unattributed: { readonly conversions: number; readonly revenue: readonly MoneySum[] };
  /** Won deals with a touch of marketing in the window. */
  readonly influenced: Portion;
  /** Won deals whose first touch in the window is marketing's. */
  readonly sourced: Portion;
  readonly warnings: readonly string[];
}

type Stage = PersonalConversion;
interface Sum {
  readonly conversions: DecimalSum;
  readonly revenue: MoneySums;
  readonly spend: MoneySums;
  readonly salesMinutes: DecimalSum;
  assisted: number;
  readonly reached: Readonly<Record<Stage, DecimalSum>>;
}
const nothing = (): Sum => ({
  conversions: new DecimalSum(),
  revenue: new MoneySums(),
  spend: new MoneySums(),
  salesMinutes: new DecimalSum(),
  assisted: 0,
  reached: { 'lead-created': new DecimalSum(), mql: new DecimalSum(), sql: new DecimalSum() },
});

/** What a row stands for. */
interface ReturnRows {
  readonly by: ReturnDimension;
  /** IANA zone of the months. */
  readonly timeZone: string;
  /** The channel of spend by the channel rules. */
  readonly channelOf: (spend: Spend) => string;
}

/**
 * Sums what was spent and what it brought. Channels and campaigns are compared in whatever spelling.
 * @param ratePerMinute what a minute of sales costs; without it sales time costs nothing
 * @returns `won` takes a won deal with its credits, `reached` a person that came to a stage, `spent` a record of spend;
 *   `report` gives the figures
 */
export const returnsBy = ({ by, timeZone, channelOf }: ReturnRows, ratePerMinute?: Money) => {
  const rows = new ByWord<Sum>();
  const [total, unattributed, influenced, sourced, all] = [nothing(), nothing(), nothing(), nothing(), nothing()];
  let withoutAmount = 0;

  const rowOf = (key: string | null): Sum => rows.at(key, nothing);
  const keyOf = ({ touch }: CreditedJourney['eligible'][0], { closedAt }: JourneyDocument) =>
    by === 'month' ? monthOf(closedAt, timeZone) : (touch[by] ?? null);

  const won = (journey: JourneyDocument, { eligible, amount }: CreditedJourney): void => {
    if (!amount) withoutAmount++;
    const count = (sum: Sum) => {
      sum.conversions.add(1);
      sum.revenue.add(amount);
    };
    count(all);
    if (eligible.length === 0) return count(unattributed);
    if (eligible.some(({ touch }) => touch.team === 'marketing')) count(influenced);
    if (eligible[0]!.touch.team === 'marketing') count(sourced);
    count(total);
    const minutes = journey.touches.reduce(
      (sum, touch) => sum + (touch.team === 'sales' ? (touch.minutes ?? 0) : 0),
      0,
    );
    total.salesMinutes.add(minutes);
    for (const one of eligible) {
      const { weight, minor } = one.credit;
      if (weight === 0 && !minor) continue;
      const row = rowOf(keyOf(one, journey));
      row.conversions.add(weight);
      row.salesMinutes.add(weight, minutes);
      if (amount && minor !== null) row.revenue.add({ ...amount, minor });
    }
    const assisting = new Set(eligible.slice(0, -1).map((one) => rowOf(keyOf(one, journey))));
    for (const row of assisting) row.assisted++;
    if (assisting.size > 0) total.assisted++;
  };

  const reached = (stage: Stage, journey: JourneyDocument, { eligible }: CreditedJourney): void => {
    if (eligible.length > 0) total.reached[stage].add(1);
    for (const one of eligible)
      if (one.credit.weight > 0) rowOf(keyOf(one, journey)).reached[stage].add(one.credit.weight);
  };

  const spent = (spend: Spend): void => {
    const { campaignId, day, amount } = spend;
    rowOf(by === 'month' ? day.slice(0, 7) : by === 'campaign' ? campaignId : channelOf(spend)).spend.add(amount);
    total.spend.add(amount);
  };

  const report = (): Returns => {
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
      sum: Sum,
      conversions = sum.conversions.value,
      salesMinutes = sum.salesMinutes.value,
    ): Returned => {
      const spent = (currency: string) => Number(sum.spend.of(currency));
      const salesCost = (currency: string) =>
        ratePerMinute?.currency === currency ? salesMinutes * ratePerMinute.minor : 0;
      const costPer = (stage: Stage) => rates((currency) => [spent(currency), sum.reached[stage].value]);
      return {
        conversions,
        revenue: sum.revenue.list(currencies),
        spend: sum.spend.list(currencies),
        salesMinutes,
        assisted: sum.assisted,
        roas: rates((currency) => [Number(sum.revenue.of(currency)), spent(currency)]),
        cac: rates((currency) => [spent(currency) + salesCost(currency), conversions]),
        costPerLead: costPer('lead-created'),
        costPerMql: costPer('mql'),
        costPerSql: costPer('sql'),
      };
    };
    const portion = ({ conversions, revenue }: Sum): Portion => ({
      conversions: conversions.value,
      revenue: revenue.list(currencies),
      ofConversions: ratioOf(conversions.value, all.conversions.value),
      ofRevenue: rates((currency) => [Number(revenue.of(currency)), Number(all.revenue.of(currency))]),
    });
    const entries = rows.entries();
    const each = entries.map(([, sum]) => sum);
    const conversionsOf = DecimalSum.shared(each.map(({ conversions }) => conversions));
    const minutesOf = DecimalSum.shared(each.map(({ salesMinutes }) => salesMinutes));
    return {
      currencies,
      rows: entries.map(([key, sum], index) => ({ key, ...returned(sum, conversionsOf[index], minutesOf[index]) })),
      total: returned(total),
      unattributed: {
        conversions: unattributed.conversions.value,
        revenue: unattributed.revenue.list(currencies),
      },
      influenced: portion(influenced),
      sourced: portion(sourced),
      warnings: [
        ...(withoutAmount > 0 ? [`${withoutAmount} of ${all.conversions.value} conversions have no amount`] : []),
      ],
    };
  };
  return { won, reached, spent, report };
};
