import {
  Args,
  ArgsType,
  Field,
  ID,
  InputType,
  Int,
  ObjectType,
  Parent,
  Query,
  registerEnumType,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { boundsOf, Clock, DefinitionSource, EventLog, Journal, toMs, type Instant, type Json } from '@baton/kernel';
import {
  Allow,
  connectionOf,
  DayOrInstantScalar,
  InstantScalar,
  JsonScalar,
  pageOf,
  ReadArgs,
  type Connection,
  Heavy,
} from '@baton/platform/graphql';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import type { BreachChange, BreachCounts, Judged } from './breach-changes.rules';
import { counterfactual, type Counterfactual, type CounterfactualQuestion } from './counterfactual.query';
import type { RepShare, RoutedLead } from './routing-changes.rules';

/** The most clocks of one question to a server; the command line has no such limit. */
const MOST_CLOCKS = 500_000;
/** So long an answer may be given again where nothing was written in between; only running clocks may have changed. */
const KEPT_MS = 600_000;

enum Change {
  GAINED = 'gained',
  LOST = 'lost',
  KEPT = 'kept',
}
registerEnumType(Change, {
  name: 'BreachChangeKind',
  description: 'What becomes of a breach under what is supposed.',
  valuesMap: {
    GAINED: { description: 'Breached under what is supposed only.' },
    LOST: { description: 'Breached as agreed only.' },
    KEPT: { description: 'Breached under both.' },
  },
});

@ObjectType('BreachCounts', { description: 'Clocks and breaches with something in common.' })
class BreachCountsType {
  @Field(() => String, { nullable: true, description: 'The kind, rep or month; null: all, or no rep.' })
  key!: string | null;
  @Field(() => Int, { description: 'What was owed, as agreed or as supposed.' })
  clocks!: number;
  @Field(() => Int, { description: 'Breaches as agreed.' })
  baseline!: number;
  @Field(() => Int, { description: 'Breaches as supposed.' })
  alternative!: number;
  @Field(() => Int, { description: 'Breaches as supposed only.' })
  gained!: number;
  @Field(() => Int, { description: 'Breaches as agreed only.' })
  lost!: number;
  @Field(() => Int, { description: 'Breaches under both.' })
  kept!: number;
}

@ObjectType('JudgedClock', { description: 'How a clock ended under one set of terms.' })
class JudgedClockType implements Judged {
  @Field(() => String, { description: 'The policy, `sla-policy@2`; `given` for one that came with the question.' })
  definition!: string;
  @Field(() => String, { nullable: true, description: 'The business calendar, likewise; null: the clock on the wall.' })
  calendar!: string | null;
  @Field(() => InstantScalar, {
    nullable: true,
    description: 'The last instant at which an answer is in time; null while the clock stands still.',
  })
  dueAt!: Instant | null;
  @Field(() => InstantScalar, { nullable: true, description: 'When it was fulfilled.' })
  answeredAt!: Instant | null;
  @Field(() => String, { description: 'As it happened: running, met, breached, met late, cancelled.' })
  state!: Judged['state'];
  @Field(() => String, { description: 'As it was known in time; another state where an answer was told late.' })
  known!: Judged['known'];
}

@ObjectType('BreachChange', { description: 'A clock that is breached as agreed, as supposed, or both.' })
class BreachChangeType implements BreachChange {
  @Field(() => ID, { description: 'The lead.' })
  leadId!: string;
  @Field(() => String, { description: 'What was owed: first-response, disposition …' })
  kind!: string;
  @Field(() => String, { nullable: true, description: 'The salesperson; null: nobody had the lead.' })
  rep!: string | null;
  @Field(() => InstantScalar, { description: 'When the clock started.' })
  startedAt!: Instant;
  @Field(() => ID, { description: 'The event that started it.' })
  startedBy!: string;
  @Field(() => Change, { description: 'What becomes of the breach.' })
  change!: Change;
  @Field(() => JudgedClockType, { nullable: true, description: 'As agreed; null: nothing was owed.' })
  baseline!: Judged | null;
  @Field(() => JudgedClockType, { nullable: true, description: 'As supposed; null: nothing is owed.' })
  alternative!: Judged | null;
}

@ObjectType('RepShare', { description: 'How many leads a rep got, and would have got.' })
class RepShareType implements RepShare {
  @Field(() => String, { description: 'The salesperson.' })
  rep!: string;
  @Field(() => Int, { description: 'Leads as it was.' })
  baseline!: number;
  @Field(() => Int, { description: 'Leads as supposed.' })
  alternative!: number;
}

@ObjectType('ReroutedLead', { description: 'A qualified lead that would have gone to somebody else.' })
class ReroutedLeadType implements RoutedLead {
  @Field(() => ID, { description: 'The lead.' })
  leadId!: string;
  @Field(() => InstantScalar, { description: 'When it was qualified.' })
  qualifiedAt!: Instant;
  @Field(() => String, { nullable: true, description: 'Who got it; null: nobody.' })
  baseline!: string | null;
  @Field(() => String, { nullable: true, description: 'Who would have got it; null: no rules were in force.' })
  alternative!: string | null;
  @Field(() => String, { nullable: true, description: 'The queue that would have chosen.' })
  queue!: string | null;
  @Field(() => String, { nullable: true, description: 'The rule that would have named the queue.' })
  rule!: string | null;
  @Field(() => String, { nullable: true, description: 'turn, account-owner or handoff-owner.' })
  by!: RoutedLead['by'];
  @Field(() => String, { nullable: true, description: 'The routing rules, `routing@2`; `given` for a body.' })
  definition!: string | null;
}

const BreachConnection = connectionOf('BreachChange', BreachChangeType);
const ReroutedConnection = connectionOf('ReroutedLead', ReroutedLeadType);

@ObjectType('SlaCounterfactual', { description: 'The same log under other agreements. Nothing is written by asking.' })
class SlaCounterfactualType {
  @Field(() => String, {
    description: 'Everything up to this position of the log was looked at; as `asOf.knownAt` it gives the same answer.',
  })
  position!: string;
  @Field(() => InstantScalar, { description: 'The instant at which clocks are judged.' })
  at!: Instant;
  @Field(() => BreachCountsType, { nullable: true, description: 'All clocks; null: no policy or calendar supposed.' })
  total!: BreachCounts | null;
  @Field(() => [BreachCountsType], { description: 'By what was owed.' })
  byKind!: readonly BreachCounts[];
  @Field(() => [BreachCountsType], { description: 'By salesperson.' })
  byRep!: readonly BreachCounts[];
  @Field(() => [BreachCountsType], { description: 'By the month in which the clock started.' })
  byMonth!: readonly BreachCounts[];
  @Field(() => [RepShareType], { description: 'Leads by salesperson; empty: no rules or weights supposed.' })
  routedByRep!: readonly RepShare[];
  @Field(() => Int, { description: 'Leads qualified in the period; 0: no rules or weights supposed.' })
  qualified!: number;
  readonly breachRows!: readonly BreachChange[];
  readonly reroutedRows!: readonly RoutedLead[];
}

const supposing = (what: string) => ({
  nullable: true,
  description: `${what}: a body of that kind, or a version by its reference; drafts included.`,
});

@InputType({ description: 'What to suppose, and what to compare it with.' })
class SlaCounterfactualInput implements Omit<CounterfactualQuestion, 'at'> {
  @IsOptional()
  @Field(() => JsonScalar, supposing('Another SLA policy'))
  policy?: Json;
  @IsOptional()
  @Field(() => JsonScalar, supposing('Another business calendar'))
  calendar?: Json;
  @IsOptional()
  @Field(() => JsonScalar, supposing('Other routing rules'))
  routing?: Json;
  @IsOptional()
  @Field(() => JsonScalar, {
    nullable: true,
    description: 'Weights of reps by queue from the beginning of the period on, 0 for none: {"emea": {"ann": 200}}.',
  })
  weights?: Json;
  @IsOptional()
  @Field(() => JsonScalar, supposing('Compare with this policy, not with the clocks as recorded'))
  baselinePolicy?: Json;
  @IsOptional()
  @Field(() => JsonScalar, supposing('Compare with this calendar, not with the clocks as recorded'))
  baselineCalendar?: Json;
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, {
    nullable: true,
    description: 'Clocks started, leads qualified on this day, at this instant or after.',
  })
  from?: string;
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, { nullable: true, description: 'And before this day or instant.' })
  to?: string;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, { nullable: true, description: 'IANA zone of days and months; UTC by default.' })
  timeZone?: string;
}

