import { fromMs, toMs, type Happened, type Instant } from '@baton/kernel';
import { missedAtOf, verdictOf, type SlaState } from '../../sla/obligations.rules';
import type { LeadClock } from '../../write/lead/lead.model';
import { clocksWith, type Said } from '../../write/lead/obligations.rules';

/** How a clock stands whenever it is asked: open ones turn into more with time. */
export type Standing = 'open' | Extract<SlaState, 'met' | 'met late' | 'cancelled'>;

/** One obligation of sales to one lead, as its events tell it. */
export interface ToldClock extends LeadClock {
  readonly leadId: string;
  /** What it runs on; always-closed: on the wall clock, because the calendar has no open hour. */
  readonly clock: Extract<Said, { type: 'ObligationStarted' }>['data']['clock'];
  /** Of how many kinds the answers are to be. */
  readonly kinds?: number;
  readonly standing: Standing;
  /** The last instant at which an answer is in time: the due one, or that of giving up; null while it stands still. */
  readonly answerBy: Instant | null;
  /** When the policy first warns of it, where it does so before the breach. */
  readonly warnsAt?: Instant;
  /** From when on it is at risk while it is open; null while it stands still. */
  readonly atRiskAt: Instant | null;
}

/** At risk from this part of the way between start and due, where the policy itself does not warn. */
const RISK = 0.8;
const END_OF_TIME: Instant = '9999-12-31T23:59:59.999Z';

const firstWarning = ({ moments }: Pick<LeadClock, 'moments'>): Instant | undefined => {
  const breach = moments.findIndex(({ what }) => what === 'breach');
  return moments.slice(0, breach < 0 ? moments.length : breach).find(({ what }) => what === 'escalation')?.at;
};

const standingOf = (clock: LeadClock): Standing => {
  const { state } = verdictOf(clock, END_OF_TIME);
  return state === 'running' || state === 'breached' ? 'open' : state;
};

const dated = (told: Omit<ToldClock, 'standing' | 'answerBy' | 'atRiskAt'>): ToldClock => {
  const { startedAt, dueAt, warnsAt } = told;
  const answerBy = missedAtOf(told) ?? null;
  const way = dueAt === null ? 0 : toMs(dueAt) - toMs(startedAt);
  const risky = warnsAt ?? fromMs(toMs(startedAt) + Math.floor(way * RISK));
  const atRiskAt = answerBy === null || risky < answerBy ? risky : answerBy;
  return { ...told, standing: standingOf(told), answerBy, atRiskAt: answerBy === null ? null : atRiskAt };
};

/**
 * A clock after one more of its events; the events alone tell, no definition is needed.
 * @param before undefined before it started
 * @returns undefined for an event of a clock whose start is not known
 */
export const toldAfter = (before: ToldClock | undefined, said: Happened<Said>): ToldClock | undefined => {
  if (said.type === 'ObligationStarted') {
    const { leadId, clock: runsOn, kinds } = said.data;
    const [begun] = clocksWith([], said);
    const warnsAt = firstWarning(begun!);
    return dated({
      ...{ ...begun!, leadId, clock: runsOn },
      ...(kinds !== undefined && { kinds }),
      ...(warnsAt !== undefined && { warnsAt }),
    });
  }
  if (!before) return undefined;
  // What was counted on is kept beside the clock, whose fold knows nothing of it.
  const after = clocksWith([before], said)[0] as ToldClock;
  if (said.type !== 'ObligationResumed' || after.escalated.length > 0) return dated(after);
  const { warnsAt: _, ...rest } = after;
  const warnsAt = firstWarning(after);
  return dated({ ...rest, ...(warnsAt !== undefined && { warnsAt }) });
};

/** Does sales still owe an answer? A clock that was left or given up is not owed, whatever its verdict. */
export const isOwed = ({ standing, endedAt, failedAt }: ToldClock): boolean =>
  standing === 'open' && endedAt === undefined && failedAt === undefined;

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
export const stateOf = (clock: ToldClock, at: Instant, merged: boolean): SlaClockState => {
  const { standing, answerBy, atRiskAt, breached } = clock;
  if (standing !== 'open') return standing;
  if (merged && !breached) return 'waiting';
  if (answerBy === null) return 'paused';
  return answerBy <= at ? 'breached' : atRiskAt! <= at ? 'at risk' : 'running';
};

/** The verdict as it was known in time: a breach that was recorded stays one, whatever is told later. */
export const knownStateOf = (clock: ToldClock, at: Instant, merged: boolean): SlaClockState => {
  const { standing, breached } = clock;
  return breached && (standing === 'met' || standing === 'cancelled') ? 'breached' : stateOf(clock, at, merged);
};
