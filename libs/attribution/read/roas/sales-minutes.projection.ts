import { projection, type Instant } from '@baton/kernel';
import type { VisitorEvent } from '@baton/campaigns';
import type { LeadEvent } from '@baton/leads';

/** Time that sales spent on one contact. */
export interface SalesMinutes {
  readonly touchId: string;
  /** The person as the contact names it; null for a visitor who was not identified yet. */
  readonly leadId: string | null;
  readonly visitorId: string | null;
  readonly at: Instant;
  readonly minutes: number;
}

/**
 * One document per contact by sales that took time. A person's document keeps a bounded number of contacts; minutes are
 * money, so that none may be left out.
 */
export const salesMinutes = projection<SalesMinutes, LeadEvent | VisitorEvent>({
  name: 'sales-minutes',
  version: 1,
  columns: { at: 'instant' },
  keys: ({ id, type, data }) =>
    (type === 'TouchRecorded' || type === 'VisitRecorded') && data.team === 'sales' && (data.minutes ?? 0) > 0
      ? [id]
      : [],
  initial: (touchId) => ({ touchId, leadId: null, visitorId: null, at: '', minutes: 0 }), // its one event says all
  on: {
    TouchRecorded: (doc, { data: { leadId, minutes }, occurredAt }) => ({
      ...doc,
      leadId,
      at: occurredAt,
      minutes: minutes!,
    }),
    VisitRecorded: (doc, { data: { leadId, visitorId, minutes }, occurredAt }) => ({
      ...doc,
      leadId: leadId ?? null,
      visitorId,
      at: occurredAt,
      minutes: minutes!,
    }),
  },
});
