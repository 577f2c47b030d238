import { Args, Field, Float, ID, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import type { Instant } from '@baton/kernel';
import { ReadModels } from '@baton/platform/documents';
import {
  Allow,
  connectionOf,
  everyRole,
  InstantScalar,
  PageArgs,
  readPage,
  type Connection,
} from '@baton/platform/graphql';
import { loadOf } from '../../write/routing/routing.model';
import { membersOf, routingQueues, type RoutingQueue } from './routing.projection';

@ObjectType('RoutingRep', { description: 'A rep of a queue, and how much the rep has had.' })
class RoutingRepType {
  @Field(() => String, { description: 'The salesperson.' })
  rep!: string;
  @Field(() => Int, { description: 'The share of leads, in proportion to the other reps.' })
  weight!: number;
  @Field(() => Boolean, { description: 'Away reps get no leads.' })
  away!: boolean;
  @Field(() => Int, { description: 'Leads given to the rep.' })
  assigned!: number;
  @Field(() => Int, { description: 'Leads that came back.' })
  returned!: number;
  @Field(() => Float, { description: 'What the rep counts as having had before joining or while away.' })
  base!: number;
  @Field(() => Float, { description: '(base + assigned − returned) / weight; the lowest is next.' })
  level!: number;
}

@ObjectType('RoutingQueue', { description: 'A queue of reps that qualified leads are handed to in turn.' })
class RoutingQueueType {
  @Field(() => ID, { description: 'The queue, as the routing rules name it.' })
  routingId!: string;
  @Field(() => [RoutingRepType], { description: 'Its reps: those present, whose turn is next first, then those away.' })
  reps!: RoutingRepType[];
  @Field(() => Int, { description: 'Leads routed through the queue.' })
  routed!: number;
  @Field(() => Int, { description: 'Those of them that went to the handoff owner, because everybody was away.' })
  toHandoffOwner!: number;
  @Field(() => InstantScalar, { nullable: true, description: 'When the last lead was routed.' })
  lastRoutedAt!: Instant | null;
}
const RoutingQueueConnection = connectionOf('RoutingQueue', RoutingQueueType);

const node = (queue: RoutingQueue): RoutingQueueType => ({
  ...queue,
  reps: membersOf(queue).map((rep) => ({ ...rep, level: loadOf(rep) / rep.weight })),
});

@Resolver()
export class RoutingResolver {
  constructor(private readonly models: ReadModels) {}

  @Query(() => RoutingQueueConnection, { description: 'The queues of reps with their balance, by id.' })
  @Allow(...everyRole)
  routingQueues(@Args() { first, after, asOf }: PageArgs): Promise<Connection<RoutingQueueType>> {
    const orderBy = [{ column: 'routingId' }];
    return readPage(this.models.asOf(asOf), routingQueues, { first, after, where: {}, orderBy }, node);
  }
}
