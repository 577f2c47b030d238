import { enumeration, monthOf, toMs, type EnumerationValue, type Instant, type StoredEvent } from '@baton/kernel';
import type { CalendarFields } from '@baton/definitions';
import {
  clocksUnder,
  missedAtOf,
  clockInputOf,
  clockStatus,
  type SlaClock,
  type SlaState,
  type ClockTerms,
} from '@baton/sla-clocks';
import type { LeadEvent } from '@baton/leads';
import type { LeadClock } from '@baton/leads';
import { clocksAfterEvent, type ClockEvent } from '@baton/leads';
import { factsAfter, profileNow, type OwnFacts } from '@baton/leads';

/** Terms with the versions that set them. */
export interface NamedTerms extends ClockTerms {
  readonly definition: string;
  /** The version of the business calendar; undefined: the wall clock. */
  readonly hours?: string;
}
/** The terms that apply to a lead at an instant. */
type TermsAt = (at: Instant, place: CalendarFields) => readonly NamedTerms[];

interface SimulatedClock extends SlaClock {
  readonly terms: NamedTerms;
  readonly rep?: string;
}

/** How a clock ended under one set of terms. */
export interface ClockResult {
  /** The versions of the terms, `sla-policy@2`; `given` for a body in the query. */
  readonly definition: string;
  readonly calendar: string | null;
  /** The last instant at which an answer is on time; null while the clock is paused. */
  readonly dueAt: Instant | null;
  readonly answeredAt: Instant | null;
  /** Judged by when events occurred, and by when they were recorded: they differ if an answer was recorded late. */
  readonly state: SlaState;
  readonly known: SlaState;
}

export const breachChanges = enumeration('BreachChangeKind', 'How a breach differs between the two sets of terms.', {
  gained: 'Breached only under the alternative terms.',
  lost: 'Breached only under the baseline terms.',
  kept: 'Breached under both sets of terms.',
});
/** A clock that is breached under one set of terms, or under both. */
export interface BreachChange {
  readonly leadId: string;
  readonly kind: string;
  readonly rep: string | null;
  readonly startedAt: Instant;
  /** Id of the event that started the clock. */
  readonly startedBy: string;
  readonly change: EnumerationValue<typeof breachChanges>;
  /** Null if the obligation does not exist under these terms. */
  readonly baseline: ClockResult | null;
  readonly alternative: ClockResult | null;
}

/** Clocks and breaches of one group. */
export interface BreachCounts {
  readonly key: string | null;
  /** Clocks under either set of terms. */
  readonly clocks: number;
  readonly baseline: number;
  readonly alternative: number;
  readonly gained: number;
  readonly lost: number;
  readonly kept: number;
}

/** The terms to compare, and the period. */
export interface ComparisonOptions {
  /** Alternative terms to compare with; undefined: the clocks as recorded. */
  readonly baseline: TermsAt | undefined;
  readonly alternative: TermsAt;
  /** Clocks started at or after this instant … */
  readonly from?: Instant | undefined;
  /** … and before this one. */
  readonly to?: Instant | undefined;
  /** The instant at which the clocks are evaluated. */
  readonly at: Instant;
  readonly timeZone?: string | undefined;
}

/** The state of one lead: its clocks, not its events. */
interface ComparedLead {
  readonly recorded: ReadonlyMap<string, LeadClock>;
  readonly baseline: readonly SimulatedClock[];
  readonly alternative: readonly SimulatedClock[];
  readonly rep?: string | undefined;
  /** The fields that select its calendar. */
  readonly place: CalendarFields;
  readonly facts: OwnFacts;
  readonly mergedAt?: Instant | undefined;
}
const NO_CLOCKS: ComparedLead = { recorded: new Map(), baseline: [], alternative: [], place: {}, facts: {} };
const keyOf = ({ kind, startedBy }: Pick<SlaClock, 'kind' | 'startedBy'>): string => `${kind} ${startedBy}`;

const isClockEvent = (event: StoredEvent<LeadEvent>): event is StoredEvent<ClockEvent> =>
  event.type.startsWith('Obligation');
/** Events after which no rep has the lead. */
const endOfRepWork: ReadonlySet<string> = new Set([
  ...['LeadQualified', 'LeadRejected', 'LeadRecycled', 'LeadReengaged'],
  ...['LeadDisqualified', 'LeadConverted', 'LeadReturnedToOpportunity', 'LeadBecameCustomer'],
]);

