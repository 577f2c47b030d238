import { Refused, type Decider, type NewEvent, type DatedEvent, type Instant } from '@baton/kernel';
import {
  calendarFor,
  calendarNamed,
  type DefinitionContext,
  type FindDefinition,
  type CalendarFields,
} from '@baton/definitions';
import { compileCalendar } from '@baton/sla-clocks';
import {
  clocksUnder,
  countedOf,
  earliest,
  calendarForClock,
  missedAtOf,
  mixValueOf,
  clockTransitionsOf,
  withAnswer,
  deadlineOf,
  type ClockTransition,
  type ClockInput,
  type ClockTerms,
} from '@baton/sla-clocks';
import type { LeadCommand, LeadEvent } from './lead.events';
import { isCapturedLead, withPerson, type CapturedLead, type Lead, type LeadClock } from './lead.model';

/** Events about clocks. */
export type ClockEvent = Extract<LeadEvent, { type: `Obligation${string}` }>;
type ClockEventOf<T extends ClockEvent['type']> = DatedEvent<Extract<ClockEvent, { type: T }>>;
type Clocks = readonly LeadClock[];

/** How many clocks of one kind are kept; late events about older ones are recorded and not evaluated. */
const CLOCKS_PER_KIND = 8;

const withClockStarted = (
  clocks: Clocks,
  { data, occurredAt: startedAt }: ClockEventOf<'ObligationStarted'>,
): Clocks => {
  const { kind, startedBy, budgetMs, dueAt, definition, calendar, calendarCode, times, last, rep, queue, moments } =
    data;
  const clock: LeadClock = {
    ...{ kind, startedAt, startedBy, budgetMs, dueAt, definition, transitions: moments },
    ...(calendar !== undefined && { calendar }),
    ...(calendarCode !== undefined && { calendarCode }),
    ...(times !== undefined && { times }),
    ...(last !== undefined && { last }),
    ...(rep !== undefined && { rep }),
    ...(queue !== undefined && { queue }),
    ...{ pauses: [], answers: 0, counted: [], escalated: [] },
  };
  const later = clocks.findIndex((each) => each.startedAt > startedAt);
  const all = clocks.toSpliced(later < 0 ? clocks.length : later, 0, clock);
  const same = all.filter((each) => each.kind === kind);
  const old = new Set(same.slice(0, -CLOCKS_PER_KIND).filter((each) => each.transitions.length === 0));
  return old.size === 0 ? all : all.filter((each) => !old.has(each));
};

const answerChanges = (clock: LeadClock, at: Instant, value: string): Partial<LeadClock> => ({
  answers: clock.answers + 1,
  counted: withAnswer(clock.counted, { at, value }, clock),
});

const clockChanges: {
  readonly [T in Exclude<ClockEvent['type'], 'ObligationStarted'>]: (
    clock: LeadClock,
    event: ClockEventOf<T>,
  ) => Partial<LeadClock>;
} = {
  ObligationProgressed: (clock, { data: { value }, occurredAt }) => answerChanges(clock, occurredAt, value),
  ObligationPaused: ({ pauses, dueAt }, { data: { by }, occurredAt }) => ({
    pauses: [...pauses, { from: occurredAt, by }],
    // A clock that had run out before the pause keeps its due time.
    ...(dueAt !== null && dueAt > occurredAt && { dueAt: null, transitions: [] }),
  }),
  ObligationResumed: ({ pauses }, { data: { dueAt, moments }, occurredAt }) => ({
    pauses: pauses.with(-1, { ...pauses.at(-1)!, to: occurredAt }),
    dueAt,
    transitions: moments,
  }),
  ObligationMet: (clock, { data: { at: metAt, countedMs, recordedLate, value }, occurredAt }) => ({
    ...(value !== undefined && answerChanges(clock, occurredAt, value)),
    ...{ metAt, countedMs, ...(!recordedLate && { metKnownAt: metAt }) },
    transitions: clock.transitions.filter(({ at }) => at < metAt),
  }),
  ObligationBreached: ({ transitions: moments }, { data, occurredAt }) => ({
    breached: true,
    transitions: data.moments ?? moments.filter(({ what }) => what !== 'breach'),
    ...(data.cause === 'given-up' && { failedAt: occurredAt, failedBy: data.by! }),
  }),
  ObligationEscalated: ({ escalated, transitions: moments }, { data }) => ({
    escalated: [...escalated, data.step],
    transitions: moments.filter(({ step }) => step !== data.step),
  }),
  ObligationCancelled: ({ breached, dueAt, transitions: moments }, { data: { by, recordedLate }, occurredAt }) => ({
    // Given up before it was due, recorded after its breach: still a breach.
    ...(breached && !recordedLate && (dueAt === null || occurredAt <= dueAt)
      ? { failedAt: occurredAt, failedBy: by }
      : { endedAt: occurredAt, endedBy: by }),
    transitions: moments.filter(({ at }) => at < occurredAt),
  }),
};

