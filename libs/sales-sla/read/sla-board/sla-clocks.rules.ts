import { fromMs, toMs, type DatedEvent, type Instant } from '@baton/kernel';
import { missedAtOf, clockStatus, type SlaState } from '@baton/sla-clocks';
import type { LeadClock } from '@baton/leads';
import { clocksAfterEvent, type ClockEvent } from '@baton/leads';

/** The state of a clock at query time: time alone moves open clocks through them. */
export type ClockOutcome = 'open' | Extract<SlaState, 'met' | 'met late' | 'cancelled'>;

/** One obligation of sales to one lead, from its events. */
export interface RecordedClock extends LeadClock {
  readonly leadId: string;
  /** `always-closed`: on the wall clock, because the calendar has no open hour. */
  readonly clock: Extract<ClockEvent, { type: 'ObligationStarted' }>['data']['clock'];
  /** Number of different kinds of answers required. */
  readonly kinds?: number;
  readonly outcome: ClockOutcome;
  /**
   * The last instant at which an answer is on time: the due time, or the time of giving up; null while the clock is
   * paused.
   */
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

const clockOutcome = (clock: LeadClock): ClockOutcome => {
  const { state } = clockStatus(clock, END_OF_TIME);
  return state === 'running' || state === 'breached' ? 'open' : state;
};

const withDates = (clock: Omit<RecordedClock, 'outcome' | 'answerBy' | 'atRiskAt'>): RecordedClock => {
  const { startedAt, dueAt, warnsAt } = clock;
  const answerBy = missedAtOf(clock) ?? null;
  const way = dueAt === null ? 0 : toMs(dueAt) - toMs(startedAt);
  const risky = warnsAt ?? fromMs(toMs(startedAt) + Math.floor(way * RISK_SHARE));
  const atRiskAt = answerBy === null || risky < answerBy ? risky : answerBy;
  return { ...clock, outcome: clockOutcome(clock), answerBy, atRiskAt: answerBy === null ? null : atRiskAt };
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
      ...{ ...begun!, leadId, clock: runsOn },
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

export const slaStates = [
  'running',
  'at risk',
  'breached',
  'paused',
  'waiting',
  'met',
  'met late',
  'cancelled',
] as const;
/**
 * The state of a clock at an instant; `waiting`: its lead is merged into another, and it continues when the merge is
 * undone.
 */
export type SlaClockState = (typeof slaStates)[number];

/** @param merged whether its lead is merged into another */
export const stateOf = (clock: RecordedClock, at: Instant, merged: boolean): SlaClockState => {
  const { outcome, answerBy, atRiskAt, breached } = clock;
  if (outcome !== 'open') return outcome;
  if (merged && !breached) return 'waiting';
  if (answerBy === null) return 'paused';
  return answerBy <= at ? 'breached' : atRiskAt! <= at ? 'at risk' : 'running';
};

/** The result judged by when events were recorded: a recorded breach stays one, whatever is recorded later. */
export const knownStateOf = (clock: RecordedClock, at: Instant, merged: boolean): SlaClockState => {
  const { outcome, breached } = clock;
  return breached && (outcome === 'met' || outcome === 'cancelled') ? 'breached' : stateOf(clock, at, merged);
};
