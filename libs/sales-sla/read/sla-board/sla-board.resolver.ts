import { Args, ArgsType, Field, ID, ObjectType, OmitType, Query, Resolver, Subscription } from '@nestjs/graphql';
import { boundsOf, Clock, EventLog, type Position } from '@baton/kernel';
import { ReadModels, referenceInstantOf } from '@baton/platform/documents';
import {
  AfterArgs,
  Allow,
  type Connection,
  EndSignal,
  everyRole,
  FilterField,
  pageInfoOf,
  ReadArgs,
  readCursor,
  snapshotsOf,
  type ValueFilterInput,
  writeCursor,
} from '@baton/platform/graphql';
import { Runner } from '@baton/platform/runner';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { slaBoard, slaClock, slaCounts } from './sla-board.query';
import { slaClocks } from './sla-clocks.projection';
import { slaStates } from './sla-clocks.rules';
import {
  BoardArgs,
  ClockFilterArgs,
  clockNode,
  SlaClockConnection,
  SlaClockType,
  SlaDeadlineType,
  SlaStateCountType,
} from './sla-board.types';

@ArgsType()
class CountArgs extends OmitType(ClockFilterArgs, ['first', 'after'], ArgsType) {}

@ArgsType()
class ClockArgs extends ReadArgs {
  @IsString()
  @MaxLength(128)
  @Field(() => ID, { description: 'The lead’s id.' })
  leadId!: string;
  @IsString()
  @MaxLength(100)
  @Field(() => ID, { description: 'The event that started the clock.' })
  startedBy!: string;
  @IsString()
  @MaxLength(100)
  @Field(() => String, { description: 'The kind of obligation; one event can start several clocks.' })
  kind!: string;
}

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
  @Field(() => [SlaStateCountType], { description: 'Number of clocks by state.' })
  counts!: readonly SlaStateCountType[];
  @Field(() => [SlaClockType], { description: 'Clocks at risk, next due first, at most 100.' })
  atRisk!: readonly SlaClockType[];
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

  @Query(() => SlaClockConnection, {
    description:
      'The obligations of sales to leads. Filtered by an open state they are ordered by due time, otherwise newest first. The state of open clocks is computed at query time.',
  })
  @Allow(...everyRole)
  async slaBoard(@Args() { first, after, asOf, atLeast: _, ...filters }: BoardArgs): Promise<Connection<SlaClockType>> {
    const question = { ...filters, ...boundsOf(filters), at: referenceInstantOf(asOf, this.clock) };
    const page = { first, ...(after && { after: readCursor(after) }) };
    const { clocks, totalCount, hasNextPage } = await slaBoard(this.models.asOf(asOf), question, page);
    const edges = clocks.map(({ clock, after: key }) => ({ cursor: writeCursor(key), node: clockNode(clock) }));
    return { edges, totalCount, pageInfo: pageInfoOf(edges, hasNextPage, after) };
  }

  @Query(() => [SlaStateCountType], {
    description: 'The number of obligations by state, with the same filters as `slaBoard`.',
  })
  @Allow(...everyRole)
  slaCounts(@Args() { asOf, atLeast: _, ...filters }: CountArgs): Promise<SlaStateCountType[]> {
    return this.counts(this.models.asOf(asOf), {
      ...filters,
      ...boundsOf(filters),
      at: referenceInstantOf(asOf, this.clock),
    });
  }

  @Query(() => SlaDeadlineType, {
    nullable: true,
    description:
      'One obligation with the calculation of its deadline: which intervals counted, and why the others did not. Null if the lead has no such clock.',
  })
  @Allow(...everyRole)
  async slaClock(@Args() { asOf, atLeast: _, ...named }: ClockArgs): Promise<SlaDeadlineType | null> {
    const found = await slaClock(this.models.asOf(asOf), { ...named, at: referenceInstantOf(asOf, this.clock) });
    return found ? { ...clockNode(found), working: found.working } : null;
  }

  @Subscription(() => SlaBoardAt, {
    description: 'The SLA board: a snapshot now, and a new one whenever an event changes it.',
    resolve: (answer: SlaBoardAt) => answer,
  })
  @Allow(...everyRole)
  slaBoardChanges(
    @Args() { after, rep, kind }: BoardChangesArgs,
    @EndSignal() signal: AbortSignal,
  ): AsyncGenerator<SlaBoardAt> {
    const now = async () => {
      const filters = { ...(rep && { rep }), ...(kind && { kind }), at: this.clock.now() };
      const risky = await slaBoard(this.models, { ...filters, state: 'at risk' }, { first: MOST_AT_RISK });
      const counts = await this.counts(this.models, filters);
      return { counts, atRisk: risky.clocks.map(({ clock }) => clockNode(clock)) };
    };
    // Changes caused by the passing of time alone are not sent.
    const news = ({ counts, atRisk }: Awaited<ReturnType<typeof now>>) => [
      counts,
      atRisk.map(({ passed: _, ...clock }) => clock),
    ];
    return snapshotsOf(this.log, this.runner, { after, types: slaClocks.types, signal }, now, news);
  }

  private async counts(models: ReadModels, question: Parameters<typeof slaCounts>[1]): Promise<SlaStateCountType[]> {
    const counts = await slaCounts(models, question);
    return slaStates.map((state) => ({ state, clocks: counts[state] }));
  }
}