/** Folds one clock event into the clocks. The events carry everything, so that no definition has to be looked up. */
export const clocksAfterEvent = (clocks: Clocks, said: DatedEvent<ClockEvent>): Clocks => {
  if (said.type === 'ObligationStarted') return withClockStarted(clocks, said as ClockEventOf<'ObligationStarted'>);
  const change = clockChanges[said.type] as (clock: LeadClock, event: DatedEvent<ClockEvent>) => Partial<LeadClock>;
  const { kind, startedBy } = said.data;
  return clocks.map((clock) =>
    clock.kind === kind && clock.startedBy === startedBy ? { ...clock, ...change(clock, said) } : clock,
  );
};

/** The same fold for every event about a clock of sales. */
export const onClockEvents = <F>(fold: F): Readonly<Record<ClockEvent['type'], F>> => ({
  ObligationStarted: fold,
  ObligationProgressed: fold,
  ObligationPaused: fold,
  ObligationResumed: fold,
  ObligationMet: fold,
  ObligationBreached: fold,
  ObligationEscalated: fold,
  ObligationCancelled: fold,
});

/** The part of a lead's `evolve` that is about obligations. */
export const obligationFolds = onClockEvents((state: Lead, said: DatedEvent<ClockEvent>): Lead =>
  withPerson(state, (person) => ({ ...person, obligations: clocksAfterEvent(person.obligations, said) })),
);

/** The next instant at which time alone changes a clock. */
export const nextTransitionAt = (clocks: Clocks): Instant | undefined =>
  earliest(...clocks.flatMap(({ transitions: moments }) => moments.map(({ at }) => at)));

/** The calendar in force that applies to a lead. */
const calendarInForce = (definition: FindDefinition, place: CalendarFields) => {
  const found = definition('business-calendar');
  if (!found) return undefined;
  const { code, time } = calendarFor(found.body, place);
  return { ref: found.ref, code, hours: compileCalendar(time) };
};
/** The calendar that a running clock started under. */
const hoursOf = (definition: FindDefinition, { calendar, calendarCode }: LeadClock) => {
  if (calendar === undefined) return undefined;
  const body = definition('business-calendar', numberOf(calendar))?.body;
  const time = body && calendarNamed(body, calendarCode);
  if (!time) throw new Error(`${calendar} ${calendarCode ?? ''}, which the log names, is not in the log`);
  return compileCalendar(time);
};
const numberOf = (ref: string): number => Number(ref.slice(ref.indexOf('@') + 1));

/** The terms that a running clock started under, whatever is in force now. */
const termsFinder =
  (definition: FindDefinition) =>
  (clock: LeadClock): ClockTerms => {
    const { kind, definition: policy } = clock;
    const body = definition('sla-policy', numberOf(policy))?.body;
    const obligation = body?.obligations.find((each) => each.kind === kind);
    if (!obligation) throw new Error(`${policy} with its obligation ${kind}, which the log names, is not in the log`);
    return { obligation, calendar: hoursOf(definition, clock) };
  };

interface VersionedTerms {
  readonly terms: ClockTerms;
  readonly definition: string;
  readonly calendar?: string;
  readonly calendarCode?: string;
}
/** The obligations that a new clock of this lead would start under. */
const obligationsInForce = (definition: FindDefinition, place: CalendarFields): readonly VersionedTerms[] => {
  const policy = definition('sla-policy');
  if (!policy) return [];
  const calendar = calendarInForce(definition, place);
  return policy.body.obligations.map((obligation) => {
    const named = obligation.clock === 'business-calendar' ? calendar : undefined;
    return {
      terms: { obligation, calendar: named?.hours },
      definition: policy.ref,
      ...(named && { calendar: named.ref }),
      ...(named?.code !== undefined && { calendarCode: named.code }),
    };
  });
};

type NewClockEvent = NewEvent<ClockEvent>;
const clockReference = (leadId: string, { kind, startedBy, rep }: LeadClock) => ({
  leadId,
  kind,
  startedBy,
  ...(rep !== undefined && { rep }),
});
/** The transitions that are not recorded yet. */
const pendingTransitions = (
  { breached, escalated }: LeadClock,
  moments: readonly ClockTransition[],
): ClockTransition[] =>
  moments.filter(({ what, step }) => (what === 'breach' ? !breached : !escalated.includes(step!)));
