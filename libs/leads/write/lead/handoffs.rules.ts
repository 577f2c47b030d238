import type { AnyEvent, DatedEvent, Instant } from '@baton/kernel';
import type { LeadEvent } from './lead.events';

export const dispositions = ['accepted', 'rejected', 'recycled', 'disqualified', 'waiting'] as const;
export type Disposition = (typeof dispositions)[number];

/** One time that a lead was handed to a rep, and what became of it. */
export interface Handoff {
  readonly leadId: string;
  /** Which handoff of the lead it is, from 1. */
  readonly count: number;
  readonly rep: string;
  readonly definition: string;
  readonly at: Instant;
  /** The queue that chose the rep, and its choice by the id of the event. */
  readonly queue?: string;
  readonly choice?: string;
  readonly external?: true;
  /** The latest; `accepted` for good once sales took it. */
  readonly disposition: Disposition;
  readonly reason?: string;
  readonly disposedAt?: Instant;
  /** How it was given back after it was accepted, when and why. */
  readonly givenBack?: ReturnDisposition;
  readonly givenBackAt?: Instant;
  readonly givenBackReason?: string;
  /** It became a chance: what happens to its deals later is no outcome of the handoff. */
  readonly converted?: true;
  /** The lead went back into marketing’s hands: what happens to it later is no outcome of this handoff. */
  readonly closed?: true;
}
type ReturnDisposition = Exclude<Disposition, 'accepted' | 'waiting'>;
type Handoffs = readonly Handoff[];
type AnyDatedEvent = DatedEvent<{ readonly type: string; readonly data: object }>;

/** Sales has it, whatever became of it before; `converted` from the deal on. Acceptance dates from the first such event. */
const withAcceptance = (handoffs: Handoffs, { occurredAt }: AnyDatedEvent, converted?: true): Handoffs => {
  const last = handoffs.at(-1);
  if (!last || last.closed) return handoffs;
  const { reason: _, givenBack: __, givenBackAt: ___, givenBackReason: ____, ...rest } = last;
  const accepted =
    last.disposition === 'accepted' ? rest : { ...rest, disposition: 'accepted' as const, disposedAt: occurredAt };
  return handoffs.with(-1, { ...accepted, ...(converted && { converted }) });
};
/** Sales does not have it any more: before it was accepted that is the disposition, afterwards it stands apart. */
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
/** The lead is in marketing’s hands again. */
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
 * The handoffs of one lead, oldest first, after one more of its events. Each has one disposition, its latest, and `accepted`
 * for good once sales took it; what was given back afterwards stands apart. So at any time handoffs = accepted + rejected + recycled + disqualified + waiting.
 * @returns the same list where the event says nothing of a handoff
 */
export const handoffsAfter = (handoffs: Handoffs, event: DatedEvent<AnyEvent>): Handoffs => {
  const step = updateByEvent[event.type as LeadEvent['type']] as
    ((all: Handoffs, event: DatedEvent<AnyEvent>) => Handoffs) | undefined;
  const { handoffOf } = event.data as { readonly handoffOf?: string };
  if (handoffOf !== undefined && handoffs.at(-1)?.leadId !== handoffOf) return handoffs;
  return step ? step(handoffs, event) : handoffs;
};

/** A stage that the lead came to, with the reason where it was given back. */
export interface HandoffMove {
  readonly at: Instant;
  readonly stage: string;
  readonly reason?: string;
}
/** What a stage says of a handoff in whose time the lead came there. */
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
/** What became of a handoff by the moves of its time, oldest first. A move that names no reason has the one that is known. */
const withDispositionByMoves = <H extends Handoff>(handoff: H, moves: readonly HandoffMove[]): H => {
  const { disposition, disposedAt: _, closed: __, converted: ___, reason: known, ...rest } = handoff;
  const { givenBack, givenBackAt: ____, givenBackReason, ...bare } = rest;
  const knownReasons = { [disposition]: known, ...(givenBack && { [givenBack]: givenBackReason }) };
  const after = moves.reduce<Handoffs>(
    (all, { at, stage, reason = knownReasons[stage] }) =>
      updateByStage[stage]?.(all, { id: '', type: '', occurredAt: at, data: reason === undefined ? {} : { reason } }) ??
      all,
    [{ ...bare, disposition: 'waiting' }],
  );
  return after[0] as H;
};

/**
 * The handoffs after a move that was told after later ones: it takes its place by its instant, and the handoff in whose
 * time it happened is disposed of by all the moves of that time.
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
    const before = type === 'LeadHandedOff' && next === at; // its time ends where the new one begins
    if (!concerned && !before) return handoff;
    return withDispositionByMoves(
      handoff,
      moves.filter((move) => move.at >= handoff.at && (next === undefined || move.at < next)),
    );
  });
};

/** Event types that handoffs are folded from. */
export const handoffEvents = Object.keys(updateByEvent) as readonly LeadEvent['type'][];

/** How many handoffs there are, how many stand at each disposition, and how many of those accepted were given back. */
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
