import {
  WordMap,
  DecimalSum,
  enumeration,
  enumField,
  integerField,
  moneyField,
  MoneySums,
  monthOf,
  numberField,
  objectField,
  objectFields,
  textField,
  type EnumerationValue,
  type Instant,
  type Money,
  type ObjectOf,
} from '@baton/kernel';
import type { TouchClassification } from '@baton/definitions';
import type { Spend } from '@baton/campaigns';
import { creditModels } from '../../models/models.rules';
import { methodFields, warningsField, type ClassifiedTouch } from '../attribution/attribution.rules';
import { outsideField } from '../attribution/window.rules';
import type { CreditedJourney } from '../conversions/crediting.rules';
import type { PersonalConversion } from '../conversions/conversions.rules';
import type { JourneyDocument } from '../journeys/journeys.projection';

export const roasDimensions = enumeration('RoasBy', 'What spend and credits are summed by.', {
  channel: 'The channel, of touches and of spend by the same channel rules.',
  'sub-channel': 'The sub-channel, of touches and of spend by the same channel rules.',
  campaign:
    'The campaign that the touch states, and the id of the one that cost money. Null: none; `spendWithoutCampaign` lists that spend.',
  month: 'The month of the conversion, and that of the day of the spend.',
});
export type RoasDimension = EnumerationValue<typeof roasDimensions>;

export const salesTimes = enumeration('SalesTime', 'Which time of sales counts as a cost.', {
  all: 'All minutes of the period, shared by the credits of the journey of the person they were spent on.',
  'won-only': 'Minutes up to the close of the deals won in the period, shared by the credits of the deal.',
});
export type SalesTimeScope = EnumerationValue<typeof salesTimes>;

const ratioFields = {
  value: numberField('numerator / denominator; null for a denominator of zero or below.', { nullable: true }),
  numerator: numberField('What is divided.'),
  denominator: numberField('What it is divided by.'),
} as const;
const ratio = objectFields('Ratio', 'A rate with what it is made of.', ratioFields);
/** A denominator below zero: more was credited than spent. */
export type Ratio = ObjectOf<typeof ratioFields>;
const moneyRatio = objectFields(
  'MoneyRatio',
  'A rate of amounts in one currency, in minor units. Deals, people and minutes in it are those of all currencies.',
  { ...ratioFields, currency: textField('ISO 4217 code.') },
  { perCurrency: true },
);
/** Money in minor units is the number nearest to it. */
export type MoneyRatio = ObjectOf<typeof moneyRatio.fields>;
export const ratioOf = (numerator: number, denominator: number): Ratio => ({
  numerator,
  denominator,
  value: denominator <= 0 ? null : numerator / denominator,
});

const EACH = 'One a currency of the report, by code.';
const sums = (what: string) => moneyField(`${what} ${EACH}`, { list: true });
const rates = (what: string) => objectField(moneyRatio, `${what} ${EACH}`, { list: true });
const newCustomers = numberField(
  'Accounts (people, where no account is known) won for the first time, in credited fractions; not deals.',
);
const figureFields = {
  conversions: numberField('Won deals, as credited fractions.'),
  revenue: sums('Credited revenue.'),
  spend: sums('What was spent, less credit notes.'),
  newCustomers,
  salesMinutes: numberField('Minutes that sales spent, by credit share; see `salesTime`.'),
  assisted: integerField('Won deals in which it has a touch other than the last one.'),
  roas: rates('Credited revenue / spend.'),
  cac: rates('(Spend + sales minutes × rate a minute) / credited new customers.'),
  costPerLead: rates('Spend / credited leads created in the period.'),
  costPerMql: rates('Spend / credited marketing-qualified leads of the period.'),
  costPerSql: rates('Spend / credited sales-qualified leads of the period.'),
} as const;
/**
 * What one key cost and what it brought. Money, and each rate of it, stands once for every currency of the report, by
 * code: nothing is converted. Deals, people and minutes are those of all currencies in each rate, so that rates add up
 * once there is a rate of exchange.
 */
