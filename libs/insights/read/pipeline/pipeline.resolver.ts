import { Args, Field, Int, ObjectType, Query, Resolver, Subscription } from '@nestjs/graphql';
import { EventLog, type Position } from '@baton/kernel';
import { leadEvents, leadStages } from '@baton/leads';
import { opportunityEvents } from '@baton/opportunities';
import { ReadModels } from '@baton/platform/documents';
import {
  AfterArgs,
  Allow,
  EndSignal,
  enumOf,
  everyRole,
  Heavy,
  MoneyType,
  SharedReading,
  snapshotsOf,
} from '@baton/platform/graphql';
import { Runner } from '@baton/platform/runner';
import { DealFilterArgs } from '../report.args';
import { pipeline } from './pipeline.query';

@ObjectType('OpenDeals', { description: 'Some open deals together.' })
class OpenDealsType {
  @Field(() => Int, { description: 'How many.' })
  deals!: number;
  @Field(() => [MoneyType], { description: 'Their total amounts, one per currency.' })
  amounts!: readonly MoneyType[];
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
  @Field(() => enumOf(leadStages), { description: 'The lifecycle stage or disposition.' })
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

@ObjectType('PipelineAt', { description: 'The pipeline as it stood at a moment.' })
class PipelineAt {
  @Field(() => String, { description: 'The moment, a position of the log; give it as `after` to go on from here.' })
  position!: string;
  @Field(() => PipelineType, { description: 'Where open deals and leads stood.' })
  pipeline!: PipelineType;
}

const TYPES = [...opportunityEvents.schemas.keys(), ...leadEvents.schemas.keys()];

@Resolver()
export class PipelineResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly log: EventLog,
    private readonly runner: Runner,
  ) {}

  private readonly now = new SharedReading(async () => ({ pipeline: await pipeline(this.models, { filters: {} }) }));

  @Query(() => PipelineType, {
    description: 'Open deals by stage and people by lifecycle stage; owner and source restrict the people too.',
  })
  @Heavy()
  @Allow(...everyRole)
  pipeline(@Args() { asOf, ...filters }: DealFilterArgs): Promise<PipelineType> {
    return pipeline(this.models.asOf(asOf), { filters });
  }

  @Subscription(() => PipelineAt, {
    description: 'The pipeline now, and again whenever it has changed.',
    resolve: (answer: PipelineAt) => answer,
  })
  @Allow(...everyRole)
  pipelineChanges(@Args() { after }: AfterArgs, @EndSignal() signal: AbortSignal): AsyncGenerator<PipelineAt> {
    const now = (position: Position) => this.now.at(position);
    return snapshotsOf(this.log, this.runner, { after, types: TYPES, signal }, now);
  }
}
