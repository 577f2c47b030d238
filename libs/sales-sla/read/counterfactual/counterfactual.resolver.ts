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
import {
  boundsOf,
  Clock,
  DefinitionSource,
  enumeration,
  EventLog,
  Journal,
  toMs,
  type Instant,
  type Json,
} from '@baton/kernel';
import { pageOf, type Connection } from '@baton/platform/documents';
import {
  Allow,
  connectionOf,
  DayOrInstantScalar,
  enumOf,
  InstantScalar,
  JsonScalar,
  ReadArgs,
  Heavy,
} from '@baton/platform/graphql';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import { SlaStateEnum } from '../sla-board/sla-board.types';
import type { BreachChange, BreachCounts, ClockResult } from './breach-changes.rules';
import { counterfactual, type Counterfactual, type CounterfactualQuestion } from './counterfactual.query';
import type { RepShare, RoutedLead } from './routing-changes.rules';

/** The maximum number of clocks per query on the server; the command line has no such limit. */
const MOST_CLOCKS = 500_000;
/** How long an answer is cached while nothing is written to the log; only running clocks can change meanwhile. */
const CACHED_MS = 600_000;

enum Change {
  GAINED = 'gained',
  LOST = 'lost',
  KEPT = 'kept',
}
registerEnumType(Change, {
  name: 'BreachChangeKind',
  description: 'How a breach differs between the two sets of terms.',
  valuesMap: {
    GAINED: { description: 'Breached only under the alternative terms.' },
    LOST: { description: 'Breached only under the baseline terms.' },
    KEPT: { description: 'Breached under both sets of terms.' },
  },
});

@ObjectType('BreachCounts', { description: 'The number of clocks and breaches in one group.' })
class BreachCountsType {
  @Field(() => String, {
    nullable: true,
    description: 'The kind, rep or month; null for the total, or for clocks without a rep.',
  })
  key!: string | null;
  @Field(() => Int, { description: 'Clocks under either set of terms.' })
  clocks!: number;
  @Field(() => Int, { description: 'Breaches under the baseline.' })
  baseline!: number;
  @Field(() => Int, { description: 'Breaches under the alternative.' })
  alternative!: number;
  @Field(() => Int, { description: 'Breaches only under the alternative.' })
  gained!: number;
  @Field(() => Int, { description: 'Breaches only under the baseline.' })
  lost!: number;
  @Field(() => Int, { description: 'Breaches under both.' })
  kept!: number;
}

@ObjectType('JudgedClock', { description: 'The result of a clock under one set of terms.' })
class JudgedClockType implements ClockResult {
  @Field(() => String, { description: 'The policy, `sla-policy@2`; `given` if its body was passed in the query.' })
  definition!: string;
  @Field(() => String, { nullable: true, description: 'The business calendar, likewise; null for the wall clock.' })
  calendar!: string | null;
  @Field(() => InstantScalar, {
    nullable: true,
    description: 'The last instant at which an answer is on time; null while the clock is paused.',
  })
  dueAt!: Instant | null;
  @Field(() => InstantScalar, { nullable: true, description: 'When it was fulfilled.' })
  answeredAt!: Instant | null;
  @Field(() => SlaStateEnum, { description: 'The state by when things happened.' })
  state!: ClockResult['state'];
  @Field(() => SlaStateEnum, {
    description: 'The state by when things were recorded; differs from `state` if an answer was recorded late.',
  })
  known!: ClockResult['known'];
}

@ObjectType('BreachChange', { description: 'A clock that is breached under the baseline, the alternative, or both.' })
class BreachChangeType implements BreachChange {
  @Field(() => ID, { description: 'The lead’s id.' })
  leadId!: string;
  @Field(() => String, { description: 'The kind of obligation: first-response, disposition …' })
  kind!: string;
  @Field(() => String, { nullable: true, description: 'The salesperson; null if no rep had the lead.' })
  rep!: string | null;
  @Field(() => InstantScalar, { description: 'When the clock started.' })
  startedAt!: Instant;
  @Field(() => ID, { description: 'The event that started it.' })
  startedBy!: string;
  @Field(() => Change, { description: 'How the breach differs.' })
  change!: Change;
  @Field(() => JudgedClockType, {
    nullable: true,
    description: 'The result under the baseline; null if there was no obligation.',
  })
  baseline!: ClockResult | null;
  @Field(() => JudgedClockType, {
    nullable: true,
    description: 'The result under the alternative; null if there is no obligation.',
  })
  alternative!: ClockResult | null;
}

