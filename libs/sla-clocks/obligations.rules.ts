import { durationMs, fromMs, toMs, type AnyEvent, type Instant, type StoredEvent } from '@baton/kernel';
import { SAME_BUSINESS_DAY, type Obligation, type EventPattern, type SlaPolicy } from '@baton/definitions';
import { wallClock, type Calendar } from './calendar.rules';
import { countedMs, deadline, restOfBusinessDay, type Deadline, type Pause } from './deadline.rules';

/** The part of an event that clocks use. */
export interface ClockInput extends AnyEvent {
  readonly id: string;
  readonly occurredAt: Instant;
  /** When it was recorded, if that is later than it occurred. */
  readonly knownAt?: Instant;
}

/** Usual time from a command to its stored event; anything stored later counts as recorded late. */
export const COMMAND_LATENCY_MS = 5_000;

/** The part of a stored event that clocks use. Imported events count as recorded when they occurred. */
export const clockInputOf = ({ id, type, data, occurredAt, recordedAt, meta }: StoredEvent): ClockInput => ({
  id,
  type,
  data: data as unknown,
  occurredAt,
  ...(meta.mode === 'live' && toMs(recordedAt) - toMs(occurredAt) > COMMAND_LATENCY_MS && { knownAt: recordedAt }),
});

/** An answer that counts towards an obligation. */
export interface CountedAnswer {
  readonly at: Instant;
  /** The kind of answer, for obligations that require a mix. */
  readonly value: string;
}

/** The clock of one obligation to one lead. Plain JSON data. */
export interface SlaClock {
  readonly kind: string;
  readonly startedAt: Instant;
  /** The event that started it. */
  readonly startedBy: string;
  readonly budgetMs: number;
  /** The last instant at which an answer is on time; null while it is paused. */
  readonly dueAt: Instant | null;
  readonly pauses: readonly Pause[];
  /** Number of answers until it was fulfilled. */
  readonly answers: number;
  /** The answers that decide when it was fulfilled: the first `times`, and the first of each kind; oldest first. */
  readonly counted: readonly CountedAnswer[];
  /** When it was fulfilled, and when that was recorded. */
  readonly metAt?: Instant;
  readonly metKnownAt?: Instant;
  /** How much time of its clock had counted when it was fulfilled. */
  readonly countedMs?: number;
  readonly failedAt?: Instant;
  readonly failedBy?: string;
  /** When it was cancelled, by a cancelling event or a new start. */
  readonly endedAt?: Instant;
  readonly endedBy?: string;
}

export type SlaState = 'running' | 'met' | 'breached' | 'met late' | 'cancelled';

/** The status of a clock at an instant. */
export interface ClockStatus {
  /** Judged by when events occurred. */
  readonly state: SlaState;
  /** Judged by when events were recorded; differs from `state` only if an answer was recorded late. */
  readonly knownState: SlaState;
  /** True if the recorded breach is due to late data: the answer was on time but recorded afterwards. */
  readonly lateData: boolean;
  /** When it was breached, by either judgement. */
  readonly breachedAt?: Instant;
  readonly paused: boolean;
}

/** An escalation or a breach: an instant at which time alone changes a clock. */
export interface ClockTransition {
  readonly at: Instant;
  readonly what: 'escalation' | 'breach';
  /** Who is notified, and the step of the policy, of an escalation. */
  readonly notify?: string;
  readonly step?: number;
}

/** True if an event matches one of the occurrences. */
export const matchesAny = (occurrences: readonly EventPattern[] | undefined, { type, data }: AnyEvent): boolean =>
  occurrences?.some(
    ({ event, where }) =>
      (event === '*' || event === type) &&
      (where ?? []).every(({ field, in: values }) => values.includes(valueOf(data, field))),
  ) ?? false;
const valueOf = (data: unknown, field: string): string => {
  const value = Object.hasOwn(data as object, field) ? (data as Record<string, unknown>)[field] : undefined;
  return value === undefined || value === null ? '' : String(value);
};

/** The budget of a clock that starts at an instant, in milliseconds. */
export const budgetMsOf = ({ budget }: Obligation, start: Instant, hours: Calendar): number =>
  budget === SAME_BUSINESS_DAY ? restOfBusinessDay(start, hours) : durationMs(budget);

