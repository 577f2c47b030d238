import { enumeration, type AnyEvent, type DatedEvent, type EnumerationValue, type Instant } from '@baton/kernel';
import type { LeadEvent } from './lead.events';

export const dispositions = enumeration('Disposition', 'The latest disposition of a handoff.', {
  accepted: 'Accepted by sales, whatever happened afterwards.',
  rejected: 'Rejected by sales without being accepted before.',
  recycled: 'Returned to marketing without being accepted before.',
  disqualified: 'Disqualified before sales accepted it.',
  waiting: 'Not answered yet.',
});
export type Disposition = EnumerationValue<typeof dispositions>;

/** A handoff of a lead to a rep, with its outcome. */
export interface Handoff {
  readonly leadId: string;
  /** The number of the handoff of this lead, counted from 1. */
  readonly count: number;
  readonly rep: string;
  readonly definition: string;
  readonly at: Instant;
  /** The queue that chose the rep, and the id of the `RepChosen` event. */
  readonly queue?: string;
  readonly choice?: string;
  readonly external?: true;
  /** The latest disposition; stays `accepted` once sales accepted it. */
  readonly disposition: Disposition;
  readonly reason?: string;
  readonly disposedAt?: Instant;
  /** How, when and why it was returned after it was accepted. */
  readonly givenBack?: ReturnDisposition;
  readonly givenBackAt?: Instant;
  readonly givenBackReason?: string;
  /** Set once converted: what happens to its deals later does not change the handoff. */
  readonly converted?: true;
  /** Set once marketing works on the lead again: later events do not change this handoff. */
  readonly closed?: true;
}
type ReturnDisposition = Exclude<Disposition, 'accepted' | 'waiting'>;
type Handoffs = readonly Handoff[];
type AnyDatedEvent = DatedEvent<{ readonly type: string; readonly data: object }>;

/** Marks the last handoff accepted, at the first such event; `converted` once there is a deal. */
const withAcceptance = (handoffs: Handoffs, { occurredAt }: AnyDatedEvent, converted?: true): Handoffs => {
  const last = handoffs.at(-1);
  if (!last || last.closed) return handoffs;
  const { reason: _, givenBack: __, givenBackAt: ___, givenBackReason: ____, ...rest } = last;
  const accepted =
    last.disposition === 'accepted' ? rest : { ...rest, disposition: 'accepted' as const, disposedAt: occurredAt };
  return handoffs.with(-1, { ...accepted, ...(converted && { converted }) });
};
/** Marks the last handoff returned: as its disposition before it was accepted, as `givenBack` afterwards. */
const withDisposition = (
  handoffs: Handoffs,
  disposition: ReturnDisposition,
  { data, occurredAt }: AnyDatedEvent,
): Handoffs => {
  const last = handoffs.at(-1);
  if (!last || last.closed || last.converted) return handoffs;
  const reason = 'reason' in data ? String(data.reason) : undefined;
  if (last.disposition === 'accepted') {
    const { givenBackReason: _, ...rest } = last;
    const why = reason !== undefined && { givenBackReason: reason };
    return handoffs.with(-1, { ...rest, givenBack: disposition, givenBackAt: occurredAt, ...why });
  }
  const { reason: _, ...rest } = last;
  return handoffs.with(-1, { ...rest, disposition, disposedAt: occurredAt, ...(reason !== undefined && { reason }) });
};
/** Closes the last handoff, because marketing works on the lead again. */
const withHandoffClosed = (handoffs: Handoffs): Handoffs => {
  const last = handoffs.at(-1);
  return last && !last.closed ? handoffs.with(-1, { ...last, closed: true }) : handoffs;
};
const withConversion = (handoffs: Handoffs, event: AnyDatedEvent): Handoffs => withAcceptance(handoffs, event, true);

const newHandoff = ({
  data: { leadId, count, rep, definition, queue, choice, external },
  occurredAt: at,
}: DatedEvent<Extract<LeadEvent, { type: 'LeadHandedOff' }>>): Handoff => ({
  ...{ leadId, count, rep, definition, at },
  ...(queue !== undefined && { queue }),
  ...(choice !== undefined && { choice }),
  ...(external && { external }),
  disposition: 'waiting',
});

const updateByEvent: {
  readonly [T in LeadEvent['type']]?: (all: Handoffs, event: DatedEvent<Extract<LeadEvent, { type: T }>>) => Handoffs;
} = {
  LeadHandedOff: (all, event) => [...all, newHandoff(event)],
  LeadAccepted: (all, event) => withAcceptance(all, event),
  LeadSalesQualified: (all, event) => withAcceptance(all, event),
  LeadConverted: withConversion,
  LeadReturnedToOpportunity: withConversion,
  LeadBecameCustomer: withConversion,
  LeadRejected: (all, event) => withDisposition(all, 'rejected', event),
  LeadRecycled: (all, event) => withDisposition(all, 'recycled', event),
  LeadDisqualified: (all, event) => withDisposition(all, 'disqualified', event),
  LeadReengaged: withHandoffClosed,
};