@ArgsType()
class SlaCounterfactualArgs extends ReadArgs {
  @ValidateNested()
  @Field(() => SlaCounterfactualInput, { description: 'What to suppose.' })
  input!: SlaCounterfactualInput;
}

@ArgsType()
class RowsArgs {
  @IsInt()
  @Min(1)
  @Max(500)
  @Field(() => Int, { defaultValue: 50, description: 'How many at most, up to 500.' })
  first: number = 50;
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  @Field(() => String, { nullable: true, description: 'The cursor after which to go on.' })
  after?: string;
}

@ArgsType()
class BreachRowsArgs extends RowsArgs {
  @IsOptional()
  @Field(() => Change, { nullable: true, description: 'Only these.' })
  change?: Change;
}

@Resolver(() => SlaCounterfactualType)
export class CounterfactualResolver {
  /** The last answer: whoever leafs through its pages does not have the log read again. */
  private last?: { readonly key: string; readonly answer: Promise<Counterfactual> };

  constructor(
    private readonly log: EventLog,
    private readonly journal: Journal,
    private readonly definitions: DefinitionSource,
    private readonly clock: Clock,
  ) {}

  @Query(() => SlaCounterfactualType, {
    description:
      'The same log under another policy, calendar or routing: who would have breached, gained and lost, and who would have got which lead.',
  })
  @Heavy()
  @Allow('revops', 'analyst')
  async slaCounterfactual(@Args() { input, asOf }: SlaCounterfactualArgs): Promise<SlaCounterfactualType> {
    const cuts = [asOf?.happenedBy, asOf?.knownBy, asOf?.now, this.clock.now()].filter(
      (each) => each !== undefined && each !== null,
    );
    const at = cuts.reduce((first, each) => (each < first ? each : first));
    const answer = await this.answer({ ...input, ...boundsOf(input), ...(asOf && { cut: asOf }), at });
    const { position, sla, routing } = answer;
    const [breachRows, reroutedRows] = [sla?.breaches ?? [], routing?.differing ?? []];
    return {
      ...{ position, at: answer.at, total: sla?.total ?? null },
      ...{ byKind: sla?.byKind ?? [], byRep: sla?.byRep ?? [], byMonth: sla?.byMonth ?? [] },
      ...{ routedByRep: routing?.byRep ?? [], qualified: routing?.qualified ?? 0, breachRows, reroutedRows },
    };
  }

