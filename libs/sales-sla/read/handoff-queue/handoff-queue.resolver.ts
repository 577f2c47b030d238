import {
  Args,
  ArgsType,
  Field,
  ID,
  Int,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  Resolver,
  Subscription,
} from '@nestjs/graphql';
import { Clock, EventLog, type Instant, type Position } from '@baton/kernel';
import { ReadModels, type AsOf, referenceInstantOf } from '@baton/platform/documents';
import {
  AfterArgs,
  Allow,
  type Connection,
  connectionOf,
  EndSignal,
  FilterField,
  InstantScalar,
  PageArgs,
  readPage,
  snapshotsOf,
  type ValueFilterInput,
} from '@baton/platform/graphql';
import { Runner } from '@baton/platform/runner';
import { handoffs, type HandoffsDocument } from '../handoffs/handoffs.projection';
import { leadById } from '@baton/leads';
import { leadNode, LeadType } from '@baton/leads/leads.graphql.module';
import { boardClockOf, type BoardClock } from '../sla-board/sla-board.query';
import { clockNode, SlaClockType } from '../sla-board/sla-board.types';
import { byDue, byLimbo, whereLimbo, whereWaiting, type WaitingFilters } from './handoff-queue.query';

const maybe = (description: string) => ({ nullable: true, description });

@ObjectType('WaitingLead', { description: 'A lead that was handed off and waits for an answer of sales.' })
class WaitingLeadType {
  @Field(() => ID, { description: 'The lead’s id.' })
  leadId!: string;
  @Field(() => String, maybe('Of whom an answer is awaited.'))
  rep?: string;
  @Field(() => String, maybe('The queue of reps, the team, that it came through.'))
  queue?: string;
  @Field(() => InstantScalar, { description: 'Since when; of a lead that a merge brought here, since that.' })
  since!: Instant;
  @Field(() => Int, { description: 'How often the lead was handed off.' })
  handoffs!: number;
  @Field(() => Int, { description: 'Contacts that sales made since the last handoff.' })
  attempts!: number;
  @Field(() => String, maybe('The band of the score at the handoff, A1 … C3, where it was scored.'))
  grade?: string;
  @Field(() => InstantScalar, maybe('The next instant by which an answer is due; null where none is.'))
  dueAt!: Instant | null;
  @Field(() => [SlaClockType], { description: 'What sales owes the lead, the next due first.' })
  clocks!: readonly SlaClockType[];
  @Field(() => InstantScalar, maybe('From when on it is in limbo: 48 hours after the handoff.'))
  limboAt!: Instant | null;
  @Field(() => Boolean, { description: 'Is it in limbo?' })
  limbo!: boolean;
  cut?: AsOf;
}
const WaitingLeadConnection = connectionOf('WaitingLead', WaitingLeadType);

const waitingNode =
  (at: Instant, cut?: AsOf) =>
  ({ clocks, handoffs: all, ...doc }: HandoffsDocument): WaitingLeadType => ({
    ...{ leadId: doc.leadId, since: doc.since!, handoffs: all.length, attempts: all.at(-1)?.attempts ?? 0 },
    ...{ rep: doc.rep, queue: doc.queue, grade: doc.grade, dueAt: doc.dueAt, limboAt: doc.limboAt },
    limbo: doc.limboAt !== null && doc.limboAt <= at,
    clocks: [...clocks].sort(byAnswer).map((clock) => clockNode(boardClockOf(clock, at, new Set()))),
    ...(cut && { cut }),
  });
const byAnswer = ({ answerBy: a }: Pick<BoardClock, 'answerBy'>, { answerBy: b }: Pick<BoardClock, 'answerBy'>) =>
  (a ?? '9999') < (b ?? '9999') ? -1 : 1;

@ArgsType()
class WaitingArgs extends PageArgs implements WaitingFilters {
  @FilterField('Only of these reps.')
  rep?: ValueFilterInput;
  @FilterField('Only of these queues, the teams.')
  queue?: ValueFilterInput;
}
@ArgsType()
class QueueChangesArgs extends AfterArgs {
  @FilterField('Only of these reps.')
  rep?: ValueFilterInput;
}
@ObjectType('HandoffQueueAt', { description: 'The leads that waited for an answer of sales at a moment.' })
class HandoffQueueAt {
  @Field(() => String, {
    description: 'The moment, a position of the log; give it as `after` to go on from here.',
  })
  position!: Position;
  @Field(() => Int, { description: 'How many wait.' })
  waiting!: number;
  @Field(() => [WaitingLeadType], { description: 'Whose answer is due next comes first; at most 100.' })
  leads!: readonly WaitingLeadType[];
}
const MOST_TOLD = 100;

@Resolver(() => WaitingLeadType)
export class HandoffQueueResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly clock: Clock,
    private readonly log: EventLog,
    private readonly runner: Runner,
  ) {}

  @Query(() => WaitingLeadConnection, {
    description: 'Leads that were handed off and wait for an answer; whose answer is due next comes first.',
  })
  @Allow('sales', 'revops')
  handoffQueue(
    @Args() { first, after, asOf, atLeast: _, ...filters }: WaitingArgs,
  ): Promise<Connection<WaitingLeadType>> {
    const page = { first, after, where: whereWaiting(filters), orderBy: byDue };
    return readPage(this.models.asOf(asOf), handoffs, page, waitingNode(referenceInstantOf(asOf, this.clock), asOf));
  }

  @Query(() => WaitingLeadConnection, {
    description: 'Leads in limbo: handed off, and no word of what becomes of them; the longest first.',
  })
  @Allow('marketing', 'sales', 'revops', 'analyst', 'auditor')
  limbo(@Args() { first, after, asOf, atLeast: _, ...filters }: WaitingArgs): Promise<Connection<WaitingLeadType>> {
    const at = referenceInstantOf(asOf, this.clock);
    const page = { first, after, where: whereLimbo(filters, at), orderBy: byLimbo };
    return readPage(this.models.asOf(asOf), handoffs, page, waitingNode(at, asOf));
  }

  @ResolveField(() => LeadType, { nullable: true, description: 'The lead.' })
  async lead(@Parent() { leadId, cut }: WaitingLeadType): Promise<LeadType | null> {
    const doc = await leadById(this.models.asOf(cut), { leadId });
    return doc ? leadNode(doc, cut) : null;
  }

  @Subscription(() => HandoffQueueAt, {
    description: 'The leads that wait for an answer: now, and again whenever that has changed.',
    resolve: (answer: HandoffQueueAt) => answer,
  })
  @Allow('sales', 'revops')
  handoffQueueChanges(
    @Args() { after, rep }: QueueChangesArgs,
    @EndSignal() signal: AbortSignal,
  ): AsyncGenerator<HandoffQueueAt> {
    const where = whereWaiting({ ...(rep && { rep }) });
    const now = async () => {
      const found = await this.models.find(handoffs, { where, orderBy: byDue, limit: MOST_TOLD });
      return {
        waiting: await this.models.count(handoffs, where),
        leads: found.map(({ doc }) => waitingNode(this.clock.now())(doc)),
      };
    };
    // What only the passing of time moves is no news.
    const news = ({ waiting, leads }: Awaited<ReturnType<typeof now>>) => [
      waiting,
      leads.map(({ leadId, rep: of, since, dueAt, attempts, clocks }) => [
        leadId,
        of,
        since,
        dueAt,
        attempts,
        clocks.length,
      ]),
    ];
    return snapshotsOf(this.log, this.runner, { after, types: handoffs.types, signal }, now, news);
  }
}
