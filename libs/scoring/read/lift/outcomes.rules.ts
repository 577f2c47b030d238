import {
  enumeration,
  type EnumerationValue,
  type Instant,
  type ProjectionShape,
  type StoredEvent,
} from '@baton/kernel';
import type { LeadEvent } from '@baton/leads';
import { isLateMove, movedAtOf } from '@baton/leads';
import { convertedFrom, type StageName } from '@baton/leads';
import { factsAfter, profileNow, type OwnFacts } from '@baton/leads';

/** The fields in which a person is compared with earlier ones. */
export const predictors = enumeration('ProbabilityField', 'A fact about a lead that a probability is estimated from.', {
  industry: 'The industry of the company.',
  country: 'The country.',
  region: 'The region or state.',
  source: 'The first source.',
  size: 'The size of the company, as a range of employees.',
});
export type Predictor = EnumerationValue<typeof predictors>;

/** The outcome of a lead, with the facts that predictions use. Contains no personal data. */
export interface Outcome {
  readonly leadId: string;
  readonly stage: StageName;
  /** won: became a customer; lost: given back or disqualified, and not active again; null: open. */
  readonly outcome: 'won' | 'lost' | null;
  readonly capturedAt?: Instant;
  readonly lastTouchAt?: Instant;
  /** Time of the last move. */
  readonly movedAt?: Instant;
  /** When the lead first became SQL (or was converted directly), and a customer. */
  readonly sqlAt?: Instant;
  readonly customerAt?: Instant;
  /** The stage that comes from merged leads, and its time. */
  readonly together?: { readonly stage: StageName; readonly at: Instant };
  /** True if another system qualified it as SQL, which says nothing about our rules. */
  readonly external?: boolean;
  readonly industry?: string;
  readonly country?: string;
  readonly region?: string;
  readonly source?: string;
  readonly size?: string;
  readonly mergedInto?: string;
  /** The same facts through time. */
  readonly facts: OwnFacts;
}

const lostStages: readonly StageName[] = ['rejected', 'recycled', 'disqualified'];
const sqlStages: readonly StageName[] = ['sql', 'opportunity', 'customer'];
/** When the lead became SQL; undefined if it did not. */
export const becameSqlAt = ({ sqlAt, together }: Outcome): Instant | undefined =>
  sqlAt ?? (together && sqlStages.includes(together.stage) ? together.at : undefined);
/** True if the lead became a customer. */
export const isCustomer = ({ customerAt, together }: Outcome): boolean =>
  customerAt !== undefined || together?.stage === 'customer';

/** The lead at another stage; a late move by another system does not move it back. */
const withStage = (doc: Outcome, event: StoredEvent<LeadEvent>, stage: StageName): Outcome =>
  isLateMove(event, { stage: doc.stage, since: doc.movedAt })
    ? { ...doc, outcome: isCustomer(doc) ? 'won' : doc.outcome }
    : {
        ...{ ...doc, stage, ...movedAtOf(doc, stage, event.occurredAt) },
        outcome: isCustomer(doc) ? 'won' : lostStages.includes(stage) ? 'lost' : null,
      };
const withSqlAt = (doc: Outcome, when: Instant, external: boolean | undefined): Outcome => {
  if (doc.sqlAt !== undefined && (doc.sqlAt <= when || !external)) return doc;
  const { external: _, ...rest } = doc;
  return { ...rest, sqlAt: when, ...(external && { external }) };
};
type MergedStageEvent = StoredEvent<
  Extract<LeadEvent, { type: 'MergedFactsAdded' | 'MergedFactsRemoved' | 'LeadUnmerged' }>
>;
const withMergedStage = (doc: Outcome, event: MergedStageEvent): Outcome => {
  const { becomes } = event.data;
  if (!becomes) return doc;
  return withStage(
    { ...doc, together: { stage: becomes.stage, at: becomes.from ?? event.occurredAt } },
    event,
    becomes.stage,
  );
};

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
/** The document with the current facts; late changes are applied by their own time. */
const withProfile = (doc: Outcome, event: StoredEvent<LeadEvent>): Outcome => {
  const { industry: _, country: __, region: ___, source: ____, size: _____, ...rest } = doc;
  const facts = factsAfter(doc.facts, event);
  const known = profileNow(facts) as Readonly<Partial<Record<string, string>>>;
  const { employees } = profileNow(facts);
  const shown = (['industry', 'country', 'region', 'source'] as const).flatMap((name) =>
    known[name] === undefined ? [] : [[name, known[name]]],
  );
  const size = employees === undefined ? {} : { size: sizeOf(Number(employees)) };
  return { ...rest, facts, ...Object.fromEntries(shown), ...size };
};

const withTouchAt = (doc: Outcome, when: Instant): Outcome =>
  doc.lastTouchAt !== undefined && doc.lastTouchAt >= when ? doc : { ...doc, lastTouchAt: when };

/** A lead of which nothing is known yet. */
export const noOutcome = (leadId: string): Outcome => ({ leadId, stage: 'lead', outcome: null, facts: {} });
/** What each event of a lead says of what it is like, and of what became of it. */
export const outcomeFolds: ProjectionShape<Outcome, LeadEvent>['on'] = {
  LeadCaptured: (doc, event) => withProfile({ ...doc, capturedAt: event.occurredAt }, event),
  LeadProfileChanged: withProfile,
  LeadFactsCleared: withProfile,
  TouchRecorded: (doc, { occurredAt }) => withTouchAt(doc, occurredAt),
  LeadVisitsJoined: (doc, { data: { visits } }) =>
    visits.reduce((known, { at: when }) => withTouchAt(known, when), doc),
  LeadQualified: (doc, event) => withStage(doc, event, 'mql'),
  LeadHandedOff: (doc, event) => withStage(doc, event, 'handed-off'),
  LeadAccepted: (doc, event) => withStage(doc, event, 'sal'),
  LeadRejected: (doc, event) => withStage(doc, event, 'rejected'),
  LeadRecycled: (doc, event) => withStage(doc, event, 'recycled'),
  LeadReengaged: (doc, event) => withStage(doc, event, 'lead'),
  LeadDisqualified: (doc, event) => withStage(doc, event, 'disqualified'),
  LeadSalesQualified: (doc, event) => withStage(withSqlAt(doc, event.occurredAt, event.data.external), event, 'sql'),
  LeadConverted: (doc, event) =>
    withStage(withSqlAt(doc, event.occurredAt, event.data.external), event, convertedFrom(doc.stage)),
  LeadBecameCustomer: (doc, event) => {
    const customerAt = doc.customerAt ?? event.occurredAt;
    return withStage({ ...withSqlAt(doc, event.occurredAt, undefined), customerAt }, event, 'customer');
  },
  LeadReturnedToOpportunity: ({ customerAt: _, ...doc }, event) => withStage(doc, event, 'opportunity'),
  MergedFactsAdded: withMergedStage,
  MergedFactsRemoved: withMergedStage,
  LeadUnmerged: withMergedStage,
  LeadMergedInto: (doc, { data: { survivorId } }) => ({ ...doc, mergedInto: survivorId }),
  LeadUnmergedFrom: ({ mergedInto: _, ...doc }) => doc,
};
