import { bothWhere, conditionsOf, NotFound, type Instant, type ValueFilter, type Where } from '@baton/kernel';
import { calendarNamed, definitionOf, definitions } from '@baton/definitions';
import type { ReadModels } from '@baton/platform/documents';
import { compileCalendar, deadline, type Deadline } from '@baton/sla-clocks';
import { handoffs, openClocks } from '../handoffs/handoffs.read-model';
import { mergedWithOpenClocks, passedAt, slaClocks, whereState } from './sla-clocks.read-model';
import { knownStateOf, slaStates, stateOf, type RecordedClock, type SlaClockState } from './sla-clocks.rules';

/** Which clocks. */
export interface ClockFilters {
  readonly leadId?: string;
  readonly kind?: string;
  readonly rep?: string | ValueFilter;
  readonly queue?: string | ValueFilter;
  /** The policy under which it started, `sla-policy@2`. */
  readonly definition?: string;
  /** The last instant of an answer on time is in this range. */
  readonly from?: Instant;
  /** Exclusive. */
  readonly to?: Instant;
  /** Only those answered on time, but recorded after their breach; false: only the others. */
  readonly recordedLate?: boolean;
}
/** A clock as it stands at an instant. */
export interface BoardClock extends RecordedClock {
  readonly state: SlaClockState;
  /** Judged by when events were recorded; differs if an answer was recorded after the breach. */
  readonly knownState: SlaClockState;
  /** The elapsed part of the time between start and due, 0…1; null while the clock is paused. */
  readonly passed: number | null;
}

export const whereClocks = ({ from, to, recordedLate, ...equal }: ClockFilters): Where => {
  const { leadId, kind, rep, queue, definition } = equal;
  const where: Record<string, Where[string]> = { ...conditionsOf({ leadId, kind, rep, queue, definition }) };
  if (recordedLate) Object.assign(where, { outcome: { eq: 'met' }, breachRecorded: { eq: true } });
  if (from || to) where['answerBy'] = { ...(from && { gte: from }), ...(to && { lt: to }) };
  return where;
};

export const boardClockOf = (clock: RecordedClock, at: Instant, merged: ReadonlySet<string>): BoardClock => {
  const isMerged = merged.has(clock.leadId);
  const states = { state: stateOf(clock, at, isMerged), knownState: knownStateOf(clock, at, isMerged) };
  return { ...clock, ...states, passed: passedAt(clock, at) };
};

/** Number of clocks by state, at an instant. */
export const slaCounts = async (
  models: ReadModels,
  { at, ...filters }: ClockFilters & { readonly at: Instant },
): Promise<Readonly<Record<SlaClockState, number>>> => {
  const merged = await mergedWithOpenClocks(models);
  const where = whereClocks(filters);
  const counts = slaStates.map(async (state) => {
    // Of other states no clock was answered on time.
    const others: Where = filters.recordedLate === false && state === 'met' ? { breachRecorded: { eq: false } } : {};
    const all = [whereState(state, at, merged), others].reduce(bothWhere, where);
    return [state, await models.count(slaClocks, all)] as const;
  });
  return Object.fromEntries(await Promise.all(counts)) as Record<SlaClockState, number>;
};

/** The open obligations of sales to some leads, by lead, next due first. */
export const openClocksOf = async (
  models: ReadModels,
  leadIds: readonly string[],
): Promise<ReadonlyMap<string, readonly RecordedClock[]>> => {
  const found = await models.getMany(handoffs, leadIds);
  return new Map([...found].map(([leadId, lead]) => [leadId, openClocks(lead)]));
};

/**
 * How the deadlines of clocks come about: the intervals counted, closed, holiday and paused from the start on. The counted
 * ones sum to the budget. Computed anew from what the events say and from the version of the calendar that they name.
 * @returns by clock; NotFound `definition/unknown-version` where the calendar is not known at that cut
 */
export const workingOf = async (
  models: ReadModels,
  clocks: readonly RecordedClock[],
): Promise<ReadonlyMap<RecordedClock, Deadline['working'] | NotFound>> => {
  const refs = new Set(clocks.flatMap(({ calendar }) => calendar ?? []));
  const calendars = await models.getMany(definitions, [...refs]);
  return new Map<RecordedClock, Deadline['working'] | NotFound>(
    clocks.map((clock) => {
      const { calendar, calendarCode, startedAt, budgetMs, pauses } = clock;
      if (calendar === undefined) return [clock, deadline(startedAt, budgetMs, 'wall-clock', pauses).working];
      const version = calendars.get(calendar);
      const time =
        version && calendarNamed(definitionOf('business-calendar', version.number, version.body).body, calendarCode);
      if (!time) return [clock, unknownCalendar(calendar, calendarCode)];
      return [clock, deadline(startedAt, budgetMs, compileCalendar(time), pauses).working];
    }),
  );
};
const unknownCalendar = (ref: string, code: string | undefined): NotFound =>
  new NotFound(
    'definition/unknown-version',
    `The calendar ${ref}${code === undefined ? '' : ` with code ${code}`} is not known at this time.`,
  );
