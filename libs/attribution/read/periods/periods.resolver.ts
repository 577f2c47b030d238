import { Args, ArgsType, Field, Float, ID, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { DecisionContext, Journal, Refused, type Position } from '@baton/kernel';
import { ReadModels, readPage, type Connection } from '@baton/platform/documents';
import {
  Allow,
  connectionOf,
  DayScalar,
  enumOf,
  everyRole,
  InstantScalar,
  MoneyType,
  PageArgs,
  ReadArgs,
  Heavy,
} from '@baton/platform/graphql';
import { IsString, MaxLength } from 'class-validator';
import { ModelEnum, outsideField, OutsideWindowType } from '../attribution/attribution.resolver';
import { periodDimensions } from '../attribution/attribution.rules';
import { periods, type PeriodDocument } from './periods.projection';
import { figuresOf, isIntact, periodDelta } from './periods.query';
import { periodReasons, type PeriodReason } from './periods.rules';

const DimensionEnum = enumOf(periodDimensions);
const PeriodReasonEnum = enumOf(periodReasons);
@ObjectType({ description: 'Credited conversions and revenue, or a difference of them.' })
class PeriodCredit {
  @Field(() => Float, { description: 'Conversions, in fractions.' })
  conversions!: number;
  @Field(() => [MoneyType], { description: 'One sum for every currency of the period, by code; none without amounts.' })
  revenue!: readonly MoneyType[];
}
@ObjectType({ description: 'What one key earned, or the difference.' })
class PeriodRow extends PeriodCredit {
  @Field(() => String, { nullable: true, description: 'The channel, campaign, month …; null: not stated.' })
  key!: string | null;
}
@ObjectType({ description: 'The figures of a period; rows and unattributed sum to total.' })
class PeriodFigures {
  @Field(() => [PeriodRow], { description: 'By key.' })
  rows!: readonly PeriodRow[];
  @Field(() => PeriodCredit, { description: 'Deals without a touch in the window.' })
  unattributed!: PeriodCredit;
  @Field(() => PeriodCredit, { description: 'All deals of the period.' })
  total!: PeriodCredit;
}
@ObjectType({ description: 'The attribution of a period as it was known when it was frozen. It never changes.' })
class FrozenPeriod {
  @Field(() => ID, { description: 'Its own name.' })
  periodId!: string;
  @Field(() => String, { nullable: true, description: 'What it is called in reports.' })
  name!: string | null;
  @Field(() => DayScalar, { description: 'The first day on which its deals closed …' })
  from!: string;
  @Field(() => DayScalar, { description: '… and the last one, which counts to its end.' })
  to!: string;
  @Field(() => String, { description: 'IANA zone of its days and months.' })
  timeZone!: string;
  @Field(() => InstantScalar, { description: 'The first instant of its first day.' })
  startsAt!: string;
  @Field(() => InstantScalar, { description: 'The first instant after its last day.' })
  endsAt!: string;
  @Field(() => ModelEnum, { description: 'The model.' })
  model!: string;
  @Field(() => DimensionEnum, { description: 'What the rows are.' })
  by!: string;
  @Field(() => String, { description: 'The window before the close in which touches count, `P90D`, or `none`.' })
  lookback!: string;
  @Field(() => String, { nullable: true, description: 'Only deals in this currency.' })
  currency!: string | null;
  @Field(() => String, { description: 'The version of the attribution definition that decided.' })
  attribution!: string;
  @Field(() => String, { description: 'The version of the channel rules that decided.' })
  channelRules!: string;
  @Field(() => String, { description: 'The log up to here was known; give it as `asOf: { knownAt }`.' })
  position!: string;
  @Field(() => PeriodFigures, { description: 'What was frozen.' })
  figures!: PeriodFigures;
  @Field(() => OutsideWindowType, outsideField)
  outsideWindow!: OutsideWindowType | null;
  @Field(() => InstantScalar, { description: 'When it was frozen.' })
  frozenAt!: string;
  @Field(() => String, { description: 'By whom.' })
  frozenBy!: string;
  @Field(() => String, { description: 'SHA-256, in hex, over the canonical JSON (RFC 8785) of what was frozen.' })
  hash!: string;
  @Field(() => Boolean, { description: 'Does the hash fit what is stored?' })
  intact!: boolean;
}
const FrozenPeriodConnection = connectionOf('FrozenPeriod', FrozenPeriod);

@ObjectType({ description: 'A change of one deal since the period was frozen, and what it did to the figures.' })
class PeriodRestatement {
  @Field(() => ID, { description: 'The deal’s id.' })
  journeyId!: string;
  @Field(() => [PeriodReasonEnum], { description: 'What changed.' })
  reasons!: readonly PeriodReason[];
  @Field(() => InstantScalar, {
    nullable: true,
    description: 'When what changed it happened; null for what follows from another deal.',
  })
  at!: string | null;
  @Field(() => String, { description: 'The log up to here tells of it.' })
  position!: string;
  @Field(() => PeriodFigures, { description: 'What it did; only keys that it changed.' })
  difference!: PeriodFigures;
}
@ObjectType({ description: 'A frozen period, the same question now, and all that changed in between.' })
class PeriodDeltaType {
  @Field(() => FrozenPeriod, { description: 'What was frozen.' })
  period!: FrozenPeriod;
  @Field(() => PeriodFigures, { description: 'The same question now, under the same versions of the definitions.' })
  now!: PeriodFigures;
  @Field(() => PeriodFigures, { description: 'Now less frozen; only keys that changed.' })
  difference!: PeriodFigures;
  @Field(() => OutsideWindowType, { ...outsideField, description: `Of the answer now: ${outsideField.description}` })
  outsideWindow!: OutsideWindowType | null;
  @Field(() => Int, { description: 'How many restatements there are.' })
  restated!: number;
  @Field(() => [PeriodRestatement], {
    description: 'In the order of the log; they sum to the difference: money exactly, conversions to 1e-9.',
  })
  restatements!: readonly PeriodRestatement[];
  @Field(() => [String], { description: 'What to know before using the figures.' })
  warnings!: readonly string[];
}

@ArgsType()
class PeriodDeltaArgs extends ReadArgs {
  @IsString()
  @MaxLength(128)
  @Field(() => ID, { description: 'The frozen period.' })
  periodId!: string;
}

const node = (doc: PeriodDocument): FrozenPeriod => {
  const { name, currency, rows: _, unattributed: __, total: ___, outsideWindow, ...facts } = doc;
  return {
    ...facts,
    name: name ?? null,
    currency: currency ?? null,
    outsideWindow: outsideWindow ?? null,
    figures: figuresOf(doc),
    intact: isIntact(doc),
  };
};

@Resolver()
export class PeriodsResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly journal: Journal,
    private readonly context: DecisionContext,
  ) {}

  @Query(() => FrozenPeriodConnection, { description: 'The frozen periods, the latest first.' })
  @Allow(...everyRole)
  frozenPeriods(@Args() { first, after, last, before, asOf }: PageArgs): Promise<Connection<FrozenPeriod>> {
    const page = { first, after, last, before, orderBy: [{ column: 'frozenAt', descending: true }] };
    return readPage(this.models.asOf(asOf), periods, page, node);
  }

  @Query(() => PeriodDeltaType, {
    description: 'What became of a frozen period: the same question now, and every restatement since.',
  })
  @Heavy()
  @Allow(...everyRole)
  async periodDelta(@Args() { periodId, asOf }: PeriodDeltaArgs): Promise<PeriodDeltaType> {
    if (asOf?.happenedBy)
      throw new Refused(
        'period/known-only',
        'A frozen period cannot be cut by happenedBy; use knownBy or knownAt.',
        'asOf.happenedBy',
      );
    const past = (knownAt: Position) => this.models.asOf({ knownAt });
    const {
      period,
      intact: _,
      ...delta
    } = await periodDelta(this.models.asOf(asOf), past, this.journal, this.context.definitions, periodId);
    return { ...delta, period: node(period), restated: delta.restatements.length };
  }
}
