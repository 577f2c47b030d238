import { Args, ArgsType, Field, Float, Int, ObjectType, Query, registerEnumType, Resolver } from '@nestjs/graphql';
import { Clock, DecisionContext } from '@baton/kernel';
import { ReadModels } from '@baton/platform/documents';
import { Allow, everyRole, MoneyInput, MoneyType, PerCurrency, Heavy } from '@baton/platform/graphql';
import { IsIn, IsOptional } from 'class-validator';
import {
  AttributionDefinitions,
  ModelEnum,
  outsideField,
  OutsideWindowType,
  PeriodArgs,
  questionOf,
} from '../attribution/attribution.resolver';
import { roas, type RoasReport } from './roas.query';
import { roasDimensions, salesTimes, type RoasDimension, type SalesTimeScope } from './roas.rules';

const nameOf = (code: string) => code.toUpperCase().replaceAll('-', '_');
const RoasBy = Object.fromEntries(roasDimensions.map((one) => [nameOf(one), one]));
registerEnumType(RoasBy, {
  name: 'RoasBy',
  description: 'What spend and credits are summed by.',
  valuesMap: {
    CHANNEL: { description: 'The channel, of touches and of spend by the same channel rules.' },
    SUB_CHANNEL: { description: 'The sub-channel, of touches and of spend by the same channel rules.' },
    CAMPAIGN: {
      description:
        'The campaign that the touch states, and the id of the one that cost money. Null: none; `spendWithoutCampaign` lists that spend.',
    },
    MONTH: { description: 'The month of the conversion, and that of the day of the spend.' },
  },
});
const SalesTimeEnum = Object.fromEntries(Object.keys(salesTimes).map((code) => [nameOf(code), code]));
registerEnumType(SalesTimeEnum, {
  name: 'SalesTime',
  description: 'Which time of sales counts as a cost.',
  valuesMap: Object.fromEntries(
    Object.entries(salesTimes).map(([code, description]) => [nameOf(code), { description }]),
  ),
});
const money = (description: string) => ({ description: `${description} One a currency of the report, by code.` });

@ObjectType({ description: 'A rate with what it is made of.' })
class Ratio {
  @Field(() => Float, {
    nullable: true,
    description: 'Numerator / denominator; null for a denominator of zero or below.',
  })
  value!: number | null;
  @Field(() => Float, { description: 'What is divided.' })
  numerator!: number;
  @Field(() => Float, { description: 'What it is divided by.' })
  denominator!: number;
}
@PerCurrency()
@ObjectType({
  description:
    'A rate of amounts in one currency, in minor units. Deals, people and minutes in it are those of all currencies.',
})
class MoneyRatio extends Ratio {
  @Field(() => String, { description: 'ISO 4217 code.' })
  currency!: string;
}
const NEW_CUSTOMERS =
  'Accounts (people, where no account is known) won for the first time, in credited fractions; not deals.';
