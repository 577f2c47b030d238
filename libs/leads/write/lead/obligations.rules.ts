import type { Happened } from '@baton/kernel';
import { withStop } from '../../sla/obligations.rules';
import type { LeadEvent } from './lead.events';
import { withPerson, type Lead, type LeadClock } from './lead.model';

type Said = Extract<LeadEvent, { type: `Obligation${string}` }>;
type Folds = { readonly [T in Said['type']]: (state: Lead, event: Happened<Extract<Said, { type: T }>>) => Lead };

/** Of one kind so many clocks are kept; what is told late of older ones is judged no more. */
const KEPT = 8;

/** The clock that an event speaks of, after it. */
const changed = (
  state: Lead,
  { kind, startedBy }: Said['data'],
  change: (clock: LeadClock) => Partial<LeadClock>,
): Lead =>
  withPerson(state, (person) => ({
    ...person,
    obligations: person.obligations.map((clock) =>
      clock.kind === kind && clock.startedBy === startedBy ? { ...clock, ...change(clock) } : clock,
    ),
  }));

const begun = (clocks: readonly LeadClock[], clock: LeadClock): readonly LeadClock[] => {
  const later = clocks.findIndex(({ startedAt }) => startedAt > clock.startedAt);
  const all = clocks.toSpliced(later < 0 ? clocks.length : later, 0, clock);
  const same = all.filter(({ kind }) => kind === clock.kind);
  const old = new Set(same.slice(0, -KEPT).filter(({ moments }) => moments.length === 0));
  return old.size === 0 ? all : all.filter((each) => !old.has(each));
};

/** Folds what was said of obligations: the events alone tell, no definition is needed. */
export const obligationFolds: Folds = {
  ObligationStarted: (state, { data: { leadId: _, clock: __, kinds: ___, ...said }, occurredAt }) =>
    withPerson(state, (person) => ({
      ...person,
      obligations: begun(person.obligations, {
        ...said,
        startedAt: occurredAt,
        pauses: [],
        stops: 0,
        counted: [],
        escalated: [],
      }),
    })),
  ObligationProgressed: (state, { data, occurredAt }) =>
    changed(state, data, (clock) => ({
      stops: clock.stops + 1,
      counted: withStop(clock.counted, { at: occurredAt, value: data.value }, clock),
    })),
  ObligationPaused: (state, { data, occurredAt }) =>
    changed(state, data, (clock) => ({
      pauses: [...clock.pauses, { from: occurredAt, by: data.by }],
      // What ran out before stays as it is.
      ...(clock.dueAt !== null && clock.dueAt > occurredAt && { dueAt: null, moments: [] }),
    })),
  ObligationResumed: (state, { data, occurredAt }) =>
    changed(state, data, ({ pauses }) => ({
      pauses: pauses.with(-1, { ...pauses.at(-1)!, to: occurredAt }),
      dueAt: data.dueAt,
      moments: data.moments,
    })),
  ObligationMet: (state, { data, occurredAt }) =>
    changed(state, data, (clock) => ({
      stops: clock.stops + 1,
      counted: withStop(clock.counted, { at: occurredAt, value: data.value ?? '' }, clock),
      metAt: data.at,
      metKnownAt: data.at,
      moments: clock.moments.filter(({ at }) => at < data.at),
    })),
  ObligationBreached: (state, { data, occurredAt }) =>
    changed(state, data, (clock) => ({
      breached: true,
      moments: data.moments ?? clock.moments.filter(({ what }) => what !== 'breach'),
      ...(data.cause === 'given-up' && { failedAt: occurredAt, failedBy: data.by! }),
    })),
  ObligationEscalated: (state, { data }) =>
    changed(state, data, (clock) => ({
      escalated: [...clock.escalated, data.step],
      moments: clock.moments.filter(({ step }) => step !== data.step),
    })),
  ObligationCancelled: (state, { data, occurredAt }) =>
    changed(state, data, (clock) => ({
      endedAt: occurredAt,
      endedBy: data.by,
      moments: clock.moments.filter(({ at }) => at < occurredAt),
    })),
};
