import { ArgsType, Field, Float, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import type { Instant } from '@baton/kernel';
import {
  connectionOf,
  FilterField,
  DayOrInstantScalar,
  InstantScalar,
  PageArgs,
  SafeIntScalar,
  type ValueFilterInput,
} from '@baton/platform/graphql';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import type { BoardClock } from './sla-board.query';
import { slaStates, type SlaClockState } from './sla-clocks.rules';

const nameOf = (state: string): string => state.toUpperCase().replaceAll(' ', '_');
export const SlaStateEnum = Object.fromEntries(slaStates.map((state) => [nameOf(state), state]));
const meanings: Readonly<Record<SlaClockState, string>> = {
  running: 'There is time.',
  'at risk': 'The policy has warned; where it warns of nothing before the breach, 80 % of the way to due has passed.',
  breached: 'No answer in time, and none since; also a lead that was given up too early.',
  paused: 'The clock stands still.',
  waiting: 'The lead is merged into another; the clock goes on when that is undone.',
  met: 'Answered in time.',
  'met late': 'Answered, too late.',
  cancelled: 'Owed no more, before it was due.',
};
registerEnumType(SlaStateEnum, {
  name: 'SlaClockState',
  description: 'How an obligation of sales stands at the instant of asking.',
  valuesMap: Object.fromEntries(slaStates.map((state) => [nameOf(state), { description: meanings[state] }])),
});

const maybe = (description: string) => ({ nullable: true, description });

@ObjectType('SlaClock', { description: 'One obligation of sales to one lead.' })
export class SlaClockType {
  @Field(() => ID, { description: 'The lead.' })
  leadId!: string;
  @Field(() => String, { description: 'What is owed: first-response, disposition, attempts …' })
  kind!: string;
  @Field(() => ID, { description: 'The event that started it.' })
  startedBy!: string;
  @Field(() => InstantScalar, { description: 'When it started.' })
  startedAt!: Instant;
  @Field(() => String, maybe('Who owes it.'))
  rep?: string;
  @Field(() => String, maybe('The queue of reps, the team, that the lead came through.'))
  queue?: string;
  @Field(() => SlaStateEnum, { description: 'As it happened.' })
  state!: SlaClockState;
  @Field(() => SlaStateEnum, { description: 'As it was known in time: a breach that was recorded stays one.' })
  knownState!: SlaClockState;
  @Field(() => Boolean, { description: 'Was the answer told after the breach was recorded, so that verdicts differ?' })
  recordedLate!: boolean;
  @Field(() => InstantScalar, maybe('The last instant of an answer in time; null while the clock stands still.'))
  dueAt!: Instant | null;
  @Field(() => InstantScalar, maybe('The due instant, or that of giving up the lead before.'))
  answerBy!: Instant | null;
  @Field(() => InstantScalar, maybe('From when on it is at risk.'))
  atRiskAt!: Instant | null;
  @Field(() => Float, maybe('The way from start to due that has passed, 0…1; null while it stands still.'))
  passed!: number | null;
  @Field(() => SafeIntScalar, { description: 'How much time there is, in milliseconds of the clock it runs on.' })
  budgetMs!: number;
  @Field(() => String, { description: 'business-calendar, wall-clock, or always-closed: the calendar never opens.' })
  clock!: string;
  @Field(() => String, { description: 'The policy under which it started and is judged, `sla-policy@2`.' })
  definition!: string;
  @Field(() => String, maybe('The calendar whose hours count, `business-calendar@1`.'))
  calendar?: string;
  @Field(() => String, maybe('Which calendar of it, by its code; null: its own hours.'))
  calendarCode?: string;
  @Field(() => InstantScalar, maybe('When it was fulfilled.'))
  metAt?: Instant;
  @Field(() => SafeIntScalar, maybe('From the start to that, in milliseconds of the wall clock.'))
  responseMs?: number;
  @Field(() => Int, { description: 'Answers so far.' })
  stops!: number;
  @Field(() => Int, { description: 'How many it takes.' })
  times!: number;
  @Field(() => Int, maybe('Of how many kinds they are to be.'))
  kinds?: number;
  @Field(() => [Int], { description: 'The steps of the escalation that were taken, from 0.' })
  escalated!: readonly number[];
}
export const SlaClockConnection = connectionOf('SlaClock', SlaClockType);

@ObjectType('SlaInterval', { description: 'How a part of the time between start and due was treated.' })
export class SlaIntervalType {
  @Field(() => InstantScalar, { description: 'Where it begins.' })
  from!: Instant;
  @Field(() => InstantScalar, { description: 'Where it ends, itself not in it.' })
  to!: Instant;
  @Field(() => String, { description: 'counted, closed, holiday, half-day (open on other such weekdays) or paused.' })
  kind!: string;
  @Field(() => ID, maybe('The event that paused the clock.'))
  by?: string;
}
@ObjectType('SlaDeadline', { description: 'A clock, and how its deadline comes about.' })
export class SlaDeadlineType extends SlaClockType {
  @Field(() => [SlaIntervalType], {
    description: 'From the start to due, or to the pause, without gaps; the counted ones sum to the budget.',
  })
  working!: readonly SlaIntervalType[];
}
@ObjectType('SlaStateCount', { description: 'How many clocks stand so.' })
export class SlaStateCountType {
  @Field(() => SlaStateEnum, { description: 'The state.' })
  state!: SlaClockState;
  @Field(() => Int, { description: 'How many; `slaBoard` of that state lists them.' })
  clocks!: number;
}

/** Filters that the board and its counts share. */
@ArgsType()
export class ClockFilterArgs extends PageArgs {
  @IsOptional()
  @IsString()
  @MaxLength(128)
  @Field(() => ID, maybe('Only of this lead.'))
  leadId?: string;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, maybe('Only of this kind: first-response, disposition, attempts …'))
  kind?: string;
  @FilterField('Only of these reps.')
  rep?: ValueFilterInput;
  @FilterField('Only of leads that came through these queues, the teams.')
  queue?: ValueFilterInput;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, maybe('Only those that started under this version, `sla-policy@2`.'))
  definition?: string;
  @IsOptional()
  @IsString()
  @Field(
    () => DayOrInstantScalar,
    maybe('The last instant of an answer in time is on this day or at this instant, or later.'),
  )
  from?: string;
  @IsOptional()
  @IsString()
  @Field(() => DayOrInstantScalar, maybe('It is before this day or instant.'))
  to?: string;
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Field(() => String, { nullable: true, description: 'IANA zone of days and months; UTC by default.' })
  timeZone?: string;
  @IsOptional()
  @Field(() => Boolean, maybe('Only those answered in time as was told after their breach.'))
  recordedLate?: boolean;
}
@ArgsType()
export class BoardArgs extends ClockFilterArgs {
  @IsOptional()
  @Field(() => SlaStateEnum, maybe('Only those that stand so now.'))
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