export type RoasFigures = ObjectOf<typeof figureFields>;
const winFields = { conversions: integerField('How many.'), revenue: sums('What they are worth.') } as const;
const shareOfWins = objectFields('PortionOfWins', 'Some of the deals won in a period, and their part of all.', {
  ...winFields,
  ofConversions: objectField(ratio, 'Their part of the deals.'),
  ofRevenue: rates('Their part of the revenue.'),
});
type ShareOfWins = ObjectOf<typeof shareOfWins.fields>;

const sumFields = {
  currencies: textField('The currencies of deals, spend and rate, by code.', { list: true }),
  rows: objectField(
    objectFields('RoasRow', 'What one channel, campaign or month cost and brought.', {
      ...figureFields,
      key: textField('The channel, campaign or month; null: not stated.', { nullable: true }),
    }),
    'By key; what cost or earned something.',
    { list: true },
  ),
  total: objectField(
    objectFields('RoasFigures', 'What was spent, and what it brought.', figureFields),
    'All rows together: what is credited. Assisted deals count once.',
  ),
  unattributed: objectField(
    objectFields('UnattributedRoas', 'What no touch that counts can be credited with.', {
      ...winFields,
      newCustomers,
      salesMinutes: numberField('Minutes that sales spent on people without a touch that counts.'),
    }),
    'Deals, customers and minutes of sales without a touch that counts; with the rows they are all.',
  ),
  influenced: objectField(shareOfWins, 'Won deals with any touch of marketing in the window.'),
  sourced: objectField(shareOfWins, 'Won deals whose first touch in the window is marketing’s.'),
  warnings: warningsField,
} as const;
type RoasSums = ObjectOf<typeof sumFields>;

export const roasAnswer = objectFields('RoasReport', 'What marketing’s money brought.', {
  model: enumField(creditModels, 'The model that credits.'),
  by: enumField(roasDimensions, 'What the rows are.'),
  salesTime: enumField(salesTimes, 'Which time of sales was counted.'),
  ...methodFields,
  lookback: textField('The window before a conversion in which touches count, `P90D`, or `none`.'),
  outsideWindow: outsideField(),
  ...sumFields,
});
export type RoasReport = ObjectOf<typeof roasAnswer.fields>;

type Stage = PersonalConversion;
/** Minutes of sales, and when. */
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

/** What a row stands for. */
interface RoasRows {
  readonly by: RoasDimension;
  /** IANA zone of the months. */
  readonly timeZone: string;
  /** What spend counts as by the channel rules. */
  readonly classify: (spend: Spend) => TouchClassification;
  /** The deals that won a customer for the first time. */
  readonly firstWins: ReadonlySet<string>;
}

/**
 * Sums what was spent and what it brought. Channels and campaigns are compared in whatever spelling.
 * @param ratePerMinute what a minute of sales costs; without it sales time costs nothing
 * @returns `won` takes a won deal with its credits, `worked` minutes of sales with those of the person's journey,
 *   `reached` a person that came to a stage, `spent` a record of spend; `report` gives the figures
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
      // As spend stands in the month of its day, time stands in the month in which it was spent.
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
    const ratesOf = (of: (currency: string) => readonly [numerator: number, denominator: number]): MoneyRatio[] =>
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
      const costPer = (stage: Stage) => ratesOf((currency) => [spent(currency), sum.reached[stage].value]);
      return {
        conversions,
        newCustomers,
        revenue: sum.revenue.list(currencies),
        spend: sum.spend.list(currencies),
        salesMinutes,
        assisted: sum.assisted,
        roas: ratesOf((currency) => [Number(sum.revenue.of(currency)), spent(currency)]),
        cac: ratesOf((currency) => [spent(currency) + salesCost(currency), newCustomers]),
        costPerLead: costPer('lead-created'),
        costPerMql: costPer('mql'),
        costPerSql: costPer('sql'),
      };
    };
    const portion = ({ conversions, revenue }: RoasSum): ShareOfWins => ({
      conversions: conversions.value,
      revenue: revenue.list(currencies),
      ofConversions: ratioOf(conversions.value, all.conversions.value),
      ofRevenue: ratesOf((currency) => [Number(revenue.of(currency)), Number(all.revenue.of(currency))]),
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
