import { Args, ArgsType, Field, ID, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { Clock, DecisionContext, enumeration } from '@baton/kernel';
import { referenceInstantOf } from '@baton/platform/documents';
import { ReadModels } from '@baton/platform/documents';
import { Allow, enumOf, everyRole, InstantScalar, MoneyType, Heavy } from '@baton/platform/graphql';
import { IsArray, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { dataDrivenModel } from '../../models/data-driven.model';
import { AttributionDefinitions, ModelEnum } from '../attribution/attribution.resolver';
import { explainJourney } from '../credit/credit.query';
import { JourneyTouch, ModelCredits } from '../credit/credit.types';
import { methodQuestionOf, MethodArgs } from '../credit/method.args';
import { dealOutcomes } from '@baton/opportunities';
import { methodOf } from '../credit/method.query';
import { restatementReasons, type RestatementReason } from '../../write/journey/journey.events';
import type { JourneyDocument } from './journeys.projection';

const statedFields = (description: string) => ({ nullable: true, description });

const OutcomeEnum = enumOf(dealOutcomes);
const ReasonEnum = enumOf(restatementReasons);
const StatusEnum = enumOf(
  enumeration<Exclude<JourneyDocument['status'], 'gathering'>>('JourneyStatus', 'Whether the deal is still closed.', {
    closed: 'The deal is closed.',
    reopened: 'The deal is open again and its close earns nothing.',
  }),
);
@ObjectType({ description: 'Why a journey was recorded anew.' })
class Restatement {
  @Field(() => [ReasonEnum], { description: 'What changed.' })
  reasons!: readonly RestatementReason[];
  @Field(() => InstantScalar, { description: 'When the latest of what it states happened.' })
  at!: string;
}

@ObjectType({ description: 'The touches of a closed deal and what they earn.' })
class Journey {
  @Field(() => ID, { description: 'The deal’s id.' })
  journeyId!: string;
  @Field(() => StatusEnum, { description: 'Whether the deal is still closed.' })
  status!: string;
  @Field(() => OutcomeEnum, statedFields('How the deal closed.'))
  outcome!: JourneyDocument['outcome'];
  @Field(() => InstantScalar, { description: 'When the deal closed.' })
  closedAt!: string;
  @Field(() => InstantScalar, { description: 'When the deal opened.' })
  openedAt!: string;
  @Field(() => InstantScalar, statedFields('The earliest creation of a lead among the people.'))
  leadCreatedAt!: string | null;
  @Field(() => InstantScalar, statedFields('The earliest contact, also one after the close.'))
  firstContactAt!: string | null;
  @Field(() => [ID], { description: 'The people of the deal.' })
  leadIds!: readonly string[];
  @Field(() => MoneyType, statedFields('What the deal is worth.'))
  amount!: MoneyType | null;
  @Field(() => String, { description: 'The window before the close in which touches count, `P90D`, or `none`.' })
  lookback!: string;
  @Field(() => AttributionDefinitions, { description: 'The definitions that were applied.' })
  definitions!: AttributionDefinitions;
  @Field(() => [JourneyTouch], { description: 'Oldest first, up to the close.' })
  touches!: readonly JourneyTouch[];
  @Field(() => [ModelCredits], { description: 'The credits by model; empty while the deal is reopened.' })
  models!: readonly ModelCredits[];
  @Field(() => [Restatement], { description: 'Why it was recorded anew, oldest first.' })
  restatements!: readonly Restatement[];
}

@ArgsType()
class JourneyArgs extends MethodArgs {
  @IsString()
  @MaxLength(128)
  @Field(() => ID, { description: 'The deal’s id.' })
  journeyId!: string;

  @IsOptional()
  @IsArray()
  @IsIn(Object.values(ModelEnum), { each: true })
  @Field(() => [ModelEnum], {
    nullable: true,
    description: 'The models; by default that of the definition, if it credits a deal by itself.',
  })
  models?: string[];
}

@Resolver()
export class JourneysResolver {
  constructor(
    private readonly readModels: ReadModels,
    private readonly context: DecisionContext,
    private readonly clock: Clock,
  ) {}

  @Query(() => Journey, { description: 'The journey of one closed deal, with the credit of each touch explained.' })
  @Heavy()
  @Allow(...everyRole)
  async journey(@Args() { journeyId, models, asOf, ...args }: JourneyArgs): Promise<Journey> {
    const at = referenceInstantOf(asOf, this.clock);
    const method = await methodOf(this.context.definitions, this.readModels, at, args);
    const { journey, ...explained } = await explainJourney(this.readModels.asOf(asOf), journeyId, {
      ...method,
      ...methodQuestionOf(args),
      models: models ?? [method.definition.body.model].filter((code) => !dataDrivenModel(code)),
    });
    const { amountMinor, currency } = journey;
    const amount = amountMinor !== null && currency !== null ? { minor: amountMinor, currency } : null;
    return { ...journey, ...explained, amount };
  }
}
