import { Args, ArgsType, Field, ID, ObjectType, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Clock, DecisionContext, type Instant } from '@baton/kernel';
import { ReadModels, type Connection } from '@baton/platform/documents';
import {
  Allow,
  connectionOf,
  everyRole,
  InnerPageArgs,
  InstantScalar,
  MoneyType,
  Heavy,
} from '@baton/platform/graphql';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn } from 'class-validator';
import { Attribution, Credited, ModelEnum, PeriodArgs, questionOf } from '../attribution/attribution.resolver';
import { comparedDeals, comparison, type ComparisonQuestion } from './comparison.query';

@ObjectType({ description: 'What a key earned under one model, and how that differs from the first model.' })
class ComparedCredit extends Credited {
  @Field(() => ModelEnum, { description: 'The model.' })
  model!: string;
  @Field(() => Credited, { description: 'How much more than under the first model; negative: less.' })
  difference!: Credited;
}
@ObjectType({ description: 'What a key earned under each model.' })
class ComparedKey {
  @Field(() => String, { nullable: true, description: 'The channel, campaign, month …; null: not stated.' })
  key!: string | null;
  @Field(() => [ComparedCredit], { description: 'One per model, in the order asked.' })
  credits!: readonly ComparedCredit[];
}
@ObjectType({ description: 'One deal under each model.' })
class ComparedDeal {
  @Field(() => ID, { description: 'The deal’s id.' })
  journeyId!: string;
  @Field(() => InstantScalar, { description: 'When it closed.' })
  closedAt!: Instant;
  @Field(() => MoneyType, { nullable: true, description: 'What it is worth.' })
  amount!: MoneyType | null;
  @Field(() => Boolean, { description: 'No touch is weighed, under any model.' })
  unattributed!: boolean;
  @Field(() => [ComparedKey], { description: 'Every key that earned something under some model.' })
  keys!: readonly ComparedKey[];
}
const ComparedDeals = connectionOf('ComparedDeal', ComparedDeal);

@ObjectType({ description: 'Several models side by side; the first is what the others are compared with.' })
class ModelComparison {
  @Field(() => [Attribution], { description: 'The report of each model, in the order asked.' })
  reports!: readonly Attribution[];
  @Field(() => [ComparedKey], { description: 'Every key under each model, over all deals of the period.' })
  rows!: readonly ComparedKey[];
  /** What was asked, for the deals; no field of the answer. */
  question!: ComparisonQuestion;
  asOf?: PeriodArgs['asOf'];
}

@ArgsType()
class ComparisonArgs extends PeriodArgs {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(Object.keys(ModelEnum).length)
  @IsIn(Object.values(ModelEnum), { each: true })
  @Field(() => [ModelEnum], { description: 'The models to compare; the first is compared with.' })
  models!: string[];
}

@Resolver(() => ModelComparison)
export class ComparisonResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly context: DecisionContext,
    private readonly clock: Clock,
  ) {}

  @Query(() => ModelComparison, {
    description: 'Credited conversions and revenue of the deals won in a period under several models, side by side.',
  })
  @Heavy()
  @Allow(...everyRole)
  async compareModels(@Args() { models, ...args }: ComparisonArgs): Promise<ModelComparison> {
    const asked = await questionOf(args, this.context.definitions, this.models, this.clock);
    const question = { ...asked, models };
    const { reports, rows } = await comparison(this.models.asOf(args.asOf), question);
    return { reports: reports as readonly Attribution[], rows, question, ...(args.asOf && { asOf: args.asOf }) };
  }

  @ResolveField(() => ComparedDeals, {
    description: 'The deals one by one, by their close. Models that share a whole period at once are left out.',
  })
  deals(@Parent() { question, asOf }: ModelComparison, @Args() page: InnerPageArgs): Promise<Connection<ComparedDeal>> {
    return comparedDeals(this.models.asOf(asOf), question, page);
  }
}
