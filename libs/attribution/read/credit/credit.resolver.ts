import { Args, ArgsType, Field, ID, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { Clock, DecisionContext } from '@baton/kernel';
import { referenceInstantOf } from '@baton/platform/documents';
import { ReadModels } from '@baton/platform/documents';
import { Allow, everyRole, InstantScalar, MoneyType, Heavy } from '@baton/platform/graphql';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { attributionModels } from '../../models/models.rules';
import type { Model } from '../../models/credit.model';
import { dataDrivenModels } from '../../models/data-driven.model';
import { AttributionDefinitions, ModelEnum } from '../attribution/attribution.resolver';
import { credit } from './credit.query';
import { JourneyTouch, ModelCredits, TouchCredit } from './credit.types';
import { methodQuestionOf, MethodArgs } from './method.args';
import { methodOf } from './method.query';

@ObjectType({ description: 'What one touch earns under one model, why, and the touch itself.' })
class ExplainedTouchCredit extends TouchCredit {
  @Field(() => JourneyTouch, { description: 'The touch.' })
  touch!: JourneyTouch;
}

@ObjectType({ description: 'The credits of a deal under one model, with all that it takes to compute them again.' })
class DealCredit extends ModelCredits {
  @Field(() => ID, { description: 'The deal’s id.' })
  journeyId!: string;
  @Field(() => InstantScalar, { description: 'When the deal closed.' })
  closedAt!: string;
  @Field(() => MoneyType, { nullable: true, description: 'What the deal is worth.' })
  amount!: MoneyType | null;
  @Field(() => String, { description: 'The window before the close in which touches count, `P90D`, or `none`.' })
  lookback!: string;
  @Field(() => AttributionDefinitions, { description: 'The definitions that were applied.' })
  definitions!: AttributionDefinitions;
  @Field(() => [ExplainedTouchCredit], { description: 'One per touch, in the order of the touches, or the one asked.' })
  declare credits: readonly ExplainedTouchCredit[];
}

@ArgsType()
class CreditArgs extends MethodArgs {
  @IsString()
  @MaxLength(128)
  @Field(() => ID, { description: 'The deal’s id.' })
  journeyId!: string;

  @IsOptional()
  @IsIn(attributionModels.map(({ code }) => code))
  @Field(() => ModelEnum, { nullable: true, description: 'The model; by default that of the definition.' })
  model?: string;

  @IsOptional()
  @IsString()
  @MaxLength(128)
  @Field(() => ID, { nullable: true, description: 'Only the credit of this touch.' })
  touchId?: string;
}

@ObjectType({ description: 'A way in which credit is shared over touches.' })
class AttributionModelInfo {
  @Field(() => ModelEnum, { description: 'What to ask for.' })
  model!: string;
  @Field(() => String, { description: 'Its code on the command line and in definitions: `last-touch`.' })
  code!: string;
  @Field(() => String, { description: 'Its name.' })
  name!: string;
  @Field(() => String, { description: 'How it shares.' })
  description!: string;
  @Field(() => Boolean, {
    description: 'Do the credits of a deal sum to the deal? What is not additive is never summed.',
  })
  additive!: boolean;
  @Field(() => Boolean, { description: 'Does it learn from all deals of a period? Then it credits no deal by itself.' })
  dataDriven!: boolean;
  @Field(() => [String], {
    description: 'What a definition or a question may set: weights, halfLife, excludedChannels …',
  })
  parameters!: readonly string[];
}

@Resolver()
export class CreditResolver {
  constructor(
    private readonly readModels: ReadModels,
    private readonly context: DecisionContext,
    private readonly clock: Clock,
  ) {}

  @Query(() => DealCredit, { description: 'Why each touch of a closed deal earns what it earns, or one of them.' })
  @Heavy()
  @Allow(...everyRole)
  async credit(@Args() { journeyId, model, touchId, asOf, ...args }: CreditArgs): Promise<DealCredit> {
    const at = referenceInstantOf(asOf, this.clock);
    const { journey, ...explained } = await credit(this.readModels.asOf(asOf), journeyId, {
      ...(await methodOf(this.context.definitions, this.readModels, at, args)),
      ...methodQuestionOf(args),
      ...(model && { model }),
      ...(touchId && { touchId }),
    });
    const { closedAt, amountMinor, currency } = journey;
    const amount = amountMinor !== null && currency !== null ? { minor: amountMinor, currency } : null;
    return { ...explained, journeyId, closedAt, amount };
  }

  @Query(() => [AttributionModelInfo], {
    description: 'Every model, those that learn from all deals of a period last.',
  })
  @Allow(...everyRole)
  attributionModels(): readonly AttributionModelInfo[] {
    const about = ({ code, name, description }: Pick<Model, 'code' | 'name' | 'description'>) => ({
      model: code,
      code,
      name,
      description,
    });
    return [
      ...attributionModels.map((model) => ({
        ...about(model),
        additive: model.additive,
        dataDriven: false,
        parameters: (model.parameters ?? []).map((one) => (one === 'halfLifeMs' ? 'halfLife' : one)),
      })),
      ...dataDrivenModels.map((model) => ({ ...about(model), additive: true, dataDriven: true, parameters: [] })),
    ];
  }
}
