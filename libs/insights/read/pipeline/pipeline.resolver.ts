import { Args, Resolver, Subscription } from '@nestjs/graphql';
import { EventLog, field, objectFields, type ObjectOf, type Position } from '@baton/kernel';
import { leadEvents } from '@baton/leads';
import { opportunityEvents } from '@baton/opportunities';
import { ReadModels } from '@baton/platform/documents';
import {
  AfterArgs,
  Allow,
  EndSignal,
  everyRole,
  objectTypeOf,
  SharedReading,
  snapshotsOf,
} from '@baton/platform/graphql';
import { Runner } from '@baton/platform/runner';
import { pipeline, pipelineAnswer } from './pipeline.query';

const pipelineAt = objectFields('PipelineAt', 'The pipeline as it stood at a moment.', {
  position: field.text('The moment, a position of the log; give it as `after` to go on from here.'),
  pipeline: field.object(pipelineAnswer, 'Where open deals and leads stood.'),
});
type PipelineAt = ObjectOf<typeof pipelineAt.fields>;
const PipelineAtType = objectTypeOf(pipelineAt);

const TYPES = [...opportunityEvents.schemas.keys(), ...leadEvents.schemas.keys()];

@Resolver()
export class PipelineResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly log: EventLog,
    private readonly runner: Runner,
  ) {}

  private readonly now = new SharedReading(async () => ({ pipeline: await pipeline(this.models) }));

  @Subscription(() => PipelineAtType, {
    description: 'The pipeline now, and again whenever it has changed.',
    resolve: (answer: PipelineAt) => answer,
  })
  @Allow(...everyRole)
  pipelineChanges(@Args() { after }: AfterArgs, @EndSignal() signal: AbortSignal): AsyncGenerator<PipelineAt> {
    const now = (position: Position) => this.now.at(position);
    return snapshotsOf(this.log, this.runner, { after, types: TYPES, signal }, now);
  }
}