/**
 * The handoffs of one lead, oldest first, after one more event. Each has exactly one disposition, the latest one; once
 * accepted it stays accepted, and a later return is kept in `givenBack`. So handoffs = accepted + rejected + recycled +
 * disqualified + waiting at any time.
 * @returns the same list if the event does not concern a handoff
 */
export const handoffsAfter = (handoffs: Handoffs, event: DatedEvent<AnyEvent>): Handoffs => {
  const step = updateByEvent[event.type as LeadEvent['type']] as
    ((all: Handoffs, event: DatedEvent<AnyEvent>) => Handoffs) | undefined;
  const { handoffOf } = event.data as { readonly handoffOf?: string };
  if (handoffOf !== undefined && handoffs.at(-1)?.leadId !== handoffOf) return handoffs;
  return step ? step(handoffs, event) : handoffs;
};

/** A stage that the lead reached, with the reason if it was rejected or recycled. */
export interface HandoffMove {
  readonly at: Instant;
  readonly stage: string;
  readonly reason?: string;
}
/** How reaching a stage changes the handoff that was current at that time. */
const updateByStage: Readonly<Partial<Record<string, (all: Handoffs, move: AnyDatedEvent) => Handoffs>>> = {
  ...{
    sal: withAcceptance,
    sql: withAcceptance,
    opportunity: withConversion,
    customer: withConversion,
    lead: withHandoffClosed,
  },
  rejected: (all, move) => withDisposition(all, 'rejected', move),
  recycled: (all, move) => withDisposition(all, 'recycled', move),
  disqualified: (all, move) => withDisposition(all, 'disqualified', move),
};
/** Recomputes a handoff from the moves during it, oldest first. A move without a reason keeps the known one. */
const withDispositionByMoves = <H extends Handoff>(handoff: H, moves: readonly HandoffMove[]): H => {
  const { disposition, disposedAt: _, closed: __, converted: ___, reason: known, ...rest } = handoff;
  const { givenBack, givenBackAt: ____, givenBackReason, ...open } = rest;
  const knownReasons = { [disposition]: known, ...(givenBack && { [givenBack]: givenBackReason }) };
  const after = moves.reduce<Handoffs>(
    (all, { at, stage, reason = knownReasons[stage] }) =>
      updateByStage[stage]?.(all, { id: '', type: '', occurredAt: at, data: reason === undefined ? {} : { reason } }) ??
      all,
    [{ ...open, disposition: 'waiting' }],
  );
  return after[0] as H;
};

/**
 * The handoffs after a move that was recorded after later ones: it is inserted by its own time, and the handoff that was
 * current then is recomputed from all moves during it.
 * @param moves every move of the lead with this one, oldest first
 */
export const handoffsAfterLateMove = (
  handoffs: Handoffs,
  event: DatedEvent<AnyEvent>,
  moves: readonly HandoffMove[],
): Handoffs => {
  const { type, occurredAt: at } = event as DatedEvent<LeadEvent>;
  const after = handoffs.findLastIndex((handoff) => handoff.at <= at) + 1;
  const all = type === 'LeadHandedOff' ? handoffs.toSpliced(after, 0, newHandoff(event as never)) : handoffs;
  return all.map((handoff, place) => {
    const next = all[place + 1]?.at;
    const concerned = handoff.at <= at && (next === undefined || at < next);
    const before = type === 'LeadHandedOff' && next === at; // it ends where the new handoff begins
    if (!concerned && !before) return handoff;
    return withDispositionByMoves(
      handoff,
      moves.filter((move) => move.at >= handoff.at && (next === undefined || move.at < next)),
    );
  });
};

/** Event types that handoffs are folded from. */
export const handoffEvents = Object.keys(updateByEvent) as readonly LeadEvent['type'][];

/** The number of handoffs in total and by disposition, and of accepted ones that were returned. */
export const handoffCounts = (handoffs: Handoffs): Readonly<Record<Disposition | 'handoffs' | 'givenBack', number>> => {
  const counts = {
    handoffs: handoffs.length,
    accepted: 0,
    rejected: 0,
    recycled: 0,
    disqualified: 0,
    waiting: 0,
    givenBack: 0,
  };
  for (const { disposition, givenBack } of handoffs) {
    counts[disposition]++;
    if (givenBack) counts.givenBack++;
  }
  return counts;
};
