import { Args, ArgsType, Field, Float, ObjectType, Query, registerEnumType, Resolver } from '@nestjs/graphql';
import { Clock, DecisionContext, type DefinitionSource, type Instant } from '@baton/kernel';
import { ReadModels } from '@baton/platform/documents';
import { Allow, everyRole, InstantScalar, MoneyType } from '@baton/platform/graphql';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { attributionModels } from '../../models';
import { askedOf, MethodArgs } from '../credit/method.args';
import { methodOf } from '../credit/method.query';
import { attribution, type AttributionQuestion } from './attribution.query';
import { dimensions, type AttributionReport, type Dimension } from './attribution.rules';

/** GraphQL names have no hyphen: `last-touch` is LAST_TOUCH there. */
const nameOf = (code: string) => code.toUpperCase().replaceAll('-', '_');
export const ModelEnum = Object.fromEntries(attributionModels.map(({ code }) => [nameOf(code), code]));
registerEnumType(ModelEnum, {
  name: 'AttributionModel',
  description: 'How credit is shared over the touches of a deal.',
  valuesMap: Object.fromEntries(attributionModels.map(({ code, description }) => [nameOf(code), { description }])),
});
const DimensionEnum = Object.fromEntries(dimensions.map((one) => [nameOf(one), one]));
const meanings: Readonly<Record<Dimension, string>> = {
  channel: 'The channel of the touch by the channel rules.',
  campaign: 'The campaign of the touch.',
  month: 'The month in which the deal closed.',
  source: 'The source that the touch states.',
  medium: 'The medium that the touch states.',
  content: 'The content that the touch states.',
  owner: 'Who owned the deal when it closed.',
  product: 'What was sold.',
};
registerEnumType(DimensionEnum, {
  name: 'AttributionBy',
  description: 'What credits are summed by.',
  valuesMap: Object.fromEntries(dimensions.map((one) => [nameOf(one), { description: meanings[one] }])),
});

@ObjectType({ description: 'Conversions and revenue that are credited.' })
export class Credited {
  @Field(() => Float, { description: 'Conversions, in fractions.' })
  conversions!: number;
  @Field(() => MoneyType, { nullable: true, description: 'Null without amounts, or when currencies differ.' })
  revenue!: MoneyType | null;
}
@ObjectType({ description: 'What one key earned.' })
class AttributionRow extends Credited {
  @Field(() => String, {
    nullable: true,
    description: 'The channel, campaign, month …; null: not stated; an empty text is one that was stated.',
  })
  key!: string | null;
}
@ObjectType({ description: 'The versions of the definitions that decided; version 0 is built in.' })
export class AttributionDefinitions {
  @Field(() => String, { description: 'Model, window and parameters: `attribution@0`.' })
  attribution!: string;
  @Field(() => String, { description: 'What counts as which channel: `channel-rules@0`.' })
  channelRules!: string;
}
@ObjectType({ description: 'Credited conversions and revenue under one model; rows and unattributed sum to total.' })
export class Attribution {
  @Field(() => ModelEnum, { description: 'The model.' })
  model!: string;
  @Field(() => DimensionEnum, { description: 'What the rows are.' })
  by!: string;
  @Field(() => String, { description: 'The window before the close in which touches count, `P90D`, or `none`.' })
  lookback!: string;
  @Field(() => AttributionDefinitions, { description: 'The definitions that were applied.' })
  definitions!: AttributionDefinitions;
  @Field(() => [AttributionRow], { description: 'By key; only keys that earned something.' })
  rows!: AttributionRow[];
  @Field(() => Credited, { description: 'Deals without a touch in the window.' })
  unattributed!: Credited;
  @Field(() => Credited, { description: 'All deals of the period.' })
  total!: Credited;
  @Field(() => [String], { description: 'What to know before using the figures.' })
  warnings!: string[];
}

@ArgsType()
export class PeriodArgs extends MethodArgs {
  @IsIn(dimensions)
  @Field(() => DimensionEnum, { defaultValue: 'channel', description: 'What to sum by.' })
  by: Dimension = 'channel';

  @IsOptional()
  @IsString()
  @Field(() => InstantScalar, { nullable: true, description: 'Only deals that closed at or after it.' })
  from?: Instant;

  @IsOptional()
  @IsString()
  @Field(() => InstantScalar, { nullable: true, description: 'Only deals that closed before it.' })
  to?: Instant;

  @IsOptional()
  @IsString()
  @MaxLength(50)
  @Field(() => String, { nullable: true, description: 'IANA zone in which months begin; UTC by default.' })
  timeZone?: string;

  @IsOptional()
  @IsString()
  @MaxLength(3)
  @Field(() => String, { nullable: true, description: 'Only deals in this currency (ISO 4217).' })
  currency?: string;
}

@ArgsType()
class AttributionArgs extends PeriodArgs {
  @IsOptional()
  @IsIn(Object.values(ModelEnum))
  @Field(() => ModelEnum, { nullable: true, description: 'The model; by default that of the definition in force.' })
  model?: string;
}
@Resolver()
export class AttributionResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly context: DecisionContext,
    private readonly clock: Clock,
  ) {}

  @Query(() => Attribution, {
    description: 'Credited conversions and revenue of the deals won in a period; each deal is shared exactly.',
  })
  @Allow(...everyRole)
  async attribution(@Args() { model, ...args }: AttributionArgs): Promise<AttributionReport> {
    return attribution(this.models.asOf(args.asOf), { ...(await this.question(args)), ...(model && { model }) });
  }

  private question(args: PeriodArgs): Promise<AttributionQuestion> {
    return questionOf(args, this.context.definitions, this.models, this.clock);
  }
}

/** The question that the arguments of a period ask, with the definitions that answer it. */
export const questionOf = async (
  { by, from, to, timeZone, currency, ...args }: PeriodArgs,
  definitions: DefinitionSource,
  models: ReadModels,
  clock: Clock,
): Promise<AttributionQuestion> => {
  const now = args.asOf?.happenedBy ?? args.asOf?.knownBy ?? clock.now();
  return {
    ...(await methodOf(definitions, models, to && to < now ? to : now, args)),
    ...askedOf(args),
    by,
    ...(from && { from }),
    ...(to && { to }),
    ...(timeZone && { timeZone }),
    ...(currency && { currency }),
  };
};