const placeAfter = (
  { place, facts }: ComparedLead,
  event: StoredEvent<LeadEvent>,
): Pick<ComparedLead, 'place' | 'facts'> => {
  const known = factsAfter(facts, event);
  if (known === facts && event.type !== 'LeadHandedOff') return { facts, place };
  const queue = event.type === 'LeadHandedOff' ? (event.data.queue ?? place.queue) : place.queue;
  const { country, region } = profileNow(known) as { readonly country?: string; readonly region?: string };
  const where = { ...(country !== undefined && { country }), ...(region !== undefined && { region }) };
  return { facts: known, place: { ...where, ...(queue !== undefined && { queue }) } };
};

/** Folds each recorded clock separately, because the fold of a whole lead drops old clocks. */
const recordedAfter = (clocks: ComparedLead['recorded'], event: StoredEvent<ClockEvent>): ComparedLead['recorded'] => {
  const key = keyOf(event.data);
  const known = clocks.get(key);
  if (!known && event.type !== 'ObligationStarted') return clocks;
  return new Map(clocks).set(key, clocksAfterEvent(known ? [known] : [], event)[0]!);
};

const simulatedAfter = (
  clocks: readonly SimulatedClock[],
  event: StoredEvent<LeadEvent>,
  inForce: readonly NamedTerms[],
  rep: string | undefined,
): readonly SimulatedClock[] => {
  if (clocks.length === 0 && inForce.length === 0) return clocks;
  const begin = (clock: SlaClock, terms: ClockTerms): SimulatedClock => ({
    ...clock,
    terms: terms as NamedTerms,
    ...(rep !== undefined && { rep }),
  });
  return clocksUnder<SimulatedClock>(({ terms }) => terms, inForce, begin)(clocks, clockInputOf(event));
};

const isBreach = (state: SlaState): boolean => state === 'breached' || state === 'met late';

const clockResult = (
  clock: SlaClock,
  definition: string,
  calendar: string | undefined,
  at: Instant,
  mergedAt?: Instant,
) => {
  const { state, knownState } = clockStatus(clock, at);
  const missedAt = missedAtOf(clock);
  // The clocks of a merged lead wait for the merge to be undone.
  const waits = mergedAt !== undefined && missedAt !== undefined && missedAt >= mergedAt;
  const withoutWaiting = (verdict: SlaState): SlaState => (waits && verdict === 'breached' ? 'running' : verdict);
  const answered = clock.metAt !== undefined && clock.metAt <= at;
  return {
    ...{ definition, calendar: calendar ?? null, dueAt: clock.dueAt, answeredAt: answered ? clock.metAt! : null },
    ...{ state: withoutWaiting(state), known: withoutWaiting(knownState) },
  };
};

/**
 * Compares the breaches of a history under two sets of terms. Takes every event of the leads in the order of the log;
 * the streams may interleave. Only the clocks of a lead are kept, so memory grows with handoffs and not with touches.
 */
export class BreachComparison {
  private readonly leads = new Map<string, ComparedLead>();
  /** Number of clocks kept. */
  clocks = 0;

  constructor(private readonly comparison: ComparisonOptions) {}

  see(event: StoredEvent<LeadEvent>): void {
    const { leadId } = event.data;
    const before = this.leads.get(leadId) ?? NO_CLOCKS;
    const after = this.after(before, event);
    if (after === before) return;
    this.leads.set(leadId, after);
    for (const side of ['baseline', 'alternative'] as const) this.clocks += after[side].length - before[side].length;
    this.clocks += after.recorded.size - before.recorded.size;
  }

