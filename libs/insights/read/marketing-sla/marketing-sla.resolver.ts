import {
  Args,
  ArgsType,
  Field,
  Float,
  ID,
  Int,
  IntersectionType,
  ObjectType,
  PickType,
  Query,
  registerEnumType,
  Resolver,
} from '@nestjs/graphql';
import { Clock, type Instant } from '@baton/kernel';
import { packageParts, type DeliveryKind } from '@baton/leads';
import { ReadModels, type AsOf, referenceInstantOf, pageOf, type Connection } from '@baton/platform/documents';
import {
  Allow,
  connectionOf,
  enumOf,
  everyRole,
  InstantScalar,
  PageArgs,
  ReadArgs,
  Heavy,
} from '@baton/platform/graphql';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { deliveriesBehind, marketingSla } from './marketing-sla.query';
import type { Attainment } from './marketing-sla.rules';

const DeliveryKindEnum = {
  QUALIFIED: 'qualified',
  HANDED_OFF: 'handed-off',
  SALES_QUALIFIED: 'sales-qualified',
} as const satisfies Record<string, DeliveryKind>;
registerEnumType(DeliveryKindEnum, {
  name: 'DeliveryKind',
  description: 'A step of a lead towards sales.',
  valuesMap: {
    QUALIFIED: { description: 'OutcomeCounts marketing-qualified; each person once.' },
    HANDED_OFF: { description: 'Was handed to a rep; every handoff.' },
    SALES_QUALIFIED: { description: 'OutcomeCounts sales-qualified; each person once.' },
  },
});

@ObjectType('Attainment', { description: 'How a promised number stands.' })
class AttainmentType implements Attainment {
  @Field(() => String, { nullable: true, description: 'Promised for the period, exactly: `53 1/3`.' })
  needed!: string | null;
  @Field(() => Float, { nullable: true, description: 'The same as a decimal number.' })
  neededValue!: number | null;
  @Field(() => Int, { description: 'People so far; `deliveries` lists them.' })
  soFar!: number;
  @Field(() => Float, { nullable: true, description: 'What the elapsed part of the period asks for.' })
  neededByNow!: number | null;
  @Field(() => Boolean, { nullable: true, description: 'Is it reached?' })
  onPace!: boolean | null;
  @Field(() => Float, { nullable: true, description: 'Where the period ends at this pace.' })
  projected!: number | null;
  @Field(() => Float, { nullable: true, description: 'So far / needed.' })
  attained!: number | null;
  @Field(() => Int, { nullable: true, description: 'How many more it takes, in whole leads.' })
  missing!: number | null;
}
const PartEnum = enumOf(packageParts);
@ObjectType('MissingPart', { description: 'What packages lack.' })
class MissingPartType {
  @Field(() => PartEnum, { description: 'The part.' })
  part!: string;
  @Field(() => Int, { description: 'How many handoffs went without it.' })
  handoffs!: number;
}
@ObjectType('HandoffQuality', { description: 'What was handed off, and how well.' })
class HandoffQualityType {
  @Field(() => Int, { description: 'All handoffs of the period; `deliveries` lists them.' })
  total!: number;
  @Field(() => Int, { description: 'The lead met agreed criteria or an agreed threshold.' })
  overThreshold!: number;
  @Field(() => Int, { description: 'A person judged, as no criteria were agreed.' })
  judgedByPeople!: number;
  @Field(() => Int, { description: 'Another system decided.' })
  external!: number;
  @Field(() => Float, { nullable: true, description: 'Over threshold / all; null without a handoff.' })
  overThresholdShare!: number | null;
  @Field(() => Int, { description: 'Went with all that was promised.' })
  complete!: number;
  @Field(() => Int, { description: 'Went with a package that lacks something.' })
  incomplete!: number;
  @Field(() => Int, { description: 'Went without a package.' })
  withoutPackage!: number;
  @Field(() => Float, { nullable: true, description: 'Complete / all; null without a handoff.' })
  completeShare!: number | null;
  @Field(() => [MissingPartType], { description: 'What incomplete packages lack, the most frequent first.' })
  missing!: readonly MissingPartType[];
}
@ObjectType('CalendarPeriod', { description: 'A calendar month, quarter or year.' })
class CalendarPeriodType {
  @Field(() => String, { description: '2024-01, 2024-Q1 or 2024.' })
  key!: string;
  @Field(() => InstantScalar, { description: 'Where it begins.' })
  from!: Instant;
  @Field(() => InstantScalar, { description: 'Where it ends, itself not in it.' })
  to!: Instant;
}
@ObjectType('MarketingSla', { description: 'Marketing’s side of the agreement: promised, and delivered so far.' })
class MarketingSlaType {
  @Field(() => String, { nullable: true, description: 'The version of the SLA policy; null where none is in force.' })
  definition!: string | null;
  @Field(() => CalendarPeriodType, { description: 'The period.' })
  period!: CalendarPeriodType;
  @Field(() => InstantScalar, { description: 'Now: how far the period has gone.' })
  at!: Instant;
  @Field(() => AttainmentType, { description: 'Marketing-qualified people.' })
  qualified!: AttainmentType;
  @Field(() => AttainmentType, { description: 'Sales-qualified people, against what the target pipeline takes.' })
  salesQualified!: AttainmentType;
  @Field(() => HandoffQualityType, { description: 'All over threshold, each with a complete package?' })
  handoffs!: HandoffQualityType;
  @Field(() => [String], { description: 'What to know before using the figures.' })
  warnings!: readonly string[];
}
@ObjectType('Delivery', { description: 'One step of a lead towards sales.' })
class DeliveryType {
  @Field(() => ID, { description: 'The event that says so.' })
  eventId!: string;
  @Field(() => ID, { description: 'The lead on which it is recorded.' })
  leadId!: string;
  @Field(() => DeliveryKindEnum, { description: 'Which step.' })
  kind!: DeliveryKind;
  @Field(() => InstantScalar, { description: 'When.' })
  at!: Instant;
  @Field(() => String, { description: 'The version that was met, `mql@3`, or `external:<source>`.' })
  definition!: string;
  @Field(() => String, { nullable: true, description: 'Of a handoff: to whom.' })
  rep!: string | null;
  @Field(() => Boolean, {
    nullable: true,
    description: 'Of a handoff: was the package complete? null: there was none.',
  })
  complete!: boolean | null;
  @Field(() => [PartEnum], { description: 'What the package lacks.' })
  missing!: readonly string[];
}
const DeliveryConnection = connectionOf('Delivery', DeliveryType);

