import { Args, ArgsType, Field, Int, ObjectType, Resolver, Subscription } from '@nestjs/graphql';
import { bothWhere, Clock, conditionsOf, EventLog, type Position } from '@baton/kernel';
import { ReadModels } from '@baton/platform/documents';
import {
  AfterArgs,
  Allow,
  EndSignal,
  FilterField,
  nodeOf,
  nodeTypes,
  snapshotsOf,
  type ShownNode,
  type ValueFilterInput,
} from '@baton/platform/graphql';
import { Runner } from '@baton/platform/runner';
import { handoffs, whereWaiting } from './handoffs.read-model';

@ArgsType()
class QueueChangesArgs extends AfterArgs {
  @FilterField('Only leads of these reps.')
  rep?: ValueFilterInput;
}
@ObjectType('HandoffQueueAt', { description: 'A snapshot of the leads that wait for an answer from sales.' })
class HandoffQueueAt {
  @Field(() => String, {
    description: 'Position in the log that the snapshot was taken at; pass it as `after` to continue from here.',
  })
  position!: Position;
  @Field(() => Int, { description: 'Number of waiting leads.' })
  waiting!: number;
  @Field(() => [nodeTypes.of(handoffs)], { description: 'The waiting leads, next due first, at most 100.' })
  leads!: readonly ShownNode[];
}
const MOST_LEADS = 100;

@Resolver()
export class HandoffQueueResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly clock: Clock,
    private readonly log: EventLog,
    private readonly runner: Runner,
  ) {}

  @Subscription(() => HandoffQueueAt, {
    description: 'The leads that wait for an answer: a snapshot now, and a new one whenever it changes.',
    resolve: (answer: HandoffQueueAt) => answer,
  })
  @Allow(...handoffs.shown.allow)
  handoffQueueChanges(
    @Args() { after, rep }: QueueChangesArgs,
    @EndSignal() signal: AbortSignal,
  ): AsyncGenerator<HandoffQueueAt> {
    const where = bothWhere(whereWaiting, conditionsOf({ rep }));
    const now = async () => {
      const found = await this.models.find(handoffs, { where, orderBy: [{ column: 'rank' }], limit: MOST_LEADS });
      return {
        waiting: await this.models.count(handoffs, where),
        leads: found.map(({ id, doc }) => nodeOf(handoffs, id, doc, this.clock.now())),
      };
    };
    // Changes caused by the passing of time alone are not sent.
    const news = ({ waiting, leads }: Awaited<ReturnType<typeof now>>) => [
      waiting,
      leads.map(({ limbo: _, ...lead }) => lead),
    ];
    return snapshotsOf(this.log, this.runner, { after, types: handoffs.types, signal }, now, news);
  }
}