@ObjectType('RepShare', { description: 'The number of leads of one rep, actual and simulated.' })
class RepShareType implements RepShare {
  @Field(() => String, { description: 'The salesperson.' })
  rep!: string;
  @Field(() => Int, { description: 'Leads the rep got.' })
  baseline!: number;
  @Field(() => Int, { description: 'Leads the rep would have got.' })
  alternative!: number;
}

const ChoiceEnum = enumOf(
  enumeration<NonNullable<RoutedLead['by']>>('RoutingChoice', 'Why a rep gets a lead.', {
    turn: 'The rep has the lowest load per weight in the queue.',
    'account-owner': 'The rep owns the account.',
    'handoff-owner': 'Everybody in the queue is absent.',
  }),
);

@ObjectType('ReroutedLead', { description: 'A qualified lead that would have been assigned to another rep.' })
class ReroutedLeadType implements RoutedLead {
  @Field(() => ID, { description: 'The lead’s id.' })
  leadId!: string;
  @Field(() => InstantScalar, { description: 'When it was qualified.' })
  qualifiedAt!: Instant;
  @Field(() => String, { nullable: true, description: 'The rep who got it; null if nobody did.' })
  baseline!: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'The rep who would have got it; null if no routing rules were in force.',
  })
  alternative!: string | null;
  @Field(() => String, { nullable: true, description: 'The queue that would have chosen the rep.' })
  queue!: string | null;
  @Field(() => String, { nullable: true, description: 'The rule that would have selected the queue.' })
  rule!: string | null;
  @Field(() => ChoiceEnum, { nullable: true, description: 'Why that rep.' })
  by!: RoutedLead['by'];
  @Field(() => String, {
    nullable: true,
    description: 'The routing rules, `routing@2`; `given` if their body was passed in the query.',
  })
  definition!: string | null;
}

const BreachConnection = connectionOf('BreachChange', BreachChangeType);
const ReroutedConnection = connectionOf('ReroutedLead', ReroutedLeadType);

@ObjectType('SlaCounterfactual', { description: 'The result of replaying the log under other terms. Read-only.' })
class SlaCounterfactualType {
  @Field(() => String, {
    description:
      'The position in the log up to which events were read; pass it as `asOf.knownAt` to repeat the answer.',
  })
  position!: string;
  @Field(() => InstantScalar, { description: 'The time at which the clocks are evaluated.' })
  at!: Instant;
  @Field(() => BreachCountsType, {
    nullable: true,
    description: 'All clocks; null if neither a policy nor a calendar was given.',
  })
  total!: BreachCounts | null;
  @Field(() => [BreachCountsType], { description: 'By kind of obligation.' })
  byKind!: readonly BreachCounts[];
  @Field(() => [BreachCountsType], { description: 'By salesperson.' })
  byRep!: readonly BreachCounts[];
  @Field(() => [BreachCountsType], { description: 'By the month in which the clock started.' })
  byMonth!: readonly BreachCounts[];
  @Field(() => [RepShareType], {
    description: 'Leads by salesperson; empty if neither routing rules nor weights were given.',
  })
  routedByRep!: readonly RepShare[];
  @Field(() => Int, {
    description: 'Leads qualified in the period; 0 if neither routing rules nor weights were given.',
  })
  qualified!: number;
  readonly breachRows!: readonly BreachChange[];
  readonly reroutedRows!: readonly RoutedLead[];
}

const definitionInput = (what: string) => ({
  nullable: true,
  description: `${what}: a body of that kind, or a reference to a version such as "sla-policy@2"; drafts are allowed.`,
});

