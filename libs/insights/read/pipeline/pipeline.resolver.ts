import { Args, Field, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { ReadModels } from '@baton/platform/documents';
import { Allow, everyRole, MoneyType } from '@baton/platform/graphql';
import { DealFilterArgs } from '../report.args';
import { pipeline } from './pipeline.query';

@ObjectType('OpenDeals', { description: 'Some open deals together.' })
class OpenDealsType {
  @Field(() => Int, { description: 'How many.' })
  deals!: number;
  @Field(() => [MoneyType], { description: 'What they are worth together, one amount a currency.' })
  worth!: readonly MoneyType[];
  @Field(() => Int, { description: 'How many of them have no amount.' })
  withoutAmount!: number;
}

@ObjectType('PipelineStage', { description: 'The open deals in a stage.' })
class PipelineStageType extends OpenDealsType {
  @Field(() => String, { description: 'The stage, as the team names it.' })
  stage!: string;
}

@ObjectType('LeadStageCount', { description: 'How many people are in a lifecycle stage.' })
class LeadStageCountType {
  @Field(() => String, { description: 'The lifecycle stage or disposition.' })
  stage!: string;
  @Field(() => Int, { description: 'People; merged ones count once.' })
  leads!: number;
}

@ObjectType('Pipeline', { description: 'Where open deals and leads stand now.' })
class PipelineType {
  @Field(() => [PipelineStageType], { description: 'Open deals by stage, sorted.' })
  stages!: readonly PipelineStageType[];
  @Field(() => OpenDealsType, { description: 'All open deals.' })
  open!: OpenDealsType;
  @Field(() => [LeadStageCountType], { description: 'People by lifecycle stage, sorted.' })
  leads!: readonly LeadStageCountType[];
}

@Resolver()
export class PipelineResolver {
  constructor(private readonly models: ReadModels) {}

  @Query(() => PipelineType, {
    description: 'Open deals by stage and people by lifecycle stage; owner and source restrict the people too.',
  })
  @Allow(...everyRole)
  pipeline(@Args() { asOf, ...filters }: DealFilterArgs): Promise<PipelineType> {
    return pipeline(this.models.asOf(asOf), { filters });
  }
}
