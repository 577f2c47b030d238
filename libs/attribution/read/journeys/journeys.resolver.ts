import { Args, ArgsType, Field, Float, ID, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { Clock, DecisionContext } from '@baton/kernel';
import { ReadModels } from '@baton/platform/documents';
import { Allow, everyRole, InstantScalar, MoneyType } from '@baton/platform/graphql';
import { IsArray, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { explainJourney, methodAt } from '../attribution/attribution.query';
import { AttributionDefinitions, MethodArgs, ModelEnum } from '../attribution/attribution.resolver';

const stated = (description: string) => ({ nullable: true, description });

@ObjectType({ description: 'One contact with a person of the deal, as its source reported it.' })
class JourneyTouch {
  @Field(() => ID, { description: 'Id of the event that recorded it.' })
  touchId!: string;
  @Field(() => InstantScalar, { description: 'When it happened.' })
  occurredAt!: string;
  @Field(() => ID, { description: 'The person.' })
  leadId!: string;
  @Field(() => ID, stated('The visitor, when it was a visit before identification.'))
  visitorId?: string | null;
  @Field(() => String, stated('The person’s role in the deal.'))
  role?: string | null;
  @Field(() => String, { description: 'What was done: page-view, download, call …' })
  action!: string;
  @Field(() => String, { description: 'The team that made the contact.' })
  team!: string;
  @Field(() => String, { description: 'The channel, by the channel rules.' })
  channel!: string;
  @Field(() => String, stated('The source that the touch states.'))
  source?: string | null;
  @Field(() => String, stated('The medium that the touch states.'))
  medium?: string | null;
  @Field(() => String, stated('The campaign that the touch states.'))
  campaign?: string | null;
  @Field(() => String, stated('The content that the touch states.'))
  content?: string | null;
  @Field(() => String, stated('The page of a visit.'))
  page?: string | null;
  @Field(() => String, stated('Where the person came from.'))
  referrer?: string | null;
  @Field(() => Int, stated('How many minutes it took.'))
  minutes?: number | null;
}

@ObjectType({ description: 'What one touch earns under one model, and why.' })
class TouchCredit {
  @Field(() => ID, { description: 'The touch.' })
  touchId!: string;
  @Field(() => Float, { description: 'Its part of the deal, 0 to 1.' })
  weight!: number;
  @Field(() => Float, stated('Its share before shares were renormalised, of a positional model.'))
  share?: number | null;
  @Field(() => [String], { description: 'FT first touch, LC lead creation, OC opportunity creation, CW last touch.' })
  milestones!: readonly string[];
  @Field(() => String, stated('Why it earns nothing under any model: before-window, after-conversion.'))
  excluded?: string | null;
  @Field(() => MoneyType, stated('Its part of the amount; the parts sum to the amount. Null without an amount.'))
  revenue!: MoneyType | null;
}

@ObjectType({ description: 'The credits of a deal under one model.' })
class ModelCredits {
  @Field(() => ModelEnum, { description: 'The model.' })
  model!: string;
  @Field(() => Boolean, { description: 'No touch is in the window: the deal stands in the bucket unattributed.' })
  unattributed!: boolean;
  @Field(() => [String], { description: 'Milestones that no touch holds; their share was renormalised.' })
  missing!: readonly string[];
  @Field(() => [TouchCredit], { description: 'One per touch, in the order of the touches.' })
  credits!: readonly TouchCredit[];
}

@ObjectType({ description: 'Why a journey was recorded anew.' })
class Restatement {
  @Field(() => String, { description: 'late-touch, late-visit, merge, unmerge, visitor-identified, role or amount.' })
  cause!: string;
  @Field(() => InstantScalar, { description: 'When what changed it happened.' })
  at!: string;
}

@ObjectType({ description: 'The touches of a closed deal and what they earn.' })
class Journey {
  @Field(() => ID, { description: 'The deal’s id.' })
  journeyId!: string;
  @Field(() => String, { description: 'closed; or reopened: the deal is open again and its close earns nothing.' })
  status!: string;
  @Field(() => String, stated('won or lost.'))
  outcome!: string | null;
  @Field(() => InstantScalar, { description: 'When the deal closed.' })
  closedAt!: string;
  @Field(() => InstantScalar, { description: 'When the deal opened.' })
  openedAt!: string;
  @Field(() => InstantScalar, stated('The earliest creation of a lead among the people.'))
  leadCreatedAt!: string | null;
  @Field(() => InstantScalar, stated('The earliest contact, also one after the close.'))
  firstContactAt!: string | null;
  @Field(() => [ID], { description: 'The people of the deal.' })
  leadIds!: readonly string[];
  @Field(() => MoneyType, stated('What the deal is worth.'))
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
  @Field(() => [ModelEnum], { nullable: true, description: 'The models; by default that of the definition in force.' })
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
  @Allow(...everyRole)
  async journey(@Args() { journeyId, models, lookback, asOf }: JourneyArgs): Promise<Journey> {
    const method = await methodAt(this.context.definitions, this.clock.now());
    const { journey, ...explained } = await explainJourney(this.readModels.asOf(asOf), journeyId, {
      ...method,
      models: models ?? [method.definition.body.model],
      ...(lookback && { lookback }),
    });
    const { amountMinor, currency } = journey;
    const amount = amountMinor !== null && currency !== null ? { minor: amountMinor, currency } : null;
    return { ...journey, ...explained, amount };
  }
}