const isMetLate = (clock: LeadClock): boolean => {
  const missedAt = missedAtOf(clock);
  return clock.metAt !== undefined && missedAt !== undefined && clock.metAt > missedAt;
};

/** The events of a new clock: its start, and its end if a later start had already replaced it. */
const startEvents = (
  leadId: string,
  clock: LeadClock,
  { obligation, calendar }: ClockTerms,
): readonly NewClockEvent[] => {
  const { startedAt, budgetMs, dueAt, definition, endedAt, endedBy } = clock;
  const started: NewClockEvent = {
    type: 'ObligationStarted',
    data: {
      ...clockReference(leadId, clock),
      ...(clock.queue !== undefined && { queue: clock.queue }),
      definition,
      ...(clock.calendar !== undefined && { calendar: clock.calendar }),
      ...(clock.calendarCode !== undefined && { calendarCode: clock.calendarCode }),
      ...(obligation.times !== undefined && { times: obligation.times }),
      ...(obligation.mix && { kinds: obligation.mix.atLeast }),
      ...(obligation.last && { last: true }),
      budgetMs,
      dueAt: dueAt!,
      clock: calendarForClock(obligation, calendar).clock,
      moments: [...clockTransitionsOf(obligation, calendar, clock)],
    },
    occurredAt: startedAt,
  };
  if (endedAt === undefined) return [started];
  return [
    started,
    { type: 'ObligationCancelled', data: { ...clockReference(leadId, clock), by: endedBy! }, occurredAt: endedAt },
  ];
};

/** The events about a clock that an event causes. */
const clockEvents = (
  leadId: string,
  before: LeadClock,
  after: LeadClock,
  { id: by, data, occurredAt }: ClockInput,
  { obligation, calendar }: ClockTerms,
): readonly NewClockEvent[] => {
  const said = clockReference(leadId, before);
  const produced: NewClockEvent[] = [];
  const paused = before.pauses.length;
  if (before.pauses.at(-1)?.to !== after.pauses[paused - 1]?.to) {
    const resumed = { ...before, pauses: after.pauses.slice(0, paused) };
    const dueAt = deadlineOf(obligation, calendar, resumed).dueAt!;
    const moments = pendingTransitions(before, clockTransitionsOf(obligation, calendar, { ...resumed, dueAt }));
    produced.push({ type: 'ObligationResumed', data: { ...said, by, dueAt, moments } });
  }
  if (after.pauses.length > paused) produced.push({ type: 'ObligationPaused', data: { ...said, by } });

  const { failedAt, endedAt, metAt } = after;
  const answered = after.answers > before.answers;
  const value = mixValueOf(obligation, data);
  const met = metAt !== before.metAt || isMetLate(before) !== isMetLate(after);
  if (answered && !met) produced.push({ type: 'ObligationProgressed', data: { ...said, by, at: occurredAt, value } });
  if (failedAt !== before.failedAt) {
    const rest = pendingTransitions(before, clockTransitionsOf(obligation, calendar, after)).filter(
      ({ what }) => what === 'escalation',
    );
    const breach = { ...said, dueAt: after.dueAt ?? occurredAt, cause: 'given-up', by, moments: rest } as const;
    produced.push(
      before.breached
        ? { type: 'ObligationCancelled', data: { ...said, by } }
        : { type: 'ObligationBreached', data: breach },
    );
  }
  if (endedAt !== before.endedAt) {
    const inTime = before.dueAt === null || endedAt! <= before.dueAt;
    const recordedLate = before.breached && inTime;
    produced.push({ type: 'ObligationCancelled', data: { ...said, by, ...(recordedLate && { recordedLate: true }) } });
  }
  if (met) {
    const late = isMetLate(after);
    const counted = countedOf(obligation, calendar, after, metAt!);
    const verdict = { at: metAt!, late, countedMs: counted, ...(!late && before.breached && { recordedLate: true }) };
    produced.push({ type: 'ObligationMet', data: { ...said, by, ...verdict, ...(answered && { value }) } });
  }
  return produced.map((each) => ({ ...each, occurredAt }));
};

