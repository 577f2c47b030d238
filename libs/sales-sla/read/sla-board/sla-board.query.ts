import {
  conditionsOf,
  NotFound,
  toMs,
  type Condition,
  type Instant,
  type Order,
  type ValueFilter,
  type Where,
} from '@baton/kernel';
import { calendarNamed, definitionOf, getDefinition } from '@baton/definitions';
import type { ReadModels } from '@baton/platform/documents';
import { compileCalendar } from '@baton/sla-clocks';
import { deadline, type Deadline } from '@baton/sla-clocks';
import { handoffs } from '../handoffs/handoffs.projection';
import { clockIdOf, slaClocks } from './sla-clocks.projection';
import { knownStateOf, slaStates, stateOf, type SlaClockState, type RecordedClock } from './sla-clocks.rules';

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
  /** Only those answered on time, but recorded after their breach. */
  readonly recordedLate?: boolean;
}
export interface BoardQuestion extends ClockFilters {
  readonly state?: SlaClockState;
  /** Now: what time alone does to a clock is computed at query time. */
  readonly at: Instant;
}
/** A clock at an instant. */
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
  if (recordedLate) Object.assign(where, { outcome: { eq: 'met' }, breached: { eq: true } });
  if (from || to) where['answerBy'] = { ...(from && { gte: from }), ...(to && { lt: to }) };
  return where;
};

/** Open clocks of merged leads: they wait for the merge to be undone. */
export const mergedWithOpenClocks = async (models: ReadModels): Promise<ReadonlySet<string>> => {
  const found = new Set<string>();
  for await (const page of models.pages(handoffs, { merged: { eq: true }, openClocks: { gt: 0 } }))
    for (const { doc } of page) found.add(doc.leadId);
  return found;
};

const passedOf = (start: number, end: number, now: number): number =>
  end <= start ? 1 : Math.min(1, Math.max(0, (now - start) / (end - start)));
export const boardClockOf = (clock: RecordedClock, at: Instant, merged: ReadonlySet<string>): BoardClock => {
  const { startedAt, answerBy, leadId } = clock;
  const passed = answerBy === null ? null : passedOf(toMs(startedAt), toMs(answerBy), toMs(at));
  const isMerged = merged.has(leadId);
  return { ...clock, state: stateOf(clock, at, isMerged), knownState: knownStateOf(clock, at, isMerged), passed };
};

/** The conditions of a state at an instant; they use other comparisons on `answerBy` than the filters do. */
const whereState = (state: SlaClockState, at: Instant): Where => {
  const open = { eq: 'open' };
  switch (state) {
    case 'running':
      return { outcome: open, atRiskAt: { gt: at } };
    case 'at risk':
      return { outcome: open, atRiskAt: { lte: at }, answerBy: { gt: at } };
    case 'breached':
      return { outcome: open, answerBy: { lte: at } };
    case 'paused':
      return { outcome: open, answerBy: { eq: null } };
    case 'waiting':
      return { outcome: open, breached: { eq: null } };
    default:
      return { outcome: { eq: state } };
  }
};
const whereOf = ({ at, state, ...filters }: BoardQuestion): Where => {
  const where = whereClocks(filters);
  if (!state) return where;
  const { answerBy, ...outcome } = whereState(state, at);
  return { ...where, ...outcome, ...(answerBy && { answerBy: { ...where['answerBy'], ...answerBy } }) };
};

const BY_TIME: readonly SlaClockState[] = ['running', 'at risk', 'breached', 'paused', 'waiting'];
/** The open clocks whose lead is merged into another; undefined for none. */
const waitingOf = (where: Where, merged: ReadonlySet<string>): Where | undefined => {
  const only = (where['leadId'] as Condition | undefined)?.eq;
  const ids = [...merged].filter((leadId) => only === undefined || leadId === only);
  return ids.length === 0 ? undefined : { ...where, leadId: { in: ids }, breached: { eq: null } };
};

/** Number of clocks by state, at an instant. */
export const slaCounts = async (
  models: ReadModels,
  { at, ...filters }: Omit<BoardQuestion, 'state'>,
): Promise<Readonly<Record<SlaClockState, number>>> => {
  const merged = await mergedWithOpenClocks(models);
  const counts = {} as Record<SlaClockState, number>;
  for (const state of slaStates) counts[state] = await countOf(models, { ...filters, at, state }, merged);
  return counts;
};
const countOf = async (models: ReadModels, question: BoardQuestion, merged: ReadonlySet<string>): Promise<number> => {
  const where = whereOf(question);
  const waiting = question.state && BY_TIME.includes(question.state) ? waitingOf(where, merged) : undefined;
  const waits = waiting ? await models.count(slaClocks, waiting) : 0;
  return question.state === 'waiting' ? waits : (await models.count(slaClocks, where)) - waits;
};