/** The calendar of an obligation; the wall clock if no calendar is in force. */
export const calendarForClock = ({ clock }: Obligation, calendar: Calendar | undefined): Calendar =>
  clock === 'business-calendar' ? (calendar ?? wallClock) : wallClock;

/** The deadline of an obligation that starts at an instant, with its budget and intervals. */
export const dueOf = (
  obligation: Obligation,
  calendar: Calendar | undefined,
  start: Instant,
): Deadline & { readonly budgetMs: number } => {
  const hours = calendarForClock(obligation, calendar);
  const budgetMs = budgetMsOf(obligation, start, hours);
  return { budgetMs, ...deadline(start, budgetMs, hours) };
};

/** The deadline of a clock with its intervals, pauses included. */
export const deadlineOf = (obligation: Obligation, calendar: Calendar | undefined, clock: SlaClock): Deadline =>
  deadline(clock.startedAt, clock.budgetMs, calendarForClock(obligation, calendar), clock.pauses);

/** How much time of a clock had counted by an instant, in milliseconds. */
export const countedOf = (
  obligation: Obligation,
  calendar: Calendar | undefined,
  clock: SlaClock,
  at: Instant,
): number => countedMs(clock.startedAt, at, calendarForClock(obligation, calendar), clock.pauses);

const isOpen = ({ endedAt, failedAt }: SlaClock): boolean => endedAt === undefined && failedAt === undefined;
/** The earliest of some instants; undefined if there is none. */
export const earliest = (...instants: readonly (Instant | null | undefined)[]): Instant | undefined =>
  instants.reduce<Instant | undefined>((first, each) => (each && (!first || each < first) ? each : first), undefined);

/** When the answers fulfilled the obligation: enough of them, and of enough kinds. Undefined if not yet. */
const fulfilledAt = (counted: readonly CountedAnswer[], { times = 1, mix }: Obligation): Instant | undefined => {
  const nth = counted[times - 1]?.at;
  if (!mix || nth === undefined) return nth;
  const firsts = counted.filter(({ value }, index) => counted.findIndex((each) => each.value === value) === index);
  const varied = firsts[mix.atLeast - 1]?.at;
  return varied === undefined ? undefined : varied > nth ? varied : nth;
};

/** Adds an answer in the order of time and drops those that can no longer matter. */
export const withAnswer = (
  counted: readonly CountedAnswer[],
  stop: CountedAnswer,
  { times = 1, last }: Pick<Obligation, 'times' | 'last'>,
): readonly CountedAnswer[] => {
  const after = counted.findIndex(({ at }) => at > stop.at);
  const all = counted.toSpliced(after < 0 ? counted.length : after, 0, stop);
  return last
    ? all.slice(-1)
    : all.filter(({ value }, index) => index < times || all.findIndex((other) => other.value === value) === index);
};

/** The kind of an answer for the required mix; '' if none is required. */
export const mixValueOf = ({ mix }: Obligation, data: unknown): string => (mix ? valueOf(data, mix.field) : '');

const answered = <C extends SlaClock>(clock: C, obligation: Obligation, event: ClockInput): C => {
  const stop: CountedAnswer = { at: event.occurredAt, value: mixValueOf(obligation, event.data) };
  const counted = withAnswer(clock.counted, stop, obligation);
  const metAt = fulfilledAt(counted, obligation);
  const metKnownAt = obligation.last || clock.metAt === undefined ? (event.knownAt ?? stop.at) : clock.metKnownAt;
  return { ...clock, answers: clock.answers + 1, counted, ...(metAt && { metAt, metKnownAt: metKnownAt! }) };
};

/** The terms that a clock is evaluated under. */
export interface ClockTerms {
  readonly obligation: Obligation;
  /** The business calendar; undefined for the wall clock. */
  readonly calendar: Calendar | undefined;
}

/** Clock events themselves never start, stop or pause a clock. */
const isClockEvent = ({ type }: AnyEvent): boolean => type.startsWith('Obligation');
/** Past decisions of other systems start no clock. */
const isExternal = (data: unknown): boolean => valueOf(data, 'external') === 'true';

/**
 * Folds one event into the clocks of a lead, each under its own terms. Events come in the order of the log and may have
 * occurred earlier. New clocks start under the terms in force, but not for a decision of another system.
 * @param termsOf the terms that a clock started under
 * @param inForce the terms of new clocks
 * @param begin   adds the caller’s fields to a new clock
 * @returns the clocks after it, oldest first; the same array if nothing changed
 */
