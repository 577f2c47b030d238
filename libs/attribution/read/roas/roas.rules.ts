import {
  WordMap,
  DecimalSum,
  enumeration,
  field,
  MoneySums,
  monthOf,
  objectFields,
  type EnumerationValue,
  type Instant,
  type Money,
  type ObjectOf,
} from '@baton/kernel';
import type { TouchClassification } from '@baton/definitions';
import type { Spend } from '@baton/campaigns';
import { creditModels } from '../../models/models.rules';
import { methodFields, warningsField } from '../attribution/attribution.rules';
import { outsideField } from '../attribution/window.rules';
import type { CreditedJourney } from '../conversions/crediting.rules';
import type { PersonalConversion } from '../conversions/conversions.rules';
import type { ClassifiedKind } from '../journeys/touch-kinds.rules';
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
  value: field.number('Numerator / denominator; null for a denominator of zero or below.', { nullable: true }),
  numerator: field.number('What is divided.'),
  denominator: field.number('What it is divided by.'),
} as const;
const ratio = objectFields('Ratio', 'A rate with what it is made of.', ratioFields);
/** A denominator below zero: more was credited than spent. */
export type Ratio = ObjectOf<typeof ratioFields>;
const moneyRatio = objectFields(
  'MoneyRatio',
  'A rate of amounts in one currency, in minor units. Deals, people and minutes in it are those of all currencies.',
  { ...ratioFields, currency: field.text('ISO 4217 code.') },
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
const sums = (what: string) => field.money(`${what} ${EACH}`, { list: true });
const rates = (what: string) => field.object(moneyRatio, `${what} ${EACH}`, { list: true });
const newCustomers = field.number(
  'Accounts (people, where no account is known) won for the first time, in credited fractions; not deals.',
);
const figureFields = {
  conversions: field.number('Won deals, as credited fractions.'),
  revenue: sums('Credited revenue.'),
  spend: sums('What was spent, less credit notes.'),
  newCustomers,
  salesMinutes: field.number('Minutes that sales spent, by credit share; see `salesTime`.'),
  assisted: field.integer('Won deals in which it has a touch other than the last one.'),
  roas: rates('Credited revenue / spend.'),
  cac: rates('(Spend + sales minutes × rate a minute) / credited new customers.'),
  costPerLead: rates('Spend / credited leads created in the period.'),
  costPerMql: rates('Spend / credited marketing-qualified leads of the period.'),
  costPerSql: rates('Spend / credited sales-qualified leads of the period.'),
} as const;
/**
 * Cost and results of one key. Money, and each rate of money, is given for every currency of the report, by code:
 * nothing is converted. Deals, people and minutes are the same in each rate, so that rates can be added after
 * conversion to one currency.
 */
export type RoasFigures = ObjectOf<typeof figureFields>;
const winFields = { conversions: field.integer('How many.'), revenue: sums('What they are worth.') } as const;
const shareOfWins = objectFields('PortionOfWins', 'Some of the deals won in a period, and their part of all.', {
  ...winFields,
  ofConversions: field.object(ratio, 'Their part of the deals.'),
  ofRevenue: rates('Their part of the revenue.'),
});
type ShareOfWins = ObjectOf<typeof shareOfWins.fields>;

const sumFields = {
  currencies: field.text('The currencies of deals, spend and rate, by code.', { list: true }),
  rows: field.object(
    objectFields('RoasRow', 'What one channel, campaign or month cost and brought.', {
      ...figureFields,
      key: field.text('The channel, campaign or month; null: not stated.', { nullable: true }),
    }),
    'By key; what cost or earned something.',
    { list: true },
  ),
  total: field.object(
    objectFields('RoasFigures', 'What was spent, and what it brought.', figureFields),
    'All rows together: what is credited. Assisted deals count once.',
  ),
  unattributed: field.object(
    objectFields('UnattributedRoas', 'What no touch that counts can be credited with.', {
      ...winFields,
      newCustomers,
      salesMinutes: field.number('Minutes that sales spent on people without a touch that counts.'),
    }),
    'Deals, customers and minutes of sales without a touch that counts; with the rows they are all.',
  ),
  influenced: field.object(shareOfWins, 'Won deals with any touch of marketing in the window.'),
  sourced: field.object(shareOfWins, 'Won deals whose first touch in the window is marketing’s.'),
  warnings: warningsField,
} as const;
type RoasSums = ObjectOf<typeof sumFields>;

export const roasAnswer = objectFields('RoasReport', 'What marketing’s money brought.', {
  model: field.enum(creditModels, 'The model that credits.'),
  by: field.enum(roasDimensions, 'What the rows are.'),
  salesTime: field.enum(salesTimes, 'Which time of sales was counted.'),
  ...methodFields,
  lookback: field.text('The window before a conversion in which touches count, `P90D`, or `none`.'),
  outsideWindow: outsideField(),
  ...sumFields,
});
export type RoasReport = ObjectOf<typeof roasAnswer.fields>;

type Stage = PersonalConversion;
/** What the report needs to know of a journey besides its credits. */
type ConvertedJourney = Pick<JourneyDocument, 'journeyId' | 'closedAt'>;
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

const dimensionValueOf = (by: Exclude<RoasDimension, 'month'>, touch: ClassifiedKind): string | null =>
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
  won(journey: ConvertedJourney, { eligible, amount }: Pick<CreditedJourney, 'eligible' | 'amount'>): void {
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
  reached(stage: Stage, journey: ConvertedJourney, { eligible }: CreditedJourney): void {
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
  private rowOf({ touch }: CreditedJourney['eligible'][0], { closedAt }: ConvertedJourney): RoasSum {
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
