import { ArgsType, Field, Float, ID, Int, ObjectType } from '@nestjs/graphql';
import { enumeration, type Instant } from '@baton/kernel';
import {
  connectionOf,
  FilterField,
  DayOrInstantScalar,
  enumOf,
  InstantScalar,
  ForwardPageArgs,
  SafeIntScalar,
  type ValueFilterInput,
} from '@baton/platform/graphql';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import type { Interval } from '@baton/sla-clocks';
import type { BoardClock } from './sla-board.query';
import type { SlaClockState } from './sla-clocks.rules';

export const SlaStateEnum = enumOf(
  enumeration<SlaClockState>('SlaClockState', 'The state of an obligation at query time.', {
    running: 'Not answered yet, and not at risk.',
    'at risk':
      'The first escalation of the policy has passed; if it has none before the breach, 80 % of the time from start to due has passed.',
    breached: 'Not answered on time and not answered since, or the lead was given up too early.',
    paused: 'The clock is paused.',
    waiting: 'The lead is merged into another; the clock continues if the merge is undone.',
    met: 'Answered on time.',
    'met late': 'Answered after the due time.',
    cancelled: 'No longer required before it was due.',
  }),
);
const HoursEnum = enumOf(
  enumeration<BoardClock['clock']>('SlaHours', 'The hours that count towards an obligation.', {
    'business-calendar': 'The open hours of the calendar.',
    'wall-clock': 'All hours.',
    'always-closed': 'All hours, because the calendar has no open ones.',
  }),
);
const IntervalEnum = enumOf(
  enumeration<Interval['kind']>('SlaIntervalKind', 'How an interval was counted.', {
    counted: 'It counts.',
    closed: 'Outside the open hours.',
    holiday: 'A holiday.',
    'half-day': 'Closed, though open on other days of the same weekday.',
    paused: 'The clock was paused.',
  }),
);

const maybe = (description: string) => ({ nullable: true, description });

@ObjectType('SlaClock', { description: 'One obligation of sales to one lead.' })
export class SlaClockType {
  @Field(() => ID, { description: 'The lead’s id.' })
  leadId!: string;
  @Field(() => String, { description: 'The kind of obligation: first-response, disposition, attempts …' })
  kind!: string;
  @Field(() => ID, { description: 'The event that started it.' })
  startedBy!: string;
  @Field(() => InstantScalar, { description: 'When it started.' })
  startedAt!: Instant;
  @Field(() => String, maybe('The rep who has the obligation.'))
  rep?: string;
  @Field(() => String, maybe('The queue (team) that the lead was routed through.'))
  queue?: string;
  @Field(() => SlaStateEnum, { description: 'The state by when things happened.' })
  state!: SlaClockState;
  @Field(() => SlaStateEnum, {
    description: 'The state by when things were recorded: a recorded breach stays a breach.',
  })
  knownState!: SlaClockState;
  @Field(() => Boolean, {
    description:
      'True if the answer was on time but recorded after the breach, so that `state` and `knownState` differ.',
  })
  recordedLate!: boolean;
  @Field(() => InstantScalar, maybe('The last instant at which an answer is on time; null while the clock is paused.'))
  dueAt!: Instant | null;
  @Field(() => InstantScalar, maybe('The due time, or the time at which the lead was given up before.'))
  answerBy!: Instant | null;
  @Field(() => InstantScalar, maybe('When it becomes at risk.'))
  atRiskAt!: Instant | null;
  @Field(
    () => Float,
    maybe('Share of the time from start to due that has passed, 0…1; null while the clock is paused.'),
  )
  passed!: number | null;
  @Field(() => SafeIntScalar, { description: 'The time allowed, in milliseconds of the clock it runs on.' })
  budgetMs!: number;
  @Field(() => HoursEnum, { description: 'The hours that count.' })
  clock!: BoardClock['clock'];
  @Field(() => String, { description: 'The policy in force when it started, `sla-policy@2`.' })
  definition!: string;
  @Field(() => String, maybe('The calendar whose hours count, `business-calendar@1`.'))
  calendar?: string;
  @Field(() => String, maybe('Code of the calendar within that version; null for its default hours.'))
  calendarCode?: string;
  @Field(() => InstantScalar, maybe('When it was fulfilled.'))
  metAt?: Instant;
  @Field(() => SafeIntScalar, maybe('Time from the start until it was fulfilled, in milliseconds of the wall clock.'))
  responseMs?: number;
  @Field(() => Int, { description: 'Number of answers so far.' })
  answers!: number;
  @Field(() => Int, { description: 'Number of answers required.' })
  times!: number;
  @Field(() => Int, maybe('Number of different kinds of answers required.'))
  kinds?: number;
  @Field(() => [Int], { description: 'The escalation steps taken so far, counted from 0.' })
  escalated!: readonly number[];
}
export const SlaClockConnection = connectionOf('SlaClock', SlaClockType);

