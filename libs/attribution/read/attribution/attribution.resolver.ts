import { Args, ArgsType, Field, Float, Int, ObjectType, Query, registerEnumType, Resolver } from '@nestjs/graphql';
import { Clock, DecisionContext, type DefinitionSource } from '@baton/kernel';
import { referenceInstantOf } from '@baton/platform/documents';
import { ReadModels } from '@baton/platform/documents';
import { Allow, DayOrInstantScalar, enumOf, everyRole, MoneyType, Heavy } from '@baton/platform/graphql';
import { IsBoolean, IsIn, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { creditModels } from '../../models/models.rules';
import { MIN_JOURNEYS } from '../../models/data-driven.model';
import { ORDER_RANGE } from '../../models/markov.model';
import { repeatHandlings, type RepeatHandling } from '../../models/path-table.rules';
import { ConversionEnum } from '../conversions/conversion.args';
import { conversionKinds, type ConversionKind } from '../conversions/conversions.rules';
import { methodQuestionOf, MethodArgs } from '../credit/method.args';
import { methodForPeriod } from '../credit/method.query';
import type { DataDrivenAttribution } from '../data-driven/data-driven.rules';
import { Interval, TrainingSet, RevenueEffect, StateTransition, Support } from '../data-driven/data-driven.types';
import { attribution, type AttributionQuestion } from './attribution.query';
import { dimensions, type AttributionReport, type Dimension } from './attribution.rules';

const TRANSITIONS = 10_000;
/** Resamples of one question through GraphQL; the command line takes more. */
const RESAMPLES = 200;

/** GraphQL names have no hyphen: `last-touch` is LAST_TOUCH there. */
const nameOf = (code: string) => code.toUpperCase().replaceAll('-', '_');
export const ModelEnum = enumOf(creditModels);
const RepeatEnum = Object.fromEntries(Object.keys(repeatHandlings).map((code) => [nameOf(code), code]));
registerEnumType(RepeatEnum, {
  name: 'RepeatHandling',
  description: 'What becomes of repeats before a data-driven model learns.',
  valuesMap: Object.fromEntries(
    Object.entries(repeatHandlings).map(([code, description]) => [nameOf(code), { description }]),
  ),
});
const DimensionEnum = enumOf(dimensions);

@ObjectType({ description: 'Conversions and revenue that are credited.' })
export class Credited {
  @Field(() => Float, { description: 'Conversions, in fractions: decimals that add up without a rest.' })
  conversions!: number;
  @Field(() => [MoneyType], {
    description: 'One sum for every currency of the report, by code, never added up; none without amounts.',
  })
  revenue!: readonly MoneyType[];
}
@ObjectType('OutsideWindow', { description: 'What a look-back left out.' })
export class OutsideWindowType {
  @Field(() => Int, { description: 'Touches that would count without a look-back.' })
  touches!: number;
  @Field(() => Float, {
    description:
      'Conversions that they would be credited with, in fractions. Under a model that is not additive the deals that they take part in; of a data-driven model, which credits no single touch, the conversions of which no touch is left.',
  })
  conversions!: number;
  @Field(() => [MoneyType], { description: 'Revenue that they would be credited with, one sum a currency.' })
  revenue!: readonly MoneyType[];
}
export const outsideField = {
  nullable: true,
  description: 'What the look-back left out; null where none is given.',
};
const ofDataDriven = (description: string) => ({
  nullable: true,
  description: `Of data-driven models: ${description}`,
});

@ObjectType({ description: 'What one key earned.' })
class AttributionRow extends Credited {
  @Field(() => String, {
    nullable: true,
    description: 'The channel, campaign, month …; null: not stated; an empty text is one that was stated.',
  })
  key!: string | null;
  @Field(() => Int, ofDataDriven('the place in the journey from 1, of the ordered Shapley value.'))
  position?: number | null;
  @Field(() => Float, ofDataDriven('the part of all conversions that is lost without the key, of the Markov chain.'))
  removalEffect?: number | null;
  @Field(() => [RevenueEffect], ofDataDriven('what is lost of the revenue without the key, of the Markov chain.'))
  removalEffectsOnRevenue?: readonly RevenueEffect[] | null;
  @Field(() => Support, ofDataDriven('how many journeys it rests on.'))
  support?: Support | null;
  @Field(
    () => Boolean,
    ofDataDriven(
      `too little to be judged: below ${MIN_JOURNEYS.journeys} journeys, or ${MIN_JOURNEYS.outcomes} that converted, or that did not.`,
    ),
  )
  tooThin?: boolean | null;
  @Field(() => Float, ofDataDriven('the standard error of the conversions, where they are an estimate.'))
  standardError?: number | null;
  @Field(() => Interval, ofDataDriven('the interval of the conversions, if resamples were asked for.'))
  interval?: Interval | null;
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
  @Field(() => OutsideWindowType, outsideField)
  outsideWindow!: OutsideWindowType | null;
  @Field(() => Float, ofDataDriven('the chance to convert that the Markov chain reproduces, 0 to 1.'))
  base?: number | null;
  @Field(() => TrainingSet, ofDataDriven('the journeys it has learnt from.'))
  learntFrom?: TrainingSet | null;
  @Field(
    () => [StateTransition],
    ofDataDriven(`the transition matrix, its ${TRANSITIONS} most frequent entries first.`),
  )
  transitions?: readonly StateTransition[] | null;
  @Field(() => [String], { description: 'What to know before using the figures.' })
  warnings!: string[];
}

@ArgsType()
export class PeriodArgs extends MethodArgs {
  @IsIn(dimensions.values)
  @Field(() => DimensionEnum, { defaultValue: 'channel', description: 'What to sum by.' })
  by: Dimension = 'channel';

  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, {
    nullable: true,
    description: 'Only what closed on this day, at this instant or after.',
  })
  from?: string;

  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, { nullable: true, description: 'Only what closed before this day or instant.' })
  to?: string;

  @IsOptional()
  @IsString()
  @MaxLength(50)
  @Field(() => String, {
    nullable: true,
    description: 'IANA zone in which days and months begin; by default the definition’s, or UTC.',
  })
  timeZone?: string;

  @IsOptional()
  @IsString()
  @MaxLength(3)
  @Field(() => String, { nullable: true, description: 'Only deals in this currency (ISO 4217).' })
  currency?: string;
}