  /** One question at a time is folded. */
  private async answer(question: CounterfactualQuestion): Promise<Counterfactual> {
    const tip = question.cut?.knownAt ?? (await this.log.tip());
    const { at, ...asked } = question;
    const key = JSON.stringify([tip, Math.floor(toMs(at) / KEPT_MS), asked]);
    if (this.last?.key === key) return this.last.answer;
    const { log, journal, definitions } = this;
    const before = this.last?.answer.catch(() => undefined);
    const answer = Promise.resolve(before).then(() =>
      counterfactual({ log, journal, definitions }, question, MOST_CLOCKS),
    );
    this.last = { key, answer };
    return answer;
  }

  @ResolveField(() => BreachConnection, { description: 'The breaches, by the start of their clocks.' })
  @Allow('revops', 'analyst')
  breaches(
    @Parent() { breachRows }: SlaCounterfactualType,
    @Args() { first, after, change }: BreachRowsArgs,
  ): Connection<BreachChange> {
    const rows = change ? breachRows.filter((row) => String(row.change) === String(change)) : breachRows;
    return pageOf(rows, { first, after }, ({ leadId, kind, startedBy }) => `${leadId} ${kind} ${startedBy}`);
  }

  @ResolveField(() => ReroutedConnection, { description: 'Leads that would have gone to somebody else, as qualified.' })
  @Allow('revops', 'analyst')
  rerouted(
    @Parent() { reroutedRows }: SlaCounterfactualType,
    @Args() { first, after }: RowsArgs,
  ): Connection<RoutedLead> {
    return pageOf(reroutedRows, { first, after }, ({ leadId, qualifiedAt }) => `${leadId} ${qualifiedAt}`);
  }
}