@ObjectType({ description: 'What was spent, and what it brought.' })
class RoasFigures {
  @Field(() => Float, { description: 'Won deals, as credited fractions.' })
  conversions!: number;
  @Field(() => [MoneyType], money('Credited revenue.'))
  revenue!: readonly MoneyType[];
  @Field(() => [MoneyType], money('What was spent, less credit notes.'))
  spend!: readonly MoneyType[];
  @Field(() => Float, { description: NEW_CUSTOMERS })
  newCustomers!: number;
  @Field(() => Float, { description: 'Minutes that sales spent, by credit share; see `salesTime`.' })
  salesMinutes!: number;
  @Field(() => Int, { description: 'Won deals in which it has a touch other than the last one.' })
  assisted!: number;
  @Field(() => [MoneyRatio], money('Credited revenue / spend.'))
  roas!: readonly MoneyRatio[];
  @Field(() => [MoneyRatio], money('(Spend + sales minutes × rate a minute) / credited new customers.'))
  cac!: readonly MoneyRatio[];
  @Field(() => [MoneyRatio], money('Spend / credited leads created in the period.'))
  costPerLead!: readonly MoneyRatio[];
  @Field(() => [MoneyRatio], money('Spend / credited marketing-qualified leads of the period.'))
  costPerMql!: readonly MoneyRatio[];
  @Field(() => [MoneyRatio], money('Spend / credited sales-qualified leads of the period.'))
  costPerSql!: readonly MoneyRatio[];
}
@ObjectType({ description: 'What one channel, campaign or month cost and brought.' })
class RoasRow extends RoasFigures {
  @Field(() => String, { nullable: true, description: 'The channel, campaign or month; null: not stated.' })
  key!: string | null;
}
@ObjectType({ description: 'Deals won in a period.' })
class WonDeals {
  @Field(() => Int, { description: 'How many.' })
  conversions!: number;
  @Field(() => [MoneyType], money('What they are worth.'))
  revenue!: readonly MoneyType[];
}
@ObjectType({ description: 'What no touch that counts can be credited with.' })
class UnattributedRoas extends WonDeals {
  @Field(() => Float, { description: NEW_CUSTOMERS })
  newCustomers!: number;
  @Field(() => Float, { description: 'Minutes that sales spent on people without a touch that counts.' })
  salesMinutes!: number;
}
@ObjectType({ description: 'Some of the deals won in a period, and their part of all.' })
class PortionOfWins extends WonDeals {
  @Field(() => Ratio, { description: 'Their part of the deals.' })
  ofConversions!: Ratio;
  @Field(() => [MoneyRatio], money('Their part of the revenue.'))
  ofRevenue!: readonly MoneyRatio[];
}
@ObjectType('RoasReport', { description: 'What marketing’s money brought.' })
class RoasReportType {
  @Field(() => ModelEnum, { description: 'The model that credits.' })
  model!: string;
  @Field(() => RoasBy, { description: 'What the rows are.' })
  by!: string;
  @Field(() => SalesTimeEnum, { description: 'Which time of sales was counted.' })
  salesTime!: string;
  @Field(() => String, { description: 'The window before a conversion in which touches count, `P90D`, or `none`.' })
  lookback!: string;
  @Field(() => OutsideWindowType, outsideField)
  outsideWindow!: OutsideWindowType | null;
  @Field(() => AttributionDefinitions, { description: 'The definitions that were applied.' })
  definitions!: AttributionDefinitions;
  @Field(() => [String], { description: 'The currencies of deals, spend and rate, by code.' })
  currencies!: readonly string[];
  @Field(() => [RoasRow], { description: 'By key; what cost or earned something.' })
  rows!: readonly RoasRow[];
  @Field(() => RoasFigures, { description: 'All rows together: what is credited. Assisted deals count once.' })
  total!: RoasFigures;
  @Field(() => UnattributedRoas, {
    description: 'Deals, customers and minutes of sales without a touch that counts; with the rows they are all.',
  })
  unattributed!: UnattributedRoas;
  @Field(() => PortionOfWins, { description: 'Won deals with any touch of marketing in the window.' })
  influenced!: PortionOfWins;
  @Field(() => PortionOfWins, { description: 'Won deals whose first touch in the window is marketing’s.' })
  sourced!: PortionOfWins;
  @Field(() => [String], { description: 'What to know before using the figures.' })
  warnings!: readonly string[];
}

@ArgsType()
class RoasArgs extends PeriodArgs {
  @IsIn(roasDimensions)
  @Field(() => RoasBy, { defaultValue: 'channel', description: 'What to sum by.' })
  declare by: RoasDimension;

  @IsOptional()
  @IsIn(Object.values(ModelEnum))
  @Field(() => ModelEnum, { nullable: true, description: 'An additive model; by default that of the definition.' })
  model?: string;

  @IsOptional()
  @Field(() => MoneyInput, { nullable: true, description: 'What a minute of sales costs; nothing by default.' })
  ratePerMinute?: MoneyInput;

  @IsIn(Object.keys(salesTimes))
  @Field(() => SalesTimeEnum, { defaultValue: 'all', description: 'Which time of sales to count.' })
  salesTime: SalesTimeScope = 'all';
}

@Resolver()
export class RoasResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly context: DecisionContext,
    private readonly clock: Clock,
  ) {}

  @Query(() => RoasReportType, {
    name: 'roas',
    description: 'Spend, ROAS, CAC, cost per stage, influenced and sourced revenue, and assists of a period.',
  })
  @Heavy()
  @Allow(...everyRole)
  async roas(@Args() { model, ratePerMinute, salesTime, ...args }: RoasArgs): Promise<RoasReport> {
    const question = await questionOf(args, this.context.definitions, this.models, this.clock);
    return roas(this.models.asOf(args.asOf), {
      ...question,
      by: args.by,
      salesTime,
      ...(model && { model }),
      ...(ratePerMinute && { ratePerMinute: { minor: ratePerMinute.minor, currency: ratePerMinute.currency } }),
    });
  }
}