@InputType({ description: 'The alternative terms, and optionally the baseline to compare them with.' })
class SlaCounterfactualInput implements Omit<CounterfactualQuestion, 'at'> {
  @IsOptional()
  @Field(() => JsonScalar, definitionInput('The alternative SLA policy'))
  policy?: Json;
  @IsOptional()
  @Field(() => JsonScalar, definitionInput('The alternative business calendar'))
  calendar?: Json;
  @IsOptional()
  @Field(() => JsonScalar, definitionInput('The alternative routing rules'))
  routing?: Json;
  @IsOptional()
  @Field(() => JsonScalar, {
    nullable: true,
    description:
      'Alternative weights by queue and rep from the start of the period on: {"emea": {"ann": 200}}. 0 removes a rep from the queue.',
  })
  weights?: Json;
  @IsOptional()
  @Field(() => JsonScalar, definitionInput('The policy of the baseline, instead of the recorded clocks'))
  baselinePolicy?: Json;
  @IsOptional()
  @Field(() => JsonScalar, definitionInput('The calendar of the baseline, instead of the recorded clocks'))
  baselineCalendar?: Json;
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, {
    nullable: true,
    description: 'Only clocks started and leads qualified on or after this day or instant.',
  })
  from?: string;
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, {
    nullable: true,
    description: 'Only clocks started and leads qualified before this day or instant.',
  })
  to?: string;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, { nullable: true, description: 'IANA time zone of days and months; UTC by default.' })
  timeZone?: string;
}

@ArgsType()
class SlaCounterfactualArgs extends ReadArgs {
  @ValidateNested()
  @Field(() => SlaCounterfactualInput, { description: 'The alternative terms.' })
  input!: SlaCounterfactualInput;
}

@ArgsType()
class RowsArgs {
  @IsInt()
  @Min(1)
  @Max(500)
  @Field(() => Int, { defaultValue: 50, description: 'Page size, at most 500.' })
  first: number = 50;
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  @Field(() => String, { nullable: true, description: 'Cursor of the last row of the previous page.' })
  after?: string;
}

@ArgsType()
class BreachRowsArgs extends RowsArgs {
  @IsOptional()
  @Field(() => Change, { nullable: true, description: 'Only breaches with this difference.' })
  change?: Change;
}

@Resolver(() => SlaCounterfactualType)
export class CounterfactualResolver {
  /** The last answer, so that paging through it does not read the log again. */
  private last?: { readonly key: string; readonly answer: Promise<Counterfactual> };

  constructor(
    private readonly log: EventLog,
    private readonly journal: Journal,
    private readonly definitions: DefinitionSource,
    private readonly clock: Clock,
  ) {}

  @Query(() => SlaCounterfactualType, {
    description:
      'Replays the log under another policy, calendar or routing: which breaches are gained, lost and kept, and which rep would have got which lead.',
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

  /** Computes the questions one at a time, because each reads the whole log. */
  private async answer(question: CounterfactualQuestion): Promise<Counterfactual> {
    const tip = question.cut?.knownAt ?? (await this.log.tip());
    const { at, ...asked } = question;
    const key = JSON.stringify([tip, Math.floor(toMs(at) / CACHED_MS), asked]);
    if (this.last?.key === key) return this.last.answer;
    const { log, journal, definitions } = this;
    const before = this.last?.answer.catch(() => undefined);
    const answer = Promise.resolve(before).then(() =>
      counterfactual({ log, journal, definitions }, question, MOST_CLOCKS),
    );
    this.last = { key, answer };
    return answer;
  }

  @ResolveField(() => BreachConnection, { description: 'The breaches, ordered by the start of their clocks.' })
  @Allow('revops', 'analyst')
  breaches(
    @Parent() { breachRows }: SlaCounterfactualType,
    @Args() { first, after, change }: BreachRowsArgs,
  ): Connection<BreachChange> {
    const rows = change ? breachRows.filter((row) => String(row.change) === String(change)) : breachRows;
    return pageOf(rows, { first, after }, ({ leadId, kind, startedBy }) => `${leadId} ${kind} ${startedBy}`);
  }

  @ResolveField(() => ReroutedConnection, {
    description: 'Leads that would have been assigned to another rep, in the order of their qualification.',
  })
  @Allow('revops', 'analyst')
  rerouted(
    @Parent() { reroutedRows }: SlaCounterfactualType,
    @Args() { first, after }: RowsArgs,
  ): Connection<RoutedLead> {
    return pageOf(reroutedRows, { first, after }, ({ leadId, qualifiedAt }) => `${leadId} ${qualifiedAt}`);
  }
}