export const clocksUnder =
  <C extends SlaClock>(
    termsOf: (clock: C) => ClockTerms,
    inForce: readonly ClockTerms[],
    begin: (clock: SlaClock, terms: ClockTerms) => C,
  ) =>
  (clocks: readonly C[], event: ClockInput): readonly C[] => {
    if (isClockEvent(event)) return clocks;
    let after = clocks;
    for (const kind of new Set(clocks.map((clock) => clock.kind))) {
      const place = clockIndexAt(after, kind, event.occurredAt);
      const before = after[place];
      const clock = before && clockAfter(before, termsOf(before), event);
      if (clock !== before) after = after.with(place, clock!);
    }
    if (isExternal(event.data)) return after;
    for (const terms of inForce)
      if (matchesAny(terms.obligation.start, event)) after = withNewClock(after, terms, event, begin);
    return after;
  };

/** Index of the clock of a kind that ran at an instant: the last one started by then. -1 for none. */
const clockIndexAt = (clocks: readonly SlaClock[], kind: string, at: Instant): number =>
  clocks.findLastIndex((clock) => clock.kind === kind && clock.startedAt <= at);

const withNewClock = <C extends SlaClock>(
  clocks: readonly C[],
  terms: ClockTerms,
  { id, occurredAt: at }: ClockInput,
  begin: (clock: SlaClock, terms: ClockTerms) => C,
): readonly C[] => {
  const { kind } = terms.obligation;
  const { dueAt, budgetMs } = dueOf(terms.obligation, terms.calendar, at);
  // A new start ends the earlier clock; a start recorded late is itself ended by the next one.
  const next = clocks.find((clock) => clock.kind === kind && clock.startedAt > at);
  const begun: SlaClock = {
    ...{ kind, startedAt: at, startedBy: id, budgetMs, dueAt, pauses: [], answers: 0, counted: [] },
    ...(next && { endedAt: next.startedAt, endedBy: next.startedBy }),
  };
  const place = clockIndexAt(clocks, kind, at);
  const before = clocks[place];
  const leaves = before && isOpen(before) && before.metAt === undefined;
  const left = leaves ? clocks.with(place, { ...before, endedAt: at, endedBy: id }) : clocks;
  const later = left.findIndex(({ startedAt }) => startedAt > at);
  return left.toSpliced(later < 0 ? left.length : later, 0, begin(begun, terms));
};

/**
 * Folds one event into the clocks of a lead under one policy.
 * @param calendar the business calendar in force; undefined for the wall clock
 * @returns the clocks after it, oldest first; the same array if nothing changed
 */
export const clocksAfter = ({ obligations }: SlaPolicy, calendar: Calendar | undefined) => {
  const terms = obligations.map((obligation): ClockTerms => ({ obligation, calendar }));
  const termsOf = ({ kind }: SlaClock) => terms.find(({ obligation }) => obligation.kind === kind)!;
  return clocksUnder<SlaClock>(termsOf, terms, (clock) => clock);
};

/** A clock after an event. Events after its end do not change it. */
const clockAfter = <C extends SlaClock>(before: C, { obligation, calendar }: ClockTerms, event: ClockInput): C => {
  const at = event.occurredAt;
  let clock = before;
  const end = earliest(clock.endedAt, clock.failedAt);
  const done = clock.metAt !== undefined && !obligation.last;
  if (!(end !== undefined && at > end) && !(done && at >= clock.metAt!)) {
    const open = clock.pauses.at(-1);
    const resumes = open && open.to === undefined && at >= open.from && matchesAny(obligation.resume, event);
    let pauses: readonly Pause[] = resumes ? clock.pauses.with(-1, { ...open, to: at }) : clock.pauses;
    if (matchesAny(obligation.pause, event) && (pauses.length === 0 || pauses.at(-1)!.to !== undefined))
      pauses = [...pauses, { from: at, by: event.id }];
    if (pauses !== clock.pauses) {
      clock = { ...clock, pauses };
      clock = { ...clock, dueAt: deadlineOf(obligation, calendar, clock).dueAt };
    }
    if (matchesAny(obligation.stop, event)) clock = answered(clock, obligation, event);
  }
  if (!isOpen(clock) || (clock.metAt !== undefined && clock.metAt <= at)) return clock;
  if (matchesAny(obligation.cancel, event)) return { ...clock, endedAt: at, endedBy: event.id };
  if (!matchesAny(obligation.fail, event)) return clock;
  // A clock that ran out before ends here; its breach stays.
  if (clock.dueAt !== null && clock.dueAt < at) return { ...clock, endedAt: at, endedBy: event.id };
  return { ...clock, failedAt: at, failedBy: event.id };
};

