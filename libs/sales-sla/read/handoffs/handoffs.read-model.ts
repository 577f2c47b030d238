import {
  computed,
  field,
  fromMs,
  readModel,
  toMs,
  type DocumentOf,
  type Instant,
  type StoredEvent,
  type Where,
} from '@baton/kernel';
import { contactOutcomes } from '@baton/campaigns';
import {
  convertedFrom,
  grades,
  handoffsAfter,
  handoffsAfterLateMove,
  isLateMove,
  onClockEvents,
  type ClockEvent,
  type Grade,
  type Handoff,
  type HandoffMove,
  type LeadEvent,
  type StageName,
} from '@baton/leads';
import { isRequired, recordedClockAfter, type RecordedClock } from '../sla-board/sla-clocks.rules';

/** A handoff with what sales did for it. */
export interface HandoffActivity extends Handoff {
  readonly eventId: string;
  /** Contacts that sales made between the handoff and its disposition, or until now. */
  readonly attempts: number;
  /** The first of these contacts, and the first that reached the person. */
  readonly attemptedAt?: Instant;
  readonly contactedAt?: Instant;
}

const optional = { optional: true, filter: true, sort: true } as const;
const nullable = { nullable: true, filter: true, sort: true } as const;
const column = { column: true, hidden: true } as const;
const fields = {
  leadId: field.id('The lead’s id.', { filter: true, entity: 'Lead' }),
  rep: field.text('The rep who must answer.', optional),
  queue: field.text('The queue (team) that the lead was routed through.', optional),
  grade: field.enum(grades, 'The grade at the handoff; null if the lead was not scored.', optional),
  since: field.instant(
    'When it started to wait: at the handoff, or at the merge that made it wait; null if it never did.',
    optional,
  ),
  dueAt: field.instant('When the next answer is due; null if none is.', nullable),
  limboAt: field.instant('When it gets into limbo: 48 hours after the handoff.', nullable),
  openClocks: field.integer('Number of open obligations of sales to the lead.', { filter: true, sort: true }),
  /** As `dueAt`; those without one come last. */
  rank: field.instant('The order of the queue.', column),
  /** It was handed off and sales has not said what becomes of it. */
  waiting: field.flag('Whether the lead waits for an answer.', column),
  /** Nobody waits for an answer, and its clocks stand still. */
  merged: field.flag('Whether the lead is merged into another.', column),
  /** Of the first and the last handoff. */
  firstAt: field.instant('The first handoff.', { ...column, optional: true }),
  lastAt: field.instant('The last handoff.', { ...column, optional: true }),
} as const;
/** What sales was handed of one lead, and what it owes it now. */
export type HandoffsDocument = DocumentOf<typeof fields> & {
  /** All of them, oldest first. */
  readonly handoffs: readonly HandoffActivity[];
  readonly stage: StageName;
  /** Where it stood since when, oldest first. */
  readonly moves: readonly HandoffMove[];
  /** What sales owes. */
  readonly clocks: readonly RecordedClock[];
};

/** A lead that waits for so long is in limbo. */
export const LIMBO_MS = 48 * 3_600_000;
const NO_DUE: Instant = '9999-12-31T23:59:59.999Z';

const limboOf = ({ waiting, since }: HandoffsDocument): Pick<HandoffsDocument, 'limboAt'> => ({
  limboAt: waiting && since !== undefined ? fromMs(toMs(since) + LIMBO_MS) : null,
});

const withDueAt = (doc: HandoffsDocument): HandoffsDocument => {
  const due = doc.clocks.flatMap(({ answerBy }) => answerBy ?? []).sort();
  return { ...doc, openClocks: doc.clocks.length, dueAt: due[0] ?? null, rank: due[0] ?? NO_DUE, ...limboOf(doc) };
};

/** The lead at another stage, with what that says of its last handoff. */
const withMove = (doc: HandoffsDocument, event: StoredEvent<LeadEvent>, stage: StageName): HandoffsDocument => {
  const { occurredAt: at, data } = event;
  // The survivor answers for a lead that was merged into it: only the handoff is that one’s.
  if (data.leadId !== doc.leadId)
    return { ...doc, handoffs: handoffsAfter(doc.handoffs, event) as readonly HandoffActivity[] };
  const why = 'reason' in data ? { reason: data.reason } : {};
  if (isLate(doc, event)) {
    const place = doc.moves.findLastIndex((move) => move.at <= at) + 1;
    const moves = doc.moves.toSpliced(place, 0, { at, stage, ...why });
    return { ...doc, moves, handoffs: handoffsAfterLateMove(doc.handoffs, event, moves) as readonly HandoffActivity[] };
  }
  const handoffs = handoffsAfter(doc.handoffs, event) as readonly HandoffActivity[];
  const moves = [...doc.moves.filter((move) => move.at <= at), { at, stage, ...why }];
  return withDueAt({ ...doc, handoffs, moves, stage, waiting: stage === 'handed-off' });
};
/** A move of another system that was recorded after a later one: the lead still waits for the same answer. */
const isLate = (doc: HandoffsDocument, event: StoredEvent<LeadEvent>): boolean =>
  isLateMove(event, { stage: doc.stage, since: doc.moves.findLast((move) => move.stage !== 'lead')?.at });

