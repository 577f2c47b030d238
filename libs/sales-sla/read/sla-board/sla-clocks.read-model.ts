import {
  computed,
  field,
  readModel,
  roles,
  toMs,
  type DocumentOf,
  type DocumentReader,
  type Instant,
  type StoredEvent,
  type Where,
} from '@baton/kernel';
import { onClockEvents, type ClockEvent, type LeadEvent } from '@baton/leads';
import { slaHours } from '@baton/sla-clocks';
import { handoffs } from '../handoffs/handoffs.read-model';
import {
  clockIdOf,
  clockOutcomes,
  clockStates,
  isRecordedLate,
  recordedClockAfter,
  type RecordedClock,
  type SlaClockState,
} from './sla-clocks.rules';

/** Leads merged into another that still owe an answer: their clocks wait for the merge to be undone. */
export const mergedWithOpenClocks = async (models: DocumentReader): Promise<ReadonlySet<string>> => {
  const found = new Set<string>();
  for await (const page of models.pages(handoffs, { merged: { eq: true }, openClocks: { gt: 0 } }))
    for (const { doc } of page) found.add(doc.leadId);
  return found;
};

const BY_TIME: readonly SlaClockState[] = ['running', 'at risk', 'breached', 'paused', 'waiting'];
const whereOpen = (state: SlaClockState, at: Instant): Where => {
  switch (state) {
    case 'running':
      return { atRiskAt: { gt: at } };
    case 'at risk':
      return { atRiskAt: { lte: at }, answerBy: { gt: at } };
    case 'breached':
      return { answerBy: { lte: at } };
    case 'paused':
      return { answerBy: { eq: null } };
    default:
      return {};
  }
};
/** The clocks in a state at an instant. A clock that waits for a merge to be undone is in no other state. */
export const whereState = (state: SlaClockState, at: Instant, merged: ReadonlySet<string>): Where =>
  BY_TIME.includes(state)
    ? {
        ...{ outcome: { eq: 'open' }, ...whereOpen(state, at) },
        waitsWith: state === 'waiting' ? { in: [...merged] } : { notIn: [...merged] },
      }
    : { outcome: { eq: state } };

const passedOf = (start: number, end: number, now: number): number =>
  end <= start ? 1 : Math.min(1, Math.max(0, (now - start) / (end - start)));
/** The way from start to due that has passed, 0…1; null while the clock stands still. */
export const passedAt = ({ startedAt, answerBy }: RecordedClock, at: Instant): number | null =>
  answerBy === null ? null : passedOf(toMs(startedAt), toMs(answerBy), toMs(at));

const optional = { optional: true, filter: true, sort: true } as const;
const nullable = { nullable: true, filter: true, sort: true } as const;
const fields = {
  clockId: field.id('The id of the obligation.'),
  leadId: field.id('The lead’s id.', { filter: true, entity: 'Lead' }),
  kind: field.text('The kind of obligation: first-response, disposition, attempts …', { filter: true, sort: true }),
  startedBy: field.id('The event that started it.'),
  startedAt: field.instant('When it started.', { filter: true, sort: true }),
  rep: field.text('The rep who has the obligation.', optional),
  queue: field.text('The queue (team) that the lead was routed through.', optional),
  outcome: field.enum(clockOutcomes, 'How it ended, or that it is open.', { filter: true }),
  breachRecorded: field.flag('Whether a breach of it is recorded, even if an answer in time was recorded later.', {
    filter: true,
  }),
  dueAt: field.instant('The last instant at which an answer is on time; null while the clock is paused.', {
    nullable: true,
  }),
  answerBy: field.instant('The due time, or the time at which the lead was given up before.', nullable),
  atRiskAt: field.instant('When it becomes at risk.', nullable),
  budgetMs: field.largeInteger('The time allowed, in milliseconds of the clock it runs on.'),
  clock: field.enum(slaHours, 'The hours that count.', { filter: true }),
  definition: field.text('The policy in force when it started, `sla-policy@2`.', { filter: true, sort: true }),
  calendar: field.text('The calendar whose hours count, `business-calendar@1`.', { optional: true, filter: true }),
  calendarCode: field.text('Code of the calendar within that version; null for its default hours.', {
    ...{ optional: true, filter: true },
  }),
  metAt: field.instant('When it was fulfilled.', optional),
  answers: field.integer('Number of answers so far.'),
  kinds: field.integer('Number of different kinds of answers required.', { optional: true }),
  escalated: field.integer('The escalation steps taken so far, counted from 0.', { list: true }),
  waitsWith: field.text('The lead whose merge makes it wait.', { nullable: true, column: true, hidden: true }),
} as const;
/** One obligation of sales to one lead, with how it ended. */
export type SlaClock = RecordedClock & DocumentOf<typeof fields>;

const foldClock = (doc: SlaClock, said: StoredEvent<ClockEvent>): SlaClock =>
  recordedClockAfter(doc.startedAt === '' ? undefined : doc, said) ?? doc;

/** One document per clock: what sales owed a lead, by when, and what became of it. */
export const slaClocks = readModel<SlaClock, LeadEvent>({
  name: 'sla-clocks',
  version: 4,
  node: 'SlaClock',
  description: 'One obligation of sales to one lead.',
  key: 'clockId',
  fields,
  computed: {
    passed: computed<SlaClock>(
      field.number('Share of the time from start to due that has passed, 0…1; null while the clock is paused.', {
        nullable: true,
      }),
      passedAt,
    ),
    recordedLate: computed<SlaClock>(
      field.flag(
        'True if the answer was on time but recorded after the breach, so that `state` and `knownState` differ.',
      ),
      isRecordedLate,
    ),
    responseMs: computed<SlaClock>(
      field.largeInteger('Time from the start until it was fulfilled, in milliseconds of the wall clock.', {
        nullable: true,
      }),
      ({ startedAt, metAt }) => (metAt !== undefined && metAt >= startedAt ? toMs(metAt) - toMs(startedAt) : null),
    ),
    times: computed<SlaClock>(field.integer('Number of answers required.'), ({ times }) => times ?? 1),
  },
  one: { name: 'slaClock', description: 'One obligation of sales; null if there is none with this id.' },
  lists: {
    slaBoard: {
      description:
        'The obligations of sales to leads. Of an open state they are ordered by due time, otherwise newest first. The state of open clocks is computed at query time.',
      arguments: { state: field.enum(clockStates, 'Only clocks in this state.', { optional: true }) },
      where: async (at, { state }, models) =>
        state ? whereState(state as SlaClockState, at, await mergedWithOpenClocks(models)) : {},
      orderBy: ({ state }) => (BY_TIME.includes(state as SlaClockState) ? 'answerBy' : '-startedAt'),
    },
  },
  allow: roles,
  questions: [
    { where: ['outcome'], orderBy: 'answerBy' },
    { where: ['outcome', 'rep'], orderBy: 'answerBy' },
    { where: ['rep'], orderBy: '-startedAt' },
    { where: ['leadId'], orderBy: '-startedAt' },
  ],
  keys: ({ data }) => ('startedBy' in data ? [clockIdOf(data)] : []),
  initial: (clockId) => ({
    // Its first event says all of this.
    ...{ clockId, leadId: '', kind: '', startedAt: '', startedBy: '', budgetMs: 0, definition: '' },
    ...{ clock: 'wall-clock', dueAt: null, pauses: [], answers: 0, counted: [], transitions: [], escalated: [] },
    ...{ outcome: 'cancelled', answerBy: null, atRiskAt: null, breachRecorded: false, waitsWith: null },
  }),
  on: onClockEvents(foldClock),
});