@ArgsType()
class MarketingSlaArgs extends ReadArgs {
  @IsOptional()
  @IsString()
  @MaxLength(10)
  @Field(() => String, {
    nullable: true,
    description: 'Period such as 2024-01, 2024-Q1 or 2024; by default this month.',
  })
  period?: string;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, { nullable: true, description: 'IANA zone in which it begins and ends; UTC by default.' })
  timeZone?: string;
}
@ArgsType()
class DeliveriesArgs extends IntersectionType(
  MarketingSlaArgs,
  PickType(PageArgs, ['first', 'after', 'last', 'before'], ArgsType),
  ArgsType,
) {
  @Field(() => DeliveryKindEnum, { description: 'Which step.' })
  kind!: DeliveryKind;
}

@Resolver()
export class MarketingSlaResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly clock: Clock,
  ) {}

  @Query(() => MarketingSlaType, {
    description: 'Leads promised and delivered in a calendar period, over threshold and with complete packages.',
  })
  @Heavy()
  @Allow(...everyRole)
  marketingSla(@Args() { period, timeZone, asOf }: MarketingSlaArgs): Promise<MarketingSlaType> {
    return marketingSla(this.models.asOf(asOf), this.asked(period, timeZone, asOf));
  }

  @Query(() => DeliveryConnection, { description: 'What stands behind `marketingSla`, oldest first.' })
  @Allow(...everyRole)
  async deliveries(
    @Args() { first, after, last, before, kind, period, timeZone, asOf }: DeliveriesArgs,
  ): Promise<Connection<DeliveryType>> {
    const question = { kind, ...this.asked(period, timeZone, asOf) };
    const found = await deliveriesBehind(this.models.asOf(asOf), question);
    return pageOf(found, { first, after, last, before }, ({ eventId }) => eventId);
  }

  private asked(period: string | undefined, timeZone: string | undefined, asOf: AsOf | undefined) {
    const at = referenceInstantOf(asOf, this.clock);
    return { ...(period && { period }), ...(timeZone && { timeZone }), at };
  }
}