type MergedStage = { readonly stage: StageName; readonly rep?: string; readonly from?: Instant } | undefined;
/** What is known of the person comes together or apart: the lead may wait, or wait no more. */
const withMergedStage = (doc: HandoffsDocument, at: Instant, becomes: MergedStage): HandoffsDocument => {
  if (!becomes) return doc;
  const { rep: _, since: __, queue: ___, grade: ____, ...rest } = doc;
  const { stage, rep, from = at } = becomes;
  const moves = [...doc.moves.filter((move) => move.at <= at), { at, stage }];
  const waits = { stage, moves, waiting: stage === 'handed-off', since: from };
  return withDueAt({ ...rest, ...waits, ...(rep !== undefined && { rep }) });
};

const foldClock = (doc: HandoffsDocument, said: StoredEvent<ClockEvent>): HandoffsDocument => {
  const { kind, startedBy } = said.data;
  const place = doc.clocks.findIndex((clock) => clock.kind === kind && clock.startedBy === startedBy);
  const after = recordedClockAfter(doc.clocks[place], said);
  if (!after) return doc;
  const others = place < 0 ? doc.clocks : doc.clocks.toSpliced(place, 1);
  return withDueAt({ ...doc, clocks: isRequired(after) ? [...others, after] : others });
};

/** When sales gave it back, if it did. */
const returnedAt = ({ disposition, disposedAt, givenBackAt }: Handoff): Instant | undefined =>
  disposition === 'waiting' || disposition === 'accepted' ? givenBackAt : disposedAt;
const isContact = (outcome: string | undefined): boolean => contactOutcomes.some((known) => known === outcome);
const earliest = (a: Instant | undefined, b: Instant): Instant => (a !== undefined && a < b ? a : b);
/** A contact counts for the handoff in whose time it happened, even if it is recorded late. */
const withAttempt = (
  handoffs: readonly HandoffActivity[],
  { data: { outcome }, occurredAt: at }: StoredEvent<Extract<LeadEvent, { type: 'TouchRecorded' }>>,
): readonly HandoffActivity[] => {
  const place = handoffs.findLastIndex((handoff) => handoff.at <= at);
  const handoff = handoffs[place];
  if (!handoff || (returnedAt(handoff) ?? at) < at) return handoffs;
  return handoffs.with(place, {
    ...{ ...handoff, attempts: handoff.attempts + 1, attemptedAt: earliest(handoff.attemptedAt, at) },
    ...(isContact(outcome) && { contactedAt: earliest(handoff.contactedAt, at) }),
  });
};

const gradeOf = (pack: unknown): Grade | undefined => {
  const { grade } = ((pack as { score?: unknown } | undefined)?.score ?? {}) as { grade?: unknown };
  return grades.values.find((known) => known === grade);
};

/** Those that nothing is agreed for come last. */
const byAnswer = ({ answerBy: a }: RecordedClock, { answerBy: b }: RecordedClock): number =>
  (a ?? NO_DUE) < (b ?? NO_DUE) ? -1 : 1;
/** What sales owes a lead, the next due first. */
export const openClocks = ({ clocks }: HandoffsDocument): readonly RecordedClock[] => [...clocks].sort(byAnswer);

/** Leads that were handed off and wait for an answer; a lead that was merged away waits no more. */
export const whereWaiting: Where = { waiting: { eq: true }, merged: { eq: false } };