/** The clock events that follow from decided events, in their order. */
const clockEventsFor = (
  state: Lead,
  clocks: Clocks,
  facts: readonly NewEvent<LeadEvent>[],
  { now, definition, idOf }: DefinitionContext,
): readonly NewClockEvent[] => {
  if (facts.length === 0 || (clocks.length === 0 && !definition('sla-policy'))) return [];
  const { country, region } = isCapturedLead(state) ? state.person.profile : {};
  const termsOf = termsFinder(definition);
  const produced: NewClockEvent[] = [];
  let known = clocks;
  for (const [index, { type, data, occurredAt = now }] of facts.entries()) {
    const event: ClockInput = { id: idOf(index), type, data, occurredAt };
    const rep = 'rep' in data ? data.rep : 'rep' in state ? state.rep : undefined;
    const queue =
      type === 'LeadHandedOff' ? data.queue : isCapturedLead(state) && state.person.handoffLog.at(-1)?.queue;
    const inForce = obligationsInForce(definition, { country, region, queue: queue || undefined });
    const begin: Parameters<typeof clocksUnder<LeadClock>>[2] = (clock, terms) => {
      const { definition: policy, calendar, calendarCode } = inForce.find((each) => each.terms === terms)!;
      return {
        ...clock,
        ...{ definition: policy, transitions: [], escalated: [] },
        ...(calendar !== undefined && { calendar }),
        ...(calendarCode !== undefined && { calendarCode }),
        ...(rep !== undefined && { rep }),
        ...(queue && { queue }),
      };
    };
    const terms = inForce.map((each) => each.terms);
    const after = clocksUnder(termsOf, terms, begin)(known, event);
    if (after === known) continue;
    const said = after.flatMap((clock) => {
      const before = known.find((each) => each.kind === clock.kind && each.startedBy === clock.startedBy);
      if (before === clock) return [];
      return before
        ? clockEvents(data.leadId, before, clock, event, termsOf(before))
        : startEvents(data.leadId, clock, termsOf(clock));
    });
    // Continue from the events, so that the state equals what a reader of the log folds.
    for (const each of said) known = clocksAfterEvent(known, { occurredAt: now, ...each, id: '' });
    produced.push(...said.map(({ occurredAt: at, ...each }) => (at === now ? each : { ...each, occurredAt: at! })));
  }
  return produced;
};

/** The escalations and breaches that are due at an instant. */
const elapsedClockEvents = ({ person: { leadId, obligations } }: CapturedLead, now: Instant): readonly ClockEvent[] =>
  obligations.flatMap((clock) =>
    clock.transitions
      .filter(({ at }) => at <= now)
      .map(({ what, step, notify }): ClockEvent => {
        const said = clockReference(leadId, clock);
        return what === 'breach'
          ? { type: 'ObligationBreached', data: { ...said, dueAt: clock.dueAt!, cause: 'time' } }
          : {
              type: 'ObligationEscalated',
              data: { ...said, step: step!, notify: notify!, definition: clock.definition },
            };
      }),
  );

/** True if the clocks of a lead run; those of a merged lead wait until the merge is undone. */
const clocksRun = (state: Lead): state is CapturedLead =>
  isCapturedLead(state) && state.person.mergedInto === undefined;

/**
 * Adds SLA clocks to a decider of leads: the clock events that follow from a decision are in the same append, and
 * transitions take place at their own time. Each clock is evaluated under the versions of policy and calendar in force when
 * it started.
 */
export const withSlaClocks = (inner: Decider<Lead, LeadCommand, LeadEvent>): Decider<Lead, LeadCommand, LeadEvent> => {
  const clocksOf = (state: Lead): Clocks => (isCapturedLead(state) ? state.person.obligations : []);
  return {
    ...inner,
    uses: [...inner.uses, 'sla-policy', 'business-calendar'],
    decide: (state, command, context) => {
      const decided = inner.decide(state, command, context);
      if (decided instanceof Refused) return decided;
      const produced = clockEventsFor(state, clocksOf(state), decided, context);
      return produced.length === 0 ? decided : [...decided, ...produced];
    },
    due: (state) =>
      earliest(inner.due(state), clocksRun(state) ? nextTransitionAt(state.person.obligations) : undefined),
    elapse: (state, context) => {
      const due = inner.due(state);
      const own = due !== undefined && due <= context.now ? inner.elapse(state, context) : [];
      const passed = clocksRun(state) ? elapsedClockEvents(state, context.now) : [];
      const clocks = passed.reduce(
        (known, said) => clocksAfterEvent(known, { ...said, id: '', occurredAt: context.now }),
        clocksOf(state),
      );
      return [...own, ...passed, ...clockEventsFor(state, clocks, own, context)];
    },
  };
};