  private after(before: ComparedLead, event: StoredEvent<LeadEvent>): ComparedLead {
    const { from, baseline, alternative } = this.comparison;
    const { type, data, occurredAt } = event;
    // Clocks that started before the period are left out.
    const early = from !== undefined && occurredAt < from;
    if (isClockEvent(event)) {
      if (baseline !== undefined || (early && type === 'ObligationStarted')) return before;
      const recorded = recordedAfter(before.recorded, event);
      return recorded === before.recorded ? before : { ...before, recorded };
    }
    const rep = 'rep' in data ? data.rep : before.rep;
    const { place, facts } = placeAfter(before, event);
    const simulated = (clocks: readonly SimulatedClock[], termsAt: TermsAt | undefined) =>
      termsAt ? simulatedAfter(clocks, event, early ? [] : termsAt(occurredAt, place), rep) : clocks;
    const mergedAt = type === 'LeadMergedInto' ? occurredAt : type === 'LeadUnmergedFrom' ? undefined : before.mergedAt;
    const after = {
      recorded: before.recorded,
      baseline: simulated(before.baseline, baseline),
      alternative: simulated(before.alternative, alternative),
      rep: endOfRepWork.has(type) ? undefined : rep,
      place,
      facts,
      mergedAt,
    };
    return (Object.keys(after) as (keyof ComparedLead)[]).every((key) => after[key] === before[key]) ? before : after;
  }

  /** The clocks of the period, by their start and lead: breached under either set of terms, or not at all (null). */
  private *all(): Generator<Omit<BreachChange, 'change'> & { readonly change: BreachChange['change'] | null }> {
    const { at, to } = this.comparison;
    for (const [leadId, { recorded, baseline, alternative, mergedAt }] of this.leads) {
      const sides = new Map<
        string,
        { clock: SlaClock; rep?: string; baseline?: ClockResult; alternative?: ClockResult }
      >();
      for (const clock of recorded.values())
        sides.set(keyOf(clock), {
          ...{ clock, ...(clock.rep !== undefined && { rep: clock.rep }) },
          baseline: clockResult(clock, clock.definition, clock.calendar, at, mergedAt),
        });
      for (const [side, clocks] of [['baseline', baseline] as const, ['alternative', alternative] as const])
        for (const clock of clocks) {
          const { rep, terms } = clock;
          sides.set(keyOf(clock), {
            ...{ clock, ...(rep !== undefined && { rep }), ...sides.get(keyOf(clock)) },
            [side]: clockResult(clock, terms.definition, terms.hours, at, mergedAt),
          });
        }
      for (const { clock, rep = null, baseline: before = null, alternative: after = null } of sides.values()) {
        if (clock.startedAt > at || (to !== undefined && clock.startedAt >= to)) continue;
        const [was, would] = [before !== null && isBreach(before.state), after !== null && isBreach(after.state)];
        const change = was && would ? 'kept' : was ? 'lost' : would ? 'gained' : null;
        const { kind, startedAt, startedBy } = clock;
        yield { leadId, kind, rep, startedAt, startedBy, change, baseline: before, alternative: after };
      }
    }
  }

  /** The breaches, by the start of their clocks, and the counts of all clocks by kind, rep and month. */
  result() {
    const { timeZone } = this.comparison;
    const breaches: BreachChange[] = [];
    const counts = { total: new Counter(), byKind: new Counter(), byRep: new Counter(), byMonth: new Counter() };
    for (const clock of this.all()) {
      counts.total.add(null, clock);
      counts.byKind.add(clock.kind, clock);
      counts.byRep.add(clock.rep, clock);
      counts.byMonth.add(monthOf(clock.startedAt, timeZone), clock);
      if (clock.change) breaches.push({ ...clock, change: clock.change });
    }
    const { total, byKind, byRep, byMonth } = counts;
    return {
      breaches: breaches.sort(
        (a, b) => toMs(a.startedAt) - toMs(b.startedAt) || (keyOf(a) + a.leadId < keyOf(b) + b.leadId ? -1 : 1),
      ),
      total: total.rows()[0] ?? { key: null, ...NO_COUNTS },
      ...{ byKind: byKind.rows(), byRep: byRep.rows(), byMonth: byMonth.rows() },
    };
  }
}

const NO_COUNTS = { clocks: 0, baseline: 0, alternative: 0, gained: 0, lost: 0, kept: 0 };
class Counter {
  private readonly counts = new Map<string | null, typeof NO_COUNTS>();
  add(key: string | null, { change }: { readonly change: BreachChange['change'] | null }): void {
    const row = this.counts.get(key) ?? { ...NO_COUNTS };
    this.counts.set(key, row);
    row.clocks++;
    if (change) row[change]++;
    row.baseline = row.lost + row.kept;
    row.alternative = row.gained + row.kept;
  }
  rows(): readonly BreachCounts[] {
    const sorted = [...this.counts].sort(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1));
    return sorted.map(([key, counts]) => ({ key, ...counts }));
  }
}
