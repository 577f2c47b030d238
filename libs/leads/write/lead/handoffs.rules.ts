import type { AnyEvent, Happened, Instant } from '@baton/kernel';
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
  /** The latest; `accepted` for whatever sales made of the lead while it kept it. */
  readonly disposition: Disposition;
  readonly reason?: string;
  readonly disposedAt?: Instant;
  /** The lead went back into marketing’s hands: what happens to it later is no outcome of this handoff. */
  readonly closed?: true;
}
type Handoffs = readonly Handoff[];

/** The last handoff with the disposition that an event gives it; unchanged where there is none, or it is closed. */
const disposed = (
  handoffs: Handoffs,
  disposition: Disposition,
  { data, occurredAt }: Happened<{ readonly type: string; readonly data: object }>,
): Handoffs => {
  const last = handoffs.at(-1);
  if (!last || last.closed) return handoffs;
  // Acceptance, sales qualification, conversion and the win are one disposition: it dates from the first of them.
  if (disposition === 'accepted' && last.disposition === 'accepted') return handoffs;
  const { reason: _, ...rest } = last;
  const why = 'reason' in data ? { reason: String(data.reason) } : {};
  return handoffs.with(-1, { ...rest, disposition, disposedAt: occurredAt, ...why });
};
const kept = (handoffs: Handoffs, event: Happened<AnyEvent>): Handoffs => disposed(handoffs, 'accepted', event);

const begun = ({
  data: { leadId, count, rep, definition, queue, choice, external },
  occurredAt: at,
}: Happened<Extract<LeadEvent, { type: 'LeadHandedOff' }>>): Handoff => ({
  ...{ leadId, count, rep, definition, at },
  ...(queue !== undefined && { queue }),
  ...(choice !== undefined && { choice }),
  ...(external && { external }),
  disposition: 'waiting',
});

const on: {
  readonly [T in LeadEvent['type']]?: (all: Handoffs, event: Happened<Extract<LeadEvent, { type: T }>>) => Handoffs;
} = {
  LeadHandedOff: (all, event) => [...all, begun(event)],
  LeadAccepted: kept,
  LeadSalesQualified: kept,
  LeadConverted: kept,
  LeadBecameCustomer: kept,
  LeadRejected: (all, event) => disposed(all, 'rejected', event),
  LeadRecycled: (all, event) => disposed(all, 'recycled', event),
  LeadDisqualified: (all, event) => disposed(all, 'disqualified', event),
  LeadReengaged: (all) => {
    const last = all.at(-1);
    return last && !last.closed ? all.with(-1, { ...last, closed: true }) : all;
  },
};

/**
 * The handoffs of one lead, oldest first, after one more of its events. Each has one disposition, its latest, so that at
 * any time handoffs = accepted + rejected + recycled + disqualified + waiting.
 * @returns the same list where the event says nothing of a handoff
 */
export const handoffsAfter = (handoffs: Handoffs, event: Happened<AnyEvent>): Handoffs => {
  const step = on[event.type as LeadEvent['type']] as
    ((all: Handoffs, event: Happened<AnyEvent>) => Handoffs) | undefined;
  return step ? step(handoffs, event) : handoffs;
};

/** A stage that the lead came to, with the reason where it was given back. */
export interface HandoffMove {
  readonly at: Instant;
  readonly stage: string;
  readonly reason?: string;
}
const meanings: Readonly<Partial<Record<string, Disposition>>> = {
  ...{ sal: 'accepted', sql: 'accepted', opportunity: 'accepted', customer: 'accepted' },
  ...{ rejected: 'rejected', recycled: 'recycled', disqualified: 'disqualified' },
};
/** What became of a handoff by the moves of its time, oldest first. */
const disposedBy = <H extends Handoff>(handoff: H, moves: readonly HandoffMove[]): H => {
  const { disposedAt: _, closed: __, reason: ___, ...bare } = handoff;
  let [known, closed]: [Pick<Handoff, 'disposition' | 'disposedAt' | 'reason'>, boolean] = [
    { disposition: 'waiting' },
    false,
  ];
  for (const { at, stage, reason } of moves) {
    const disposition = meanings[stage];
    closed ||= stage === 'lead';
    if (closed || !disposition || (disposition === 'accepted' && known.disposition === 'accepted')) continue;
    const why = reason ?? (handoff.disposition === disposition ? handoff.reason : undefined);
    known = { disposition, disposedAt: at, ...(why !== undefined && { reason: why }) };
  }
  return { ...bare, ...known, ...(closed && { closed }) } as H;
};

/**
 * The handoffs after a move that was told after later ones: it takes its place by its instant, and the handoff in whose
 * time it happened is disposed of by all the moves of that time.
 * @param moves every move of the lead with this one, oldest first
 */
export const handoffsAfterLate = (
  handoffs: Handoffs,
  event: Happened<AnyEvent>,
  moves: readonly HandoffMove[],
): Handoffs => {
  const { type, occurredAt: at } = event as Happened<LeadEvent>;
  const after = handoffs.findLastIndex((handoff) => handoff.at <= at) + 1;
  const all = type === 'LeadHandedOff' ? handoffs.toSpliced(after, 0, begun(event as never)) : handoffs;
  return all.map((handoff, place) => {
    const next = all[place + 1]?.at;
    const concerned = handoff.at <= at && (next === undefined || at < next);
    const before = type === 'LeadHandedOff' && next === at; // its time ends where the new one begins
    if (!concerned && !before) return handoff;
    return disposedBy(
      handoff,
      moves.filter((move) => move.at >= handoff.at && (next === undefined || move.at < next)),
    );
  });
};

/** Event types that handoffs are folded from. */
export const handoffEvents = Object.keys(on) as readonly LeadEvent['type'][];

/** How many handoffs there are, and how many stand at each disposition. */
export const handoffCounts = (handoffs: Handoffs): Readonly<Record<Disposition | 'handoffs', number>> => {
  const counts = { handoffs: handoffs.length, accepted: 0, rejected: 0, recycled: 0, disqualified: 0, waiting: 0 };
  for (const { disposition } of handoffs) counts[disposition]++;
  return counts;
};
