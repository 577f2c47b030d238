import { DAY_MS, enumeration, fromMs, toMs, type EnumerationValue, type Instant } from '@baton/kernel';
import { wallClock, type Calendar, type OpenInterval } from './calendar.rules';

/** A pause of a clock; without `to` it is still paused. */
export interface Pause {
  readonly from: Instant;
  readonly to?: Instant;
  /** Id of the event that paused it. */
  readonly by: string;
}

export const slaIntervalKinds = enumeration('SlaIntervalKind', 'How an interval was counted.', {
  counted: 'It counts.',
  closed: 'Outside the open hours.',
  holiday: 'A holiday.',
  'half-day': 'Closed, though open on other days of the same weekday.',
  paused: 'The clock was paused.',
});
/** An interval between start and due, and how it was counted. */
export interface Interval {
  readonly from: Instant;
  /** Exclusive. */
  readonly to: Instant;
  readonly kind: EnumerationValue<typeof slaIntervalKinds>;
  /** The event that paused the clock. */
  readonly by?: string;
}

export interface Deadline {
  /** The last instant at which an answer is on time; null while the clock is paused before it ran out. */
  readonly dueAt: Instant | null;
  /** From the start to the due instant (or to the pause) without gaps; the counted ones sum to the budget exactly. */
  readonly working: readonly Interval[];
  /** What it ran on; `always-closed` means the wall clock, because the calendar has no open hours. */
  readonly clock: Calendar['clock'];
}

interface PauseInterval {
  readonly from: number;
  readonly to: number;
  readonly by: string;
}
/** Pauses in order and without overlap; an overlap belongs to the pause that began first. */
const pauseIntervalsOf = (pauses: readonly Pause[]): PauseInterval[] => {
  const merged: PauseInterval[] = [];
  const sorted = pauses
    .map(({ from, to, by }) => ({ from: toMs(from), to: to === undefined ? Infinity : toMs(to), by }))
    .sort((a, b) => a.from - b.from);
  for (const { from, to, by } of sorted) {
    const free = Math.max(from, merged.at(-1)?.to ?? -Infinity);
    if (free < to) merged.push({ from: free, to, by });
  }
  return merged;
};

/** The intervals of a calendar from an instant on; infinite. */
function* intervalsFrom(calendar: Calendar, ms: number): Generator<OpenInterval> {
  for (let day = Math.floor(ms / DAY_MS); ; day++)
    for (const interval of calendar.intervalsOf(day))
      if (interval.to > ms) yield interval.from < ms ? { ...interval, from: ms } : interval;
}

/**
 * The deadline of a time budget.
 * @param budgetMs above zero
 * @param calendar a compiled business calendar, or the wall clock
 * @param pauses   in any order; pauses before the start or after the due instant have no effect
 */
export const deadline = (
  start: Instant,
  budgetMs: number,
  calendar: Calendar | 'wall-clock' = 'wall-clock',
  pauses: readonly Pause[] = [],
): Deadline => {
  if (!(budgetMs > 0)) throw new RangeError('a deadline needs a budget above zero');
  const hours = calendar === 'wall-clock' ? wallClock : calendar;
  const pauseIntervals = pauseIntervalsOf(pauses);
  const working: { from: number; to: number; kind: Interval['kind']; by?: string }[] = [];
  const addInterval = (from: number, to: number, kind: Interval['kind'], by?: string) => {
    const last = working.at(-1);
    if (last && last.kind === kind && last.by === by) last.to = to;
    else working.push({ from, to, kind, ...(by !== undefined && { by }) });
  };
  const result = (dueAt: number | null): Deadline => ({
    dueAt: dueAt === null ? null : fromMs(dueAt),
    working: working.map(({ from, to, ...rest }) => ({ from: fromMs(from), to: fromMs(to), ...rest })),
    clock: hours.clock,
  });

  let left = budgetMs;
  let next = 0;
  for (const { from, to, kind } of intervalsFrom(hours, toMs(start)))
    for (let at = from; at < to;) {
      while (next < pauseIntervals.length && pauseIntervals[next]!.to <= at) next++;
      const pause = pauseIntervals[next];
      if (pause && pause.from <= at) {
        if (pause.to === Infinity) return result(null);
        addInterval(at, Math.min(to, pause.to), 'paused', pause.by);
        at = Math.min(to, pause.to);
        continue;
      }
      const until = Math.min(to, pause?.from ?? Infinity);
      if (kind === 'open' && until - at >= left) {
        addInterval(at, at + left, 'counted');
        return result(at + left);
      }
      addInterval(at, until, kind === 'open' ? 'counted' : kind);
      if (kind === 'open') left -= until - at;
      at = until;
    }
  throw new Error('time ended');
};

/**
 * Counted time between two instants, in milliseconds; 0 if the end is not after the start.
 * @param calendar a compiled business calendar, or the wall clock
 * @param pauses in any order
 */
export const countedMs = (
  start: Instant,
  end: Instant,
  calendar: Calendar | 'wall-clock' = 'wall-clock',
  pauses: readonly Pause[] = [],
): number => {
  const until = toMs(end);
  const pauseIntervals = pauseIntervalsOf(pauses);
  let counted = 0;
  for (const { from, to, kind } of intervalsFrom(calendar === 'wall-clock' ? wallClock : calendar, toMs(start))) {
    if (from >= until) return counted;
    if (kind !== 'open') continue;
    const last = Math.min(to, until);
    const paused = pauseIntervals.reduce(
      (sum, pause) => sum + Math.max(0, Math.min(pause.to, last) - Math.max(pause.from, from)),
      0,
    );
    counted += last - from - paused;
  }
  throw new Error('time ended');
};

/**
 * The budget of "the same business day": the open time from the start to the last closing time of that day; for a start
 * after it, or on a closed day, that of the next open day. On the wall clock a day ends at midnight in the calendar's
 * zone.
 */
export const restOfBusinessDay = (start: Instant, calendar: Calendar | 'wall-clock' = 'wall-clock'): number => {
  let day: number | undefined;
  let budget = 0;
  for (const interval of intervalsFrom(calendar === 'wall-clock' ? wallClock : calendar, toMs(start))) {
    if (day !== undefined && interval.day !== day) return budget;
    if (interval.kind !== 'open') continue;
    day = interval.day;
    budget += interval.to - interval.from;
  }
  throw new Error('time ended');
};