@ObjectType('SlaInterval', { description: 'An interval between start and due, and how it was counted.' })
export class SlaIntervalType {
  @Field(() => InstantScalar, { description: 'Start of the interval.' })
  from!: Instant;
  @Field(() => InstantScalar, { description: 'End of the interval, exclusive.' })
  to!: Instant;
  @Field(() => IntervalEnum, { description: 'How it was counted.' })
  kind!: Interval['kind'];
  @Field(() => ID, maybe('The event that paused the clock.'))
  by?: string;
}
@ObjectType('SlaDeadline', { description: 'A clock with the calculation of its deadline.' })
export class SlaDeadlineType extends SlaClockType {
  @Field(() => [SlaIntervalType], {
    description:
      'The intervals from the start to due, or to the pause, without gaps; the counted ones sum to the budget.',
  })
  working!: readonly SlaIntervalType[];
}
@ObjectType('SlaStateCount', { description: 'The number of clocks in one state.' })
export class SlaStateCountType {
  @Field(() => SlaStateEnum, { description: 'The state.' })
  state!: SlaClockState;
  @Field(() => Int, { description: 'Number of clocks; `slaBoard` with that state lists them.' })
  clocks!: number;
}

/** Filters that the board and its counts share. */
@ArgsType()
export class ClockFilterArgs extends ForwardPageArgs {
  @IsOptional()
  @IsString()
  @MaxLength(128)
  @Field(() => ID, maybe('Only clocks of this lead.'))
  leadId?: string;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, maybe('Only obligations of this kind: first-response, disposition, attempts …'))
  kind?: string;
  @FilterField('Only clocks of these reps.')
  rep?: ValueFilterInput;
  @FilterField('Only clocks of leads that were routed through these queues (teams).')
  queue?: ValueFilterInput;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, maybe('Only clocks that started under this version, `sla-policy@2`.'))
  definition?: string;
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, maybe('Only clocks to be answered on or after this day or instant.'))
  from?: string;
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, maybe('Only clocks to be answered before this day or instant.'))
  to?: string;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, { nullable: true, description: 'IANA time zone of days and months; UTC by default.' })
  timeZone?: string;
  @IsOptional()
  @Field(() => Boolean, maybe('Only clocks answered on time whose answer was recorded after the breach.'))
  recordedLate?: boolean;
}
@ArgsType()
export class BoardArgs extends ClockFilterArgs {
  @IsOptional()
  @Field(() => SlaStateEnum, maybe('Only clocks in this state.'))
  state?: SlaClockState;
}

/** The parts of a clock that callers see. */
export const clockNode = (clock: BoardClock): SlaClockType => ({
  ...clock,
  recordedLate: clock.state !== clock.knownState,
  times: clock.times ?? 1,
  ...(clock.metAt !== undefined &&
    clock.metAt >= clock.startedAt && { responseMs: Date.parse(clock.metAt) - Date.parse(clock.startedAt) }),
});