/** One document per lead: every handoff with its latest disposition, and what the lead waits for now. */
export const handoffs = readModel<HandoffsDocument, LeadEvent>({
  name: 'handoffs',
  version: 9,
  node: 'WaitingLead',
  description: 'A lead that was handed off and waits for an answer from sales.',
  key: 'leadId',
  fields,
  computed: {
    handoffs: computed<HandoffsDocument>(
      field.integer('Number of handoffs of the lead.'),
      (doc) => doc.handoffs.length,
    ),
    attempts: computed<HandoffsDocument>(
      field.integer('Outbound touches by sales since the latest handoff.'),
      (doc) => doc.handoffs.at(-1)?.attempts ?? 0,
    ),
    limbo: computed<HandoffsDocument>(
      field.flag('True if the lead is in limbo.'),
      ({ limboAt }, at) => limboAt !== null && limboAt <= at,
    ),
    clockIds: computed<HandoffsDocument>(
      field.id('The open obligations of sales to the lead, next due first.', {
        ...{ list: true, entity: 'SlaClock', entityName: 'clocks' },
      }),
      (doc) => openClocks(doc).map(({ clockId }) => clockId),
    ),
  },
  lists: {
    handoffQueue: {
      description: 'Leads that were handed off and wait for an answer, next due first.',
      orderBy: 'rank',
      where: whereWaiting,
    },
    limbo: {
      description: 'Leads in limbo: handed off at least 48 hours ago and not answered, longest first.',
      orderBy: 'limboAt',
      where: (at) => ({ ...whereWaiting, limboAt: { lte: at } }),
    },
  },
  allow: ['marketing', 'sales', 'revops', 'analyst', 'auditor'],
  questions: [
    { where: ['waiting', 'merged'], orderBy: 'rank' },
    { where: ['waiting', 'merged', 'rep'], orderBy: 'rank' },
    { where: ['waiting', 'merged'], orderBy: 'limboAt' },
  ],
  keys: ({ data }) =>
    'handoffOf' in data && data.handoffOf !== undefined ? [data.leadId, data.handoffOf] : [data.leadId],
  initial: {
    handoffs: [],
    stage: 'lead',
    moves: [],
    waiting: false,
    merged: false,
    clocks: [],
    openClocks: 0,
    rank: NO_DUE,
  },
  on: {
    LeadHandedOff: (doc, event) => {
      const { rep, queue, package: pack } = event.data;
      const { queue: _, grade: __, ...rest } = doc;
      const late = isLate(doc, event);
      const after = withMove(late ? doc : rest, event, 'handed-off');
      const place = after.handoffs.findIndex((handoff) => handoff.eventId === undefined);
      const worked = { ...after.handoffs[place]!, eventId: event.id, attempts: 0 };
      const at = event.occurredAt;
      const dates = {
        firstAt: doc.firstAt !== undefined && doc.firstAt < at ? doc.firstAt : at,
        lastAt: doc.lastAt !== undefined && doc.lastAt > at ? doc.lastAt : at,
      };
      const counted = { ...after, handoffs: after.handoffs.with(place, worked), ...dates };
      if (late) return counted;
      const grade = gradeOf(pack);
      return withDueAt({
        ...{ ...counted, rep, since: at },
        ...(queue !== undefined && { queue }),
        ...(grade !== undefined && { grade }),
      });
    },
    LeadQualified: (doc, event) => withMove(doc, event, 'mql'),
    LeadAccepted: (doc, event) => {
      const own = event.data.leadId === doc.leadId && !isLate(doc, event);
      return withMove(own ? { ...doc, rep: event.data.rep } : doc, event, 'sal');
    },
    LeadRejected: (doc, event) => withMove(doc, event, 'rejected'),
    LeadRecycled: (doc, event) => withMove(doc, event, 'recycled'),
    LeadSalesQualified: (doc, event) => withMove(doc, event, 'sql'),
    LeadConverted: (doc, event) => withMove(doc, event, convertedFrom(doc.stage)),
    LeadBecameCustomer: (doc, event) => withMove(doc, event, 'customer'),
    LeadReturnedToOpportunity: (doc, event) => withMove(doc, event, 'opportunity'),
    LeadReengaged: (doc, event) => withMove(doc, event, 'lead'),
    LeadDisqualified: (doc, event) => withMove(doc, event, 'disqualified'),
    TouchRecorded: (doc, event) =>
      event.data.team === 'sales' && event.data.direction === 'outbound' && doc.handoffs.length > 0
        ? { ...doc, handoffs: withAttempt(doc.handoffs, event) }
        : doc,
    MergedFactsAdded: (doc, { data, occurredAt }) => withMergedStage(doc, occurredAt, data.becomes),
    MergedFactsRemoved: (doc, { data, occurredAt }) => withMergedStage(doc, occurredAt, data.becomes),
    LeadUnmerged: (doc, { data, occurredAt }) => withMergedStage(doc, occurredAt, data.becomes),
    LeadMergedInto: (doc) => ({ ...doc, merged: true }),
    LeadUnmergedFrom: (doc) => ({ ...doc, merged: false }),
    ...onClockEvents(foldClock),
  },
});
