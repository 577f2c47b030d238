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
  /** The last instant of an answer in time lies here. */
  readonly from?: Instant;
  /** Exclusive. */
  readonly to?: Instant;
  /** Only those answered in time as was told after their breach. */
  readonly recordedLate?: boolean;
}
export interface BoardQuestion extends ClockFilters {
  readonly state?: SlaClockState;
  /** Now: what time alone makes of a clock is computed when asked. */
  readonly at: Instant;
}
/** A clock as it stands at an instant. */
export interface BoardClock extends RecordedClock {
  readonly state: SlaClockState;
  /** As it was known in time; differs where an answer was told after its breach. */
  readonly knownState: SlaClockState;
  /** The way from start to due that has passed, 0…1; null while the clock stands still. */
  readonly passed: number | null;
}

export const whereClocks = ({ from, to, recordedLate, ...equal }: ClockFilters): Where => {
  const { leadId, kind, rep, queue, definition } = equal;
  const where: Record<string, Where[string]> = { ...conditionsOf({ leadId, kind, rep, queue, definition }) };
  if (recordedLate) Object.assign(where, { outcome: { eq: 'met' }, breached: { eq: true } });
  if (from || to) where['answerBy'] = { ...(from && { gte: from }), ...(to && { lt: to }) };
  return where;
};

/** Leads merged into another that still owe an answer: their clocks wait for the merge to be undone. */
export const mergedWithOpenClocks = async (models: ReadModels): Promise<ReadonlySet<string>> => {
  const found = new Set<string>();
  for await (const page of models.pages(handoffs, { merged: { eq: true }, owed: { gt: 0 } }))
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

/** The conditions of a state at an instant; they bound `answerBy` by other comparisons than the filters do. */
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
/** Those of them that wait because their lead is merged into another; undefined for none. */
const waitingOf = (where: Where, merged: ReadonlySet<string>): Where | undefined => {
  const asked = (where['leadId'] as Condition | undefined)?.eq;
  const ids = [...merged].filter((leadId) => asked === undefined || leadId === asked);
  return ids.length === 0 ? undefined : { ...where, leadId: { in: ids }, breached: { eq: null } };
};

/** How many clocks stand how, at an instant. */
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

/** What is open comes by due instant, everything else newest first. */
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

/** What sales owes a lead now, the next due first. */
export const clocksOf = async (models: ReadModels, leadId: string, at: Instant): Promise<readonly BoardClock[]> => {
  const lead = await models.get(handoffs, leadId);
  const merged = new Set(lead?.merged ? [leadId] : []);
  return (lead?.clocks ?? [])
    .map((clock) => boardClockOf(clock, at, merged))
    .sort((a, b) => ((a.answerBy ?? '') < (b.answerBy ?? '') ? -1 : 1));
};

/** One clock with the working of its deadline. */
export interface ClockDetails extends BoardClock {
  readonly working: Deadline['working'];
}

/**
 * A clock and how its deadline comes about: the intervals counted, closed, holiday and paused from its start on. The
 * counted ones sum to the budget. Computed anew from what the events say and from the version of the calendar that they
 * name.
 * @returns undefined where the lead has no such clock
 * @throws NotFound `definition/unknown-version` where the calendar is not known at that cut
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
