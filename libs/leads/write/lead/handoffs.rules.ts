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

const on: {
  readonly [T in LeadEvent['type']]?: (all: Handoffs, event: Happened<Extract<LeadEvent, { type: T }>>) => Handoffs;
} = {
  LeadHandedOff: (all, { data: { leadId, count, rep, definition, queue, choice, external }, occurredAt }) => [
    ...all,
    {
      ...{ leadId, count, rep, definition, at: occurredAt },
      ...(queue !== undefined && { queue }),
      ...(choice !== undefined && { choice }),
      ...(external && { external }),
      disposition: 'waiting',
    },
  ],
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

/** Event types that handoffs are folded from. */
export const handoffEvents = Object.keys(on) as readonly LeadEvent['type'][];

/** How many handoffs there are, and how many stand at each disposition. */
export const handoffCounts = (handoffs: Handoffs): Readonly<Record<Disposition | 'handoffs', number>> => {
  const counts = { handoffs: handoffs.length, accepted: 0, rejected: 0, recycled: 0, disqualified: 0, waiting: 0 };
  for (const { disposition } of handoffs) counts[disposition]++;
  return counts;
};