@ArgsType()
class AttributionArgs extends PeriodArgs {
  @IsIn(conversionKinds)
  @Field(() => ConversionEnum, {
    defaultValue: 'won',
    description: 'What the journeys lead to; `from` and `to` are about when they did. Only won deals carry revenue.',
  })
  conversion: ConversionKind = 'won';

  @IsOptional()
  @IsIn(Object.values(ModelEnum))
  @Field(() => ModelEnum, { nullable: true, description: 'The model; by default that of the definition in force.' })
  model?: string;

  @IsOptional()
  @IsInt()
  @Min(ORDER_RANGE.least)
  @Max(ORDER_RANGE.most)
  @Field(() => Int, ofDataDriven('of how many last channels a state of the Markov chain is made, 1 (default) to 4.'))
  order?: number;

  @IsOptional()
  @IsInt()
  @Field(() => Int, ofDataDriven('what is drawn at random is the same for the same seed; 1 by default.'))
  seed?: number;

  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(RESAMPLES)
  @Field(() => Int, ofDataDriven(`how often to resample for 95 % intervals, at most ${RESAMPLES}; 0 by default.`))
  bootstrap?: number;

  @IsOptional()
  @IsIn(Object.keys(repeatHandlings))
  @Field(() => RepeatEnum, ofDataDriven('what becomes of repeats; by default what is usual for the model.'))
  repeats?: RepeatHandling;

  @IsOptional()
  @IsBoolean()
  @Field(() => Boolean, ofDataDriven('deals that are open at the end of the period count as not converted.'))
  includeOpen?: boolean;
}

/** The report with its matrix, which is made when it is asked for. */
const withTransitions = (report: AttributionReport | DataDrivenAttribution): Attribution => {
  const { transitions, ...rest } = { transitions: undefined, ...report } as Partial<DataDrivenAttribution>;
  return Object.defineProperty({ ...rest } as unknown as Attribution, 'transitions', {
    get: () => (transitions ? [...transitions()].sort((a, b) => b.count - a.count).slice(0, TRANSITIONS) : null),
  });
};

@Resolver()
export class AttributionResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly context: DecisionContext,
    private readonly clock: Clock,
  ) {}

  @Query(() => Attribution, {
    description:
      'Credited conversions and revenue of the deals won in a period. Each deal is shared exactly; data-driven models, which learn from the lost deals too, share their sum exactly.',
  })
  @Heavy()
  @Allow(...everyRole)
  async attribution(
    @Args() { model, conversion, order, seed, bootstrap, repeats, includeOpen, ...args }: AttributionArgs,
  ): Promise<Attribution> {
    const now = referenceInstantOf(args.asOf, this.clock);
    const question = await this.question(args);
    const openAt = includeOpen ? (question.to && question.to < now ? question.to : now) : undefined;
    const stated = Object.entries({ order, seed, bootstrap, repeats, openAt }).filter(
      ([, value]) => value !== undefined && value !== null,
    );
    return withTransitions(
      await attribution(this.models.asOf(args.asOf), {
        ...question,
        ...(model && { model }),
        conversion,
        learning: Object.fromEntries(stated),
      }),
    );
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
  const now = referenceInstantOf(args.asOf, clock);
  return {
    ...(await methodForPeriod(definitions, models, now, { ...args, from, to, timeZone })),
    ...methodQuestionOf(args),
    by,
    ...(currency && { currency }),
  };
};
