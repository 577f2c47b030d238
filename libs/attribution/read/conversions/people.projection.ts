import { orNull, projection, type Instant } from '@baton/kernel';
import type { VisitorEvent } from '@baton/campaigns';
import type { LeadEvent } from '@baton/leads';
import { captureOf, type Capture } from '../../write/journey/journey-touches.rules';
import type { JourneyTouch } from '../../write/journey/journey.events';

/** One contact as it was recorded. */
export type Contact = Omit<JourneyTouch, 'leadId' | 'role' | 'visitorId'>;
/** One contact of a visitor: history makes documents of its own. */
export interface VisitDocument extends Contact {
  readonly visitorId: string;
  /** The lead that the visitor was identified as when it happened. */
  readonly leadId: string | null;
}

/** What is known of one lead beside its contacts, and what it takes to find the other leads of the same person. */
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
}

/** A browser, once it is known whose it is. */
export interface VisitorDocument {
  readonly visitorId: string;
  readonly leadId: string | null;
}

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
  name: 'people-conversions',
  version: 1,
  columns: { createdAt: 'instant', mqlAt: 'instant', sqlAt: 'instant' },
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

/** One document per identified visitor. */
export const visitors = projection<VisitorDocument, VisitorEvent>({
  name: 'identified-visitors',
  version: 1,
  keys: ({ data }) => [data.visitorId],
  initial: (visitorId) => ({ visitorId, leadId: null }),
  on: { VisitorIdentified: (doc, { data: { leadId } }) => ({ ...doc, leadId }) },
});

/** One document per contact of a visitor; those of leads are documents of `touches`. */
export const visits = projection<VisitDocument, VisitorEvent>({
  name: 'visits',
  version: 1,
  columns: { visitorId: 'text' },
  keys: ({ id }) => [id],
  initial: (touchId) => ({ touchId }) as VisitDocument, // each of its events has every value
  on: {
    VisitRecorded: (_, { id, occurredAt, meta: { sequence }, data: { leadId = null, ...raw } }) => ({
      ...{ leadId, touchId: id, occurredAt },
      ...(sequence !== undefined && { sequence }),
      ...raw,
    }),
  },
});
