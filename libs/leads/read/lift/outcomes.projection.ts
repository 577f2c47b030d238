import { projection, type Instant, type Recorded } from '@baton/kernel';
import type { LeadEvent } from '../../write/lead/lead.events';
import { convertedFrom, type StageName } from '../../write/lead/lead.model';

/** What became of a person, and the facts that predictions compare. No names and no addresses. */
export interface Outcome {
  readonly leadId: string;
  readonly stage: StageName;
  /** won: became a customer; lost: given back or disqualified, and not active again; null: open. */
  readonly outcome: 'won' | 'lost' | null;
  readonly capturedAt?: Instant;
  readonly lastTouchAt?: Instant;
  /** When sales first took the person for a chance (SQL, or a deal at once), and for a customer. */
  readonly sqlAt?: Instant;
  readonly customerAt?: Instant;
  /** The stage that other leads of the person lend, and since when. */
  readonly together?: { readonly stage: StageName; readonly at: Instant };
  /** Another system decided that it was a chance: says nothing about our rules. */
  readonly external?: boolean;
  readonly industry?: string;
  readonly country?: string;
  readonly region?: string;
  readonly source?: string;
  readonly size?: string;
  readonly mergedInto?: string;
}

const lost: readonly StageName[] = ['rejected', 'recycled', 'disqualified'];
const chances: readonly StageName[] = ['sql', 'opportunity', 'customer'];
/** Did the person become a chance for sales, and when? */
export const chanceAt = ({ sqlAt, together }: Outcome): Instant | undefined =>
  sqlAt ?? (together && chances.includes(together.stage) ? together.at : undefined);
/** Did the person become a customer? */
export const isCustomer = ({ customerAt, together }: Outcome): boolean =>
  customerAt !== undefined || together?.stage === 'customer';

const at = (doc: Outcome, stage: StageName): Outcome => ({
  ...doc,
  stage,
  outcome: isCustomer(doc) ? 'won' : lost.includes(stage) ? 'lost' : null,
});
const chance = (doc: Outcome, when: Instant, external: boolean | undefined): Outcome =>
  doc.sqlAt === undefined ? { ...doc, sqlAt: when, ...(external && { external }) } : doc;
type Becoming = Recorded<Extract<LeadEvent, { type: 'LeadUnited' | 'LeadParted' | 'LeadUnmerged' }>>;
const becoming = (doc: Outcome, { data: { becomes }, occurredAt }: Becoming): Outcome =>
  becomes ? at({ ...doc, together: { stage: becomes.stage, at: becomes.from ?? occurredAt } }, becomes.stage) : doc;

/** The size of a company as a word: 1-9, 10-49, 50-249, 250-999, 1000+ employees. */
export const sizeOf = (employees: number): string =>
  employees < 10
    ? '1-9'
    : employees < 50
      ? '10-49'
      : employees < 250
        ? '50-249'
        : employees < 1000
          ? '250-999'
          : '1000+';
const factsOf = (data: Extract<LeadEvent, { type: 'LeadCaptured' | 'LeadProfileChanged' }>['data']) => ({
  ...(data.industry !== undefined && { industry: data.industry }),
  ...(data.country !== undefined && { country: data.country }),
  ...(data.region !== undefined && { region: data.region }),
  ...(data.employees !== undefined && { size: sizeOf(data.employees) }),
});

const seenAt = (doc: Outcome, when: Instant): Outcome =>
  doc.lastTouchAt !== undefined && doc.lastTouchAt >= when ? doc : { ...doc, lastTouchAt: when };

/** One document per lead: what it was like, and what became of it. */
export const outcomes = projection<Outcome, LeadEvent>({
  name: 'lead-outcomes',
  version: 5,
  columns: {
    ...{ outcome: 'text', capturedAt: 'text', mergedInto: 'text' },
    ...{ industry: 'text', country: 'text', region: 'text', source: 'text', size: 'text' },
  },
  keys: ({ data }) => [data.leadId],
  initial: (leadId) => ({ leadId, stage: 'lead', outcome: null }),
  on: {
    LeadCaptured: (doc, { data, occurredAt }) => ({
      ...{ ...doc, capturedAt: occurredAt, ...factsOf(data) },
      ...(data.source !== undefined && { source: data.source }),
    }),
    LeadProfileChanged: (doc, { data }) => ({ ...doc, ...factsOf(data) }),
    TouchRecorded: (doc, { occurredAt }) => seenAt(doc, occurredAt),
    LeadVisitsJoined: (doc, { data: { visits } }) => visits.reduce((known, { at: when }) => seenAt(known, when), doc),
    LeadQualified: (doc) => at(doc, 'mql'),
    LeadHandedOff: (doc) => at(doc, 'handed-off'),
    LeadAccepted: (doc) => at(doc, 'sal'),
    LeadRejected: (doc) => at(doc, 'rejected'),
    LeadRecycled: (doc) => at(doc, 'recycled'),
    LeadReengaged: (doc) => at(doc, 'lead'),
    LeadDisqualified: (doc) => at(doc, 'disqualified'),
    LeadSalesQualified: (doc, { data, occurredAt }) => at(chance(doc, occurredAt, data.external), 'sql'),
    LeadConverted: (doc, { data, occurredAt }) => at(chance(doc, occurredAt, data.external), convertedFrom(doc.stage)),
    LeadBecameCustomer: (doc, { occurredAt }) =>
      at({ ...chance(doc, occurredAt, undefined), customerAt: doc.customerAt ?? occurredAt }, 'customer'),
    LeadReturnedToOpportunity: ({ customerAt: _, ...doc }) => at(doc, 'opportunity'),
    LeadUnited: becoming,
    LeadParted: becoming,
    LeadUnmerged: becoming,
    LeadMergedInto: (doc, { data: { survivorId } }) => ({ ...doc, mergedInto: survivorId }),
    LeadUnmergedFrom: ({ mergedInto: _, ...doc }) => doc,
  },
});
