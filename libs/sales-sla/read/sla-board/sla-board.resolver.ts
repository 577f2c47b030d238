import { Args, ArgsType, Field, ObjectType, Resolver, Subscription } from '@nestjs/graphql';
import { bothWhere, Clock, EventLog, type ObjectOf, type Position } from '@baton/kernel';
import { ReadModels } from '@baton/platform/documents';
import {
  AfterArgs,
  Allow,
  EndSignal,
  everyRole,
  FilterField,
  nodeOf,
  nodeTypes,
  objectTypeOf,
  snapshotsOf,
  type ShownNode,
  type ValueFilterInput,
} from '@baton/platform/graphql';
import { Runner } from '@baton/platform/runner';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { slaCounts, whereClocks } from './sla-board.query';
import { mergedWithOpenClocks, slaClocks, whereState } from './sla-clocks.read-model';
import { slaStates } from './sla-clocks.rules';
import { stateCount } from './sla-counts.report';

@ArgsType()
class BoardChangesArgs extends AfterArgs {
  @FilterField('Only clocks of these reps.')
  rep?: ValueFilterInput;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, { nullable: true, description: 'Only clocks of this kind.' })
  kind?: string;
}
@ObjectType('SlaBoardAt', { description: 'A snapshot of the SLA board.' })
class SlaBoardAt {
  @Field(() => String, {
    description: 'Position in the log that the snapshot was taken at; pass it as `after` to continue from here.',
  })
  position!: Position;
  @Field(() => [objectTypeOf(stateCount)], { description: 'Number of clocks by state.' })
  counts!: readonly ObjectOf<typeof stateCount.fields>[];
  @Field(() => [nodeTypes.of(slaClocks)], { description: 'Clocks at risk, next due first, at most 100.' })
  atRisk!: readonly ShownNode[];
}
const MOST_AT_RISK = 100;

@Resolver()
export class SlaBoardResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly clock: Clock,
    private readonly log: EventLog,
    private readonly runner: Runner,
  ) {}

  @Subscription(() => SlaBoardAt, {
    description: 'The SLA board: a snapshot now, and a new one whenever an event changes it.',
    resolve: (answer: SlaBoardAt) => answer,
  })
  @Allow(...everyRole)
  slaBoardChanges(
    @Args() { after, rep, kind }: BoardChangesArgs,
    @EndSignal() signal: AbortSignal,
  ): AsyncGenerator<SlaBoardAt> {
    const filters = { ...(rep && { rep }), ...(kind && { kind }) };
    const now = async () => {
      const at = this.clock.now();
      const counts = await slaCounts(this.models, { ...filters, at });
      const atRisk = whereState('at risk', at, await mergedWithOpenClocks(this.models));
      const found = await this.models.find(slaClocks, {
        where: bothWhere(whereClocks(filters), atRisk),
        ...{ orderBy: [{ column: 'answerBy' }], limit: MOST_AT_RISK },
      });
      return {
        counts: slaStates.map((state) => ({ state, clocks: counts[state] })),
        atRisk: found.map(({ id, doc }) => nodeOf(slaClocks, id, doc, at)),
      };
    };
    // Changes caused by the passing of time alone are not sent.
    const news = ({ counts, atRisk }: Awaited<ReturnType<typeof now>>) => [
      counts,
      atRisk.map(({ passed: _, ...clock }) => clock),
    ];
    return snapshotsOf(this.log, this.runner, { after, types: slaClocks.types, signal }, now, news);
  }
}
