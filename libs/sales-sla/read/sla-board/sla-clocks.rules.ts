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

/** One obligation of sales to one lead, as its events tell it. */
export interface RecordedClock extends LeadClock {
  readonly clockId: string;
  readonly leadId: string;
  /** What it runs on; always-closed: on the wall clock, because the calendar has no open hour. */
  readonly clock: Extract<ClockEvent, { type: 'ObligationStarted' }>['data']['clock'];
  /** Of how many kinds the answers are to be. */
  readonly kinds?: number;
  readonly outcome: EnumerationValue<typeof clockOutcomes>;
  readonly breachRecorded: boolean;
  /** The lead whose merge into another makes it wait; null where it would not: ended, or its breach is recorded. */
  readonly waitsWith: string | null;
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
      ...{ ...begun!, clockId: clockIdOf(begun!), leadId, clock: runsOn },
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

/** The breach was recorded, and an answer or end in time was told after it. */
export const isRecordedLate = ({ outcome, breachRecorded }: ClockFacts): boolean =>
  breachRecorded && (outcome === 'met' || outcome === 'cancelled');

/** The verdict as it was known in time: a breach that was recorded stays one, whatever is told later. */
export const knownStateOf = (clock: ClockFacts, at: Instant, merged: boolean): SlaClockState =>
  isRecordedLate(clock) ? 'breached' : stateOf(clock, at, merged);
