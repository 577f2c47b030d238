import { ByWord, monthOf, type Money } from '@baton/kernel';
import type { Spend } from '@baton/campaigns';
import type { CreditedJourney } from '../conversions/crediting.rules';
import type { PersonalConversion } from '../conversions/conversions.rules';
import type { JourneyDocument } from '../journeys/journeys.projection';

/** What spend and credits have in common to be summed by. */
export const returnDimensions = ['channel', 'campaign', 'month'] as const;
export type ReturnDimension = (typeof returnDimensions)[number];

/** A rate with what it is made of; money in minor units of the report's currency. Null for a denominator of zero. */
export interface Ratio {
  readonly value: number | null;
  readonly numerator: number;
  readonly denominator: number;
}
export const ratioOf = (numerator: number, denominator: number): Ratio => ({
  numerator,
  denominator,
  value: denominator === 0 ? null : numerator / denominator,
});

/** What one key cost and what it brought. Money is null when the report has no single currency. */
export interface Returned {
  /** Won deals, in credited fractions. */
  readonly conversions: number;
  readonly revenue: Money | null;
  readonly spend: Money | null;
  /** Minutes that sales spent on the deals, by credit share. */
  readonly salesMinutes: number;
  /** Won deals in which the key has a touch other than the last one. */
  readonly assisted: number;
  /** Credited revenue / spend. */
  readonly roas: Ratio | null;
  /** (Spend + sales minutes × rate) / credited customers. */
  readonly cac: Ratio | null;
  /** Spend / credited leads that were created, became MQL, became SQL in the period. */
  readonly costPerLead: Ratio | null;
  readonly costPerMql: Ratio | null;
  readonly costPerSql: Ratio | null;
}
/** Won deals of some kind, and their part of all won deals of the period. */
export interface Portion {
  readonly conversions: number;
  readonly revenue: Money | null;
  readonly ofConversions: Ratio;
  readonly ofRevenue: Ratio | null;
}
export interface Returns {
  readonly currency: string | null;
  /** By key; null (first) is what a touch does not state. */
  readonly rows: readonly ({ readonly key: string | null } & Returned)[];
  /** All rows together: what is credited. */
  readonly total: Returned;
  readonly unattributed: { readonly conversions: number; readonly revenue: Money | null };
  /** Won deals with a touch of marketing in the window. */
  readonly influenced: Portion;
  /** Won deals whose first touch in the window is marketing's. */
  readonly sourced: Portion;
  readonly warnings: readonly string[];
}

type Stage = PersonalConversion;
interface Sum {
  conversions: number;
  readonly revenue: Map<string, number>;
  readonly spend: Map<string, number>;
  salesMinutes: number;
  assisted: number;
  readonly reached: Record<Stage, number>;
}
const nothing = (): Sum => ({
  conversions: 0,
  revenue: new Map(),
  spend: new Map(),
  salesMinutes: 0,
  assisted: 0,
  reached: { 'lead-created': 0, mql: 0, sql: 0 },
});
const add = (sums: Map<string, number>, { minor, currency }: Money): void => {
  sums.set(currency, (sums.get(currency) ?? 0) + minor);
};

/** What a row stands for. */
export interface ReturnRows {
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
      sum.conversions++;
      if (amount) add(sum.revenue, amount);
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
    total.salesMinutes += minutes;
    for (const one of eligible) {
      const { weight, minor } = one.credit;
      if (weight === 0 && !minor) continue;
      const row = rowOf(keyOf(one, journey));
      row.conversions += weight;
      row.salesMinutes += weight * minutes;
      if (amount && minor !== null) add(row.revenue, { ...amount, minor });
    }
    const assisting = new Set(eligible.slice(0, -1).map((one) => rowOf(keyOf(one, journey))));
    for (const row of assisting) row.assisted++;
    if (assisting.size > 0) total.assisted++;
  };

  const reached = (stage: Stage, journey: JourneyDocument, { eligible }: CreditedJourney): void => {
    if (eligible.length > 0) total.reached[stage]++;
    for (const one of eligible)
      if (one.credit.weight > 0) rowOf(keyOf(one, journey)).reached[stage] += one.credit.weight;
  };

  const spent = (spend: Spend): void => {
    const { campaignId, day, amount } = spend;
    add(rowOf(by === 'month' ? day.slice(0, 7) : by === 'campaign' ? campaignId : channelOf(spend)).spend, amount);
    add(total.spend, amount);
  };

  const report = (): Returns => {
    const currencies = [
      ...new Set([...all.revenue.keys(), ...total.spend.keys(), ...(ratePerMinute ? [ratePerMinute.currency] : [])]),
    ].sort();
    const currency = currencies.length === 1 ? currencies[0]! : null;
    const money = (sums: Map<string, number>): Money | null =>
      currency === null ? null : { minor: sums.get(currency) ?? 0, currency };
    const returned = (sum: Sum): Returned => {
      const [revenue, spend] = [money(sum.revenue), money(sum.spend)];
      const rate = (numerator: number | undefined, denominator: number | undefined) =>
        numerator === undefined || denominator === undefined ? null : ratioOf(numerator, denominator);
      return {
        conversions: sum.conversions,
        revenue,
        spend,
        salesMinutes: sum.salesMinutes,
        assisted: sum.assisted,
        roas: rate(revenue?.minor, spend?.minor),
        cac: rate(spend ? spend.minor + sum.salesMinutes * (ratePerMinute?.minor ?? 0) : undefined, sum.conversions),
        costPerLead: rate(spend?.minor, sum.reached['lead-created']),
        costPerMql: rate(spend?.minor, sum.reached.mql),
        costPerSql: rate(spend?.minor, sum.reached.sql),
      };
    };
    const whole = money(all.revenue);
    const portion = ({ conversions, revenue }: Sum): Portion => ({
      conversions,
      revenue: money(revenue),
      ofConversions: ratioOf(conversions, all.conversions),
      ofRevenue: whole && ratioOf(money(revenue)!.minor, whole.minor),
    });
    return {
      currency,
      rows: rows.entries().map(([key, sum]) => ({ key, ...returned(sum) })),
      total: returned(total),
      unattributed: { conversions: unattributed.conversions, revenue: money(unattributed.revenue) },
      influenced: portion(influenced),
      sourced: portion(sourced),
      warnings: [
        ...(currencies.length > 1 ? [`money is left out: ${currencies.join(', ')} differ; ask for one currency`] : []),
        ...(withoutAmount > 0 ? [`${withoutAmount} of ${all.conversions} conversions have no amount`] : []),
      ],
    };
  };
  return { won, reached, spent, report };
};
