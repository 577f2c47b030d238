import { enumeration, fromMs, toMs, type DatedEvent, type EnumerationValue, type Instant } from '@baton/kernel';
import { missedAtOf, clockStatus } from '@baton/sla-clocks';
import { clocksAfterEvent, type ClockEvent, type LeadClock } from '@baton/leads';

const ended = {
  met: 'Answered on time.',
  'met late': 'Answered after the due time.',
  cancelled: 'No longer required before it was due.',
} as const;
export const clockOutcomes = enumeration('SlaClockOutcome', 'How an obligation ended.', {
  open: 'Neither answered nor cancelled; its state depends on the time.',
  ...ended,
});
export const clockStates = enumeration('SlaClockState', 'The state of an obligation at query time.', {
  running: 'Not answered yet, and not at risk.',
  'at risk':
    'The first escalation of the policy has passed; if it has none before the breach, 80 % of the time from start to due has passed.',
  breached: 'Not answered on time and not answered since, or the lead was given up too early.',
  paused: 'The clock is paused.',
  waiting: 'The lead is merged into another; the clock continues if the merge is undone.',
  ...ended,
});
export const slaStates = clockStates.values;
/** How a clock stands at an instant. */
export type SlaClockState = EnumerationValue<typeof clockStates>;

/** The id of a clock: one event may start several, of different kinds. */
export const clockIdOf = ({ startedBy, kind }: Pick<LeadClock, 'startedBy' | 'kind'>): string => `${startedBy}.${kind}`;

/** One obligation of sales to one lead, from its events. */
export interface RecordedClock extends LeadClock {
  readonly clockId: string;
  readonly leadId: string;
  /** `always-closed`: on the wall clock, because the calendar has no open hour. */
  readonly clock: Extract<ClockEvent, { type: 'ObligationStarted' }>['data']['clock'];
  /** Number of different kinds of answers required. */
  readonly kinds?: number;
  readonly outcome: EnumerationValue<typeof clockOutcomes>;
  readonly breachRecorded: boolean;
  /** The lead whose merge into another makes it wait; null where it would not: ended, or its breach is recorded. */
  readonly waitsWith: string | null;
  /** The last instant at which an answer is in time: the due one, or that of giving up; null while it stands still. */
  readonly answerBy: Instant | null;
  /** The first escalation before the breach, if the policy has one. */
  readonly warnsAt?: Instant;
  /** From this instant an open clock is at risk; null while it is paused. */
  readonly atRiskAt: Instant | null;
}

/**
 * Part of the time between start and due after which a clock is at risk, if the policy has no escalation before the
 * breach.
 */
const RISK_SHARE = 0.8;
const END_OF_TIME: Instant = '9999-12-31T23:59:59.999Z';

const firstWarning = ({ transitions: moments }: Pick<LeadClock, 'transitions'>): Instant | undefined => {
  const breach = moments.findIndex(({ what }) => what === 'breach');
  return moments.slice(0, breach < 0 ? moments.length : breach).find(({ what }) => what === 'escalation')?.at;
};

const clockOutcome = (clock: LeadClock): RecordedClock['outcome'] => {
  const { state } = clockStatus(clock, END_OF_TIME);
  return state === 'running' || state === 'breached' ? 'open' : state;
};

type Derived = 'outcome' | 'answerBy' | 'atRiskAt' | 'breachRecorded' | 'waitsWith';
const withDates = (clock: Omit<RecordedClock, Derived>): RecordedClock => {
  const { startedAt, dueAt, warnsAt, leadId, breached = false } = clock;
  const answerBy = missedAtOf(clock) ?? null;
  const way = dueAt === null ? 0 : toMs(dueAt) - toMs(startedAt);
  const risky = warnsAt ?? fromMs(toMs(startedAt) + Math.floor(way * RISK_SHARE));
  const atRiskAt = answerBy === null || risky < answerBy ? risky : answerBy;
  const outcome = clockOutcome(clock);
  return {
    ...{ ...clock, outcome, answerBy, atRiskAt: answerBy === null ? null : atRiskAt },
    ...{ breachRecorded: breached, waitsWith: outcome === 'open' && !breached ? leadId : null },
  };
};

/**
 * A clock after one more of its events; the events contain everything, so no definition is needed.
 * @param before undefined before it started
 * @returns undefined for an event of a clock whose start is not known
 */
export const recordedClockAfter = (
  before: RecordedClock | undefined,
  event: DatedEvent<ClockEvent>,
): RecordedClock | undefined => {
  if (event.type === 'ObligationStarted') {
    const { leadId, clock: runsOn, kinds } = event.data;
    const [begun] = clocksAfterEvent([], event);
    const warnsAt = firstWarning(begun!);
    return withDates({
      ...{ ...begun!, clockId: clockIdOf(begun!), leadId, clock: runsOn },
      ...(kinds !== undefined && { kinds }),
      ...(warnsAt !== undefined && { warnsAt }),
    });
  }
  if (!before) return undefined;
  // The calendar is kept beside the clock, because the clock's fold does not have it.
  const after = clocksAfterEvent([before], event)[0] as RecordedClock;
  if (event.type !== 'ObligationResumed' || after.escalated.length > 0) return withDates(after);
  const { warnsAt: _, ...rest } = after;
  const warnsAt = firstWarning(after);
  return withDates({ ...rest, ...(warnsAt !== undefined && { warnsAt }) });
};

/** Whether sales still has to answer. Not for a clock that was cancelled or given up, whatever its result. */
export const isRequired = ({ outcome, endedAt, failedAt }: RecordedClock): boolean =>
  outcome === 'open' && endedAt === undefined && failedAt === undefined;

/** What the state of a clock follows from, beside the time. */
export type ClockFacts = Pick<RecordedClock, 'outcome' | 'breachRecorded' | 'answerBy' | 'atRiskAt'>;
/** @param merged is its lead merged into another? */
export const stateOf = (clock: ClockFacts, at: Instant, merged: boolean): SlaClockState => {
  const { outcome, answerBy, atRiskAt, breachRecorded } = clock;
  if (outcome !== 'open') return outcome;
  if (merged && !breachRecorded) return 'waiting';
  if (answerBy === null) return 'paused';
  return answerBy <= at ? 'breached' : atRiskAt! <= at ? 'at risk' : 'running';
};

/** The breach was recorded, and an answer or end in time was recorded after it. */
export const isRecordedLate = ({ outcome, breachRecorded }: ClockFacts): boolean =>
  breachRecorded && (outcome === 'met' || outcome === 'cancelled');

/** The state as recorded in time: a recorded breach stays one, even if an answer in time is recorded later. */
export const knownStateOf = (clock: ClockFacts, at: Instant, merged: boolean): SlaClockState =>
  isRecordedLate(clock) ? 'breached' : stateOf(clock, at, merged);