export interface BoardPage {
  readonly clocks: readonly { readonly clock: BoardClock; readonly after: PageKey }[];
  readonly totalCount: number;
  readonly hasNextPage: boolean;
}
export interface PageKey {
  readonly id: string;
  readonly values: readonly (string | number | boolean | null)[];
}

/** Open clocks by due instant, all others newest first. */
const orderOf = (state: SlaClockState | undefined): readonly Order[] =>
  state && BY_TIME.includes(state) ? [{ column: 'answerBy' }] : [{ column: 'startedAt', descending: true }];

/** One page of the board. A clock that waits for a merge to be undone is in no other state. */
export const slaBoard = async (
  models: ReadModels,
  question: BoardQuestion,
  { first, after }: { readonly first: number; readonly after?: PageKey },
): Promise<BoardPage> => {
  const { at, state } = question;
  const merged = await mergedWithOpenClocks(models);
  const totalCount = await countOf(models, question, merged);
  const orderBy = orderOf(state);
  const where = state === 'waiting' ? waitingOf(whereOf(question), merged) : whereOf(question);
  const clocks: { clock: BoardClock; after: PageKey }[] = [];
  const limit = first + 1;
  for (let from = after; where && clocks.length <= first;) {
    const found = await models.find(slaClocks, { where, orderBy, limit, ...(from && { after: from }) });
    for (const { id, doc } of found) {
      const clock = boardClockOf(doc, at, merged);
      from = { id, values: orderBy.map(({ column }) => (doc as never)[column] ?? null) };
      if (!state || clock.state === state) clocks.push({ clock, after: from });
    }
    if (found.length < limit) break;
  }
  return { clocks: clocks.slice(0, first), totalCount, hasNextPage: clocks.length > first };
};

/** The open obligations of sales to a lead, next due first. */
export const clocksOf = async (models: ReadModels, leadId: string, at: Instant): Promise<readonly BoardClock[]> => {
  const lead = await models.get(handoffs, leadId);
  const merged = new Set(lead?.merged ? [leadId] : []);
  return (lead?.clocks ?? [])
    .map((clock) => boardClockOf(clock, at, merged))
    .sort((a, b) => ((a.answerBy ?? '') < (b.answerBy ?? '') ? -1 : 1));
};

/** One clock with the calculation of its deadline. */
export interface ClockDetails extends BoardClock {
  readonly working: Deadline['working'];
}

/**
 * A clock and the calculation of its deadline: the counted, closed, holiday and paused intervals from its start. The
 * counted ones sum to the budget. Computed from the events and the version of the calendar that they name.
 * @returns undefined if the lead has no such clock
 * @throws NotFound `definition/unknown-version` if the calendar is not known at that cut
 */
export const slaClock = async (
  models: ReadModels,
  { leadId, at, ...named }: { leadId: string; startedBy: string; kind: string; at: Instant },
): Promise<ClockDetails | undefined> => {
  const clock = await models.get(slaClocks, clockIdOf(named));
  if (!clock || clock.leadId !== leadId) return undefined;
  const { calendar, calendarCode, startedAt, budgetMs, pauses } = clock;
  const hours = calendar === undefined ? 'wall-clock' : await calendarOf(models, calendar, calendarCode);
  const merged = new Set((await models.get(handoffs, leadId))?.merged ? [leadId] : []);
  return { ...boardClockOf(clock, at, merged), working: deadline(startedAt, budgetMs, hours, pauses).working };
};

const calendarOf = async (models: ReadModels, ref: string, code: string | undefined) => {
  const kind = 'business-calendar';
  const number = Number(ref.slice(kind.length + 1));
  const version = await getDefinition(models, { kind, number });
  const time = version && calendarNamed(definitionOf(kind, number, version.body).body, code);
  if (!time)
    throw new NotFound(
      'definition/unknown-version',
      `The calendar ${ref}${code === undefined ? '' : ` with code ${code}`} is not known at this time.`,
    );
  return compileCalendar(time);
};