/** The clocks of one lead under a policy, from its events in the order of the log. */
export const obligations =
  (policy: SlaPolicy, calendar: Calendar | undefined) =>
  (events: readonly ClockInput[]): readonly SlaClock[] =>
    events.reduce(clocksAfter(policy, calendar), []);

/** The last instant at which an answer is on time: the due time, or the time of giving up. */
export const missedAtOf = ({ dueAt, failedAt }: SlaClock): Instant | undefined => earliest(dueAt, failedAt);

/**
 * The status of a clock at an instant.
 * @param now every event up to and including this instant is folded in, so a stop at the due instant is met, and no
 *   event by that instant is a breach
 */
export const clockStatus = (clock: SlaClock, now: Instant): ClockStatus => {
  const missedAt = missedAtOf(clock);
  const stateFor = (metAt: Instant | undefined): SlaState => {
    if (metAt !== undefined && metAt <= now) return missedAt === undefined || metAt <= missedAt ? 'met' : 'met late';
    // A cancellation at the due time is still on time.
    if (clock.endedAt !== undefined && clock.endedAt <= now && (missedAt === undefined || clock.endedAt <= missedAt))
      return 'cancelled';
    return missedAt !== undefined && missedAt <= now ? 'breached' : 'running';
  };
  const state = stateFor(clock.metAt);
  const knownState = stateFor(clock.metKnownAt);
  const missed = [state, knownState].some((each) => each === 'breached' || each === 'met late');
  return {
    state,
    knownState,
    lateData: state === 'met' && knownState !== 'met' && missed,
    ...(missed && { breachedAt: missedAt! }),
    paused: clock.dueAt === null && state === 'running',
  };
};

/** The escalations and the breach of a clock in order, up to its end. */
export const clockTransitionsOf = (
  obligation: Obligation,
  calendar: Calendar | undefined,
  clock: SlaClock,
): readonly ClockTransition[] => {
  const { startedAt, budgetMs, pauses, failedAt } = clock;
  const hours = calendarForClock(obligation, calendar);
  const missedAt = missedAtOf(clock);
  // An answer at the due time is on time, so the breach follows one millisecond later.
  const missed = (at: Instant) => fromMs(toMs(at) + 1);
  const moments: ClockTransition[] = missedAt === undefined ? [] : [{ at: missed(missedAt), what: 'breach' }];
  for (const [step, { percent, afterBreach, notify }] of (obligation.escalation ?? []).entries()) {
    if (afterBreach !== undefined) {
      if (missedAt === undefined) continue;
      const at = fromMs(toMs(missed(missedAt)) + durationMs(afterBreach));
      moments.push({ at, what: 'escalation', notify, step });
      continue;
    }
    const share = Math.max(1, Math.floor((budgetMs * percent!) / 100));
    const at = deadline(startedAt, share, hours, pauses).dueAt;
    if (at !== null && (failedAt === undefined || at <= failedAt))
      moments.push({ at: percent === 100 ? missed(at) : at, what: 'escalation', notify, step });
  }
  const over = earliest(clock.metAt, clock.endedAt);
  return moments
    .filter(({ at }) => over === undefined || at < over)
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : (a.step ?? -1) - (b.step ?? -1)));
};

/**
 * The next transitions, all at the same instant, for a list of due times; [] if time alone changes nothing more.
 * @param passed the instant up to which transitions are already decided
 */
export const nextClockTransitions = (
  obligation: Obligation,
  calendar: Calendar | undefined,
  clock: SlaClock,
  passed: Instant | undefined,
): readonly ClockTransition[] => {
  const coming = clockTransitionsOf(obligation, calendar, clock).filter(
    ({ at }) => passed === undefined || at > passed,
  );
  return coming.filter(({ at }) => at === coming[0]!.at);
};
