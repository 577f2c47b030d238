import { Args, Field, Float, ID, Int, ObjectType, Query, Resolver } from '@nestjs/graphql';
import type { Instant } from '@baton/kernel';
import { ReadModels, readPage, type Connection } from '@baton/platform/documents';
import { Allow, connectionOf, everyRole, InstantScalar, PageArgs } from '@baton/platform/graphql';
import { loadOf } from '../../write/routing/routing.model';
import { membersOf, routingQueues, type RoutingQueue } from './routing.projection';

@ObjectType('RoutingRep', { description: 'A member of a queue and the leads assigned to them.' })
class RoutingRepType {
  @Field(() => String, { description: 'The salesperson.' })
  rep!: string;
  @Field(() => Int, { description: 'The weight; leads are shared in proportion to the weights of the queue.' })
  weight!: number;
  @Field(() => Boolean, { description: 'True if the rep is absent and gets no leads.' })
  away!: boolean;
  @Field(() => Int, { description: 'Number of leads assigned to the rep.' })
  assigned!: number;
  @Field(() => Int, { description: 'Number of assigned leads that were taken back.' })
  returned!: number;
  @Field(() => Float, {
    description: 'Leads counted in addition to those assigned, so that missed leads are not caught up.',
  })
  base!: number;
  @Field(() => Float, { description: '(base + assigned − returned) / weight; the rep with the lowest level is next.' })
  level!: number;
}

@ObjectType('RoutingQueue', { description: 'A queue of reps who get qualified leads in turn.' })
class RoutingQueueType {
  @Field(() => ID, { description: 'The queue, as the routing rules name it.' })
  routingId!: string;
  @Field(() => [RoutingRepType], {
    description: 'The members: first those available, in the order of their turns, then those absent.',
  })
  reps!: RoutingRepType[];
  @Field(() => Int, { description: 'Number of leads routed through the queue.' })
  routed!: number;
  @Field(() => Int, { description: 'How many of them went to the handoff owner, because everybody was absent.' })
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

  @Query(() => RoutingQueueConnection, { description: 'The queues of reps with the load of each rep, ordered by id.' })
  @Allow(...everyRole)
  routingQueues(@Args() { first, after, last, before, asOf }: PageArgs): Promise<Connection<RoutingQueueType>> {
    const orderBy = [{ column: 'routingId' }];
    return readPage(this.models.asOf(asOf), routingQueues, { first, after, last, before, where: {}, orderBy }, node);
  }
}
