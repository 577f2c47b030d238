import { orNull, projection, type Instant, type StoredEvent } from '@baton/kernel';
import type { VisitorEvent } from '@baton/campaigns';
import type { LeadEvent } from '@baton/leads';
import { captureOf, inOrder, isAtCapture, type Capture } from '../../write/journey/journey-touches.rules';
import type { JourneyTouch } from '../../write/journey/journey.events';

/** One contact as it was recorded. */
export type Contact = Omit<JourneyTouch, 'leadId' | 'role' | 'visitorId'>;

/** How many contacts one document holds: the oldest half and the newest half; those between are only counted. */
export const CONTACTS_KEPT = 1000;

/** The contacts of one lead: those recorded on it, and what it takes to find those of the same person elsewhere. */
export interface PersonDocument {
  readonly leadId: string;
  readonly createdAt: Instant | null;
  /** What was told in the conversation of the capture came with it. */
  readonly capture?: Capture;
  /** The first qualification as a marketing-qualified lead … */
  readonly mqlAt: Instant | null;
  /** Every such qualification that stands: one that followed from a merge goes with it. */
  readonly qualified: readonly { readonly id: string; readonly at: Instant }[];
  /** … and as a sales-qualified one. */
  readonly sqlAt: Instant | null;
  readonly source: string | null;
  readonly owner: string | null;
  /** Leads that stand merged into this one, and those that this one stands merged into. */
  readonly mergedLeadIds: readonly string[];
  readonly survivorIds: readonly string[];
  readonly visitorIds: readonly string[];
  /** Oldest first. */
  readonly contacts: readonly Contact[];
  readonly leftOut: number;
}

/** The visits of one browser, before and after it was known whose it is. */
export interface VisitorDocument {
  readonly visitorId: string;
  readonly leadId: string | null;
  /** Oldest first; each with the lead that the visitor was identified as when it happened. */
  readonly contacts: readonly (Contact & { readonly leadId: string | null })[];
  readonly leftOut: number;
}

const withContact = <C extends Contact, D extends { readonly contacts: readonly C[]; readonly leftOut: number }>(
  doc: D,
  contact: C,
): D => {
  const before = doc.contacts.findLastIndex((one) => inOrder(one, contact) < 0) + 1;
  const contacts = doc.contacts.toSpliced(before, 0, contact);
  return contacts.length <= CONTACTS_KEPT
    ? { ...doc, contacts }
    : { ...doc, contacts: contacts.toSpliced(CONTACTS_KEPT / 2, 1), leftOut: doc.leftOut + 1 };
};

const contactOf = <E extends { readonly action: string; readonly team: JourneyTouch['team'] }>(
  { id, occurredAt, meta: { sequence } }: StoredEvent,
  raw: E,
) => ({ touchId: id, occurredAt, ...(sequence !== undefined && { sequence }), ...raw });

const earlier = (a: Instant | null, b: Instant): Instant => (a !== null && a < b ? a : b);
const qualifiedBy = (doc: PersonDocument, qualified: PersonDocument['qualified']): PersonDocument => ({
  ...doc,
  qualified,
  mqlAt: qualified.reduce<Instant | null>((first, { at }) => earlier(first, at), null),
});
const withoutQualification = (doc: PersonDocument, id: string | undefined): PersonDocument =>
  id === undefined
    ? doc
    : qualifiedBy(
        doc,
        doc.qualified.filter((one) => one.id !== id),
      );
const withDeal = (ids: readonly string[], id: string): readonly string[] => (ids.includes(id) ? ids : [...ids, id]);
const withoutDeal = (ids: readonly string[], id: string): readonly string[] => ids.filter((each) => each !== id);

/**
 * One document per lead. A merge is told to both leads by the survivor's event, and taken back by its unmerge, so that
 * who is the same person is decided where the documents are read.
 */
export const people = projection<PersonDocument, LeadEvent>({
  name: 'people-contacts',
  version: 4,
  columns: { createdAt: 'text', mqlAt: 'text', sqlAt: 'text' },
  keys: ({ type, data }) =>
    type === 'LeadMerged' || type === 'LeadUnmerged' ? [data.leadId, data.mergedLeadId] : [data.leadId],
  initial: (leadId) => ({
    leadId,
    createdAt: null,
    mqlAt: null,
    qualified: [],
    sqlAt: null,
    source: null,
    owner: null,
    mergedLeadIds: [],
    survivorIds: [],
    visitorIds: [],
    contacts: [],
    leftOut: 0,
  }),
  on: {
    LeadCaptured: (doc, event) => ({
      ...doc,
      createdAt: earlier(doc.createdAt, event.occurredAt),
      capture: captureOf(event),
      ...orNull(event.data, ['source', 'owner']),
    }),
    LeadQualified: (doc, { id, occurredAt }) => qualifiedBy(doc, [...doc.qualified, { id, at: occurredAt }]),
    LeadSalesQualified: (doc, { occurredAt }) => ({ ...doc, sqlAt: earlier(doc.sqlAt, occurredAt) }),
    TouchRecorded: (doc, event) => {
      const { leadId: _, opportunityIds: __, survivorId: ___, ...raw } = event.data;
      const contact = contactOf(event, raw);
      return withContact(doc, isAtCapture(event, doc.capture) ? { ...contact, atCapture: true } : contact);
    },
    LeadVisitorLinked: (doc, { data }) => ({ ...doc, visitorIds: withDeal(doc.visitorIds, data.visitorId) }),
    LeadMerged: (doc, { data: { leadId, mergedLeadId } }) =>
      doc.leadId === leadId
        ? { ...doc, mergedLeadIds: withDeal(doc.mergedLeadIds, mergedLeadId) }
        : { ...doc, survivorIds: withDeal(doc.survivorIds, leadId) },
    MergedFactsRemoved: (doc, { data }) => withoutQualification(doc, data.takenBack),
    LeadUnmerged: (doc, { data: { leadId, mergedLeadId, takenBack } }) =>
      doc.leadId === leadId
        ? { ...withoutQualification(doc, takenBack), mergedLeadIds: withoutDeal(doc.mergedLeadIds, mergedLeadId) }
        : { ...doc, survivorIds: withoutDeal(doc.survivorIds, leadId) },
  },
});

/** One document per visitor. */
export const visitors = projection<VisitorDocument, VisitorEvent>({
  name: 'visitors-contacts',
  version: 2,
  keys: ({ data }) => [data.visitorId],
  initial: (visitorId) => ({ visitorId, leadId: null, contacts: [], leftOut: 0 }),
  on: {
    VisitRecorded: (doc, event) => {
      const { visitorId: _, leadId, ...raw } = event.data;
      return withContact(doc, { ...contactOf(event, raw), leadId: leadId ?? null });
    },
    VisitorIdentified: (doc, { data: { leadId } }) => ({ ...doc, leadId }),
  },
});
