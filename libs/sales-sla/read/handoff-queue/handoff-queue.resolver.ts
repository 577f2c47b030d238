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
import { ReadModels, type AsOf, referenceInstantOf, type Connection, readPage } from '@baton/platform/documents';
import {
  AfterArgs,
  Allow,
  connectionOf,
  EndSignal,
  enumOf,
  FilterField,
  InstantScalar,
  nodeOf,
  nodeTypes,
  PageArgs,
  type ShownNode,
  snapshotsOf,
  type ValueFilterInput,
} from '@baton/platform/graphql';
import { Runner } from '@baton/platform/runner';
import { handoffs, type HandoffsDocument } from '../handoffs/handoffs.projection';
import { grades, leadById, leads } from '@baton/leads';
import { boardClockOf, type BoardClock } from '../sla-board/sla-board.query';
import { clockNode, SlaClockType } from '../sla-board/sla-board.types';
import { byDue, byLimbo, whereLimbo, whereWaiting, type WaitingFilters } from './handoff-queue.query';

const GradeEnum = enumOf(grades);
const maybe = (description: string) => ({ nullable: true, description });

@ObjectType('WaitingLead', { description: 'A lead that was handed off and waits for an answer from sales.' })
class WaitingLeadType {
  @Field(() => ID, { description: 'The lead’s id.' })
  leadId!: string;
  @Field(() => String, maybe('The rep who must answer.'))
  rep?: string;
  @Field(() => String, maybe('The queue (team) that the lead was routed through.'))
  queue?: string;
  @Field(() => InstantScalar, {
    description: 'When it started to wait: at the handoff, or at the merge that made it wait.',
  })
  since!: Instant;
  @Field(() => Int, { description: 'Number of handoffs of the lead.' })
  handoffs!: number;
  @Field(() => Int, { description: 'Outbound touches by sales since the latest handoff.' })
  attempts!: number;
  @Field(() => GradeEnum, maybe('The grade at the handoff; null if the lead was not scored.'))
  grade?: string;
  @Field(() => InstantScalar, maybe('When the next answer is due; null if none is.'))
  dueAt!: Instant | null;
  @Field(() => [SlaClockType], { description: 'The open obligations of sales to the lead, next due first.' })
  clocks!: readonly SlaClockType[];
  @Field(() => InstantScalar, maybe('When it gets into limbo: 48 hours after the handoff.'))
  limboAt!: Instant | null;
  @Field(() => Boolean, { description: 'True if the lead is in limbo.' })
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
  @FilterField('Only leads of these reps.')
  rep?: ValueFilterInput;
  @FilterField('Only leads routed through these queues (teams).')
  queue?: ValueFilterInput;
}
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
  @Field(() => [WaitingLeadType], { description: 'The waiting leads, next due first, at most 100.' })
  leads!: readonly WaitingLeadType[];
}
const MOST_LEADS = 100;

@Resolver(() => WaitingLeadType)
export class HandoffQueueResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly clock: Clock,
    private readonly log: EventLog,
    private readonly runner: Runner,
  ) {}

  @Query(() => WaitingLeadConnection, {
    description: 'Leads that were handed off and wait for an answer, next due first.',
  })
  @Allow('sales', 'revops')
  handoffQueue(
    @Args() { first, after, last, before, asOf, atLeast: _, ...filters }: WaitingArgs,
  ): Promise<Connection<WaitingLeadType>> {
    const page = { first, after, last, before, where: whereWaiting(filters), orderBy: byDue };
    return readPage(this.models.asOf(asOf), handoffs, page, waitingNode(referenceInstantOf(asOf, this.clock), asOf));
  }

  @Query(() => WaitingLeadConnection, {
    description: 'Leads in limbo: handed off at least 48 hours ago and not answered, longest first.',
  })
  @Allow('marketing', 'sales', 'revops', 'analyst', 'auditor')
  limbo(
    @Args() { first, after, last, before, asOf, atLeast: _, ...filters }: WaitingArgs,
  ): Promise<Connection<WaitingLeadType>> {
    const at = referenceInstantOf(asOf, this.clock);
    const page = { first, after, last, before, where: whereLimbo(filters, at), orderBy: byLimbo };
    return readPage(this.models.asOf(asOf), handoffs, page, waitingNode(at, asOf));
  }

  @ResolveField(() => nodeTypes.of(leads), { nullable: true, description: 'The lead.' })
  async lead(@Parent() { leadId, cut }: WaitingLeadType): Promise<ShownNode | null> {
    const doc = await leadById(this.models.asOf(cut), { leadId });
    return doc ? nodeOf(leads, leadId, doc, referenceInstantOf(cut, this.clock), cut) : null;
  }

  @Subscription(() => HandoffQueueAt, {
    description: 'The leads that wait for an answer: a snapshot now, and a new one whenever it changes.',
    resolve: (answer: HandoffQueueAt) => answer,
  })
  @Allow('sales', 'revops')
  handoffQueueChanges(
    @Args() { after, rep }: QueueChangesArgs,
    @EndSignal() signal: AbortSignal,
  ): AsyncGenerator<HandoffQueueAt> {
    const where = whereWaiting({ ...(rep && { rep }) });
    const now = async () => {
      const found = await this.models.find(handoffs, { where, orderBy: byDue, limit: MOST_LEADS });
      return {
        waiting: await this.models.count(handoffs, where),
        leads: found.map(({ doc }) => waitingNode(this.clock.now())(doc)),
      };
    };
    // Changes caused by the passing of time alone are not sent.
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
