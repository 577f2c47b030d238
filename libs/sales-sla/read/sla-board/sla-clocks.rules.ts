import { fromMs, toMs, type DatedEvent, type Instant } from '@baton/kernel';
import { missedAtOf, clockStatus, type SlaState } from '@baton/sla-clocks';
import type { LeadClock } from '@baton/leads';
import { clocksAfterEvent, type ClockEvent } from '@baton/leads';

/** How a clock stands whenever it is asked: open ones turn into more with time. */
export type ClockOutcome = 'open' | Extract<SlaState, 'met' | 'met late' | 'cancelled'>;

/** One obligation of sales to one lead, as its events tell it. */
export interface RecordedClock extends LeadClock {
  readonly leadId: string;
  /** What it runs on; always-closed: on the wall clock, because the calendar has no open hour. */
  readonly clock: Extract<ClockEvent, { type: 'ObligationStarted' }>['data']['clock'];
  /** Of how many kinds the answers are to be. */
  readonly kinds?: number;
  readonly outcome: ClockOutcome;
  /** The last instant at which an answer is in time: the due one, or that of giving up; null while it stands still. */
  readonly answerBy: Instant | null;
  /** When the policy first warns of it, where it does so before the breach. */
  readonly warnsAt?: Instant;
  /** From when on it is at risk while it is open; null while it stands still. */
  readonly atRiskAt: Instant | null;
}

/** At risk from this part of the way between start and due, where the policy itself does not warn. */
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
 * A clock after one more of its events; the events alone tell, no definition is needed.
 * @param before undefined before it started
 * @returns undefined for an event of a clock whose start is not known
 */
export const recordedClockAfter = (
  before: RecordedClock | undefined,
  said: DatedEvent<ClockEvent>,
): RecordedClock | undefined => {
  if (said.type === 'ObligationStarted') {
    const { leadId, clock: runsOn, kinds } = said.data;
    const [begun] = clocksAfterEvent([], said);
    const warnsAt = firstWarning(begun!);
    return withDates({
      ...{ ...begun!, leadId, clock: runsOn },
      ...(kinds !== undefined && { kinds }),
      ...(warnsAt !== undefined && { warnsAt }),
    });
  }
  if (!before) return undefined;
  // What was counted on is kept beside the clock, whose fold knows nothing of it.
  const after = clocksAfterEvent([before], said)[0] as RecordedClock;
  if (said.type !== 'ObligationResumed' || after.escalated.length > 0) return withDates(after);
  const { warnsAt: _, ...rest } = after;
  const warnsAt = firstWarning(after);
  return withDates({ ...rest, ...(warnsAt !== undefined && { warnsAt }) });
};

/** Does sales still owe an answer? A clock that was left or given up is not owed, whatever its verdict. */
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
/** How a clock stands at an instant; `waiting`: its lead is merged into another, and it goes on when that is undone. */
export type SlaClockState = (typeof slaStates)[number];

/** @param merged is its lead merged into another? */
export const stateOf = (clock: RecordedClock, at: Instant, merged: boolean): SlaClockState => {
  const { outcome, answerBy, atRiskAt, breached } = clock;
  if (outcome !== 'open') return outcome;
  if (merged && !breached) return 'waiting';
  if (answerBy === null) return 'paused';
  return answerBy <= at ? 'breached' : atRiskAt! <= at ? 'at risk' : 'running';
};

/** The verdict as it was known in time: a breach that was recorded stays one, whatever is told later. */
export const knownStateOf = (clock: RecordedClock, at: Instant, merged: boolean): SlaClockState => {
  const { outcome, breached } = clock;
  return breached && (outcome === 'met' || outcome === 'cancelled') ? 'breached' : stateOf(clock, at, merged);
};
