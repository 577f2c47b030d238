import { fromMs, type AppendRequest, type EventMeta } from '@baton/kernel';

/** Of each lead: captured, eight touches, and a deal that is opened and won. */
export const EVENTS_OF_ONE = 11;
/** So many leads are under way at the same time; then the next ones follow. */
const COHORT = 500;
export const EVENTS_OF_COHORT = COHORT * EVENTS_OF_ONE;
const TOUCHES = EVENTS_OF_ONE - 3;
const BEGAN = Date.UTC(2020, 0, 1);

const metaOf = (n: number): EventMeta => ({
  ...{ actor: 'bench', origin: 'system', occurredAt: fromMs(BEGAN + n * 60_000), commandId: `c-${n}` },
  ...{ commandHash: '0'.repeat(34), mode: 'backfill', $correlationId: `c-${n}`, $causationId: `c-${n}`, schema: 1 },
});

/** The n-th event of a company that wins a deal with every lead, one cohort after the other. */
export const companyEvent = (n: number): AppendRequest => {
  const inCohort = n % EVENTS_OF_COHORT;
  const step = Math.floor(inCohort / COHORT);
  const lead = Math.floor(n / EVENTS_OF_COHORT) * COHORT + (inCohort % COHORT);
  const [leadId, opportunityId] = [`l-${lead}`, `d-${lead}`];
  const stored = (stream: string, type: string, data: object): AppendRequest => {
    const meta = metaOf(n);
    const events = [{ id: `event-${n}`, type, data: data as never, meta }];
    return { stream, events, expected: 'any' };
  };
  if (step === 0)
    return stored(`lead-${leadId}`, 'LeadCaptured', {
      leadId,
      company: `Firm ${lead % 900}`,
      source: 'fair',
      personalFacts: [],
    });
  if (step <= TOUCHES) {
    const touched = { leadId, action: 'page-view', team: 'marketing', page: `/p/${n % 40}` };
    return stored(`lead-${leadId}`, 'TouchRecorded', touched);
  }
  const amount = { minor: 10_000 + (lead % 7), currency: 'EUR' };
  return step === TOUCHES + 1
    ? stored(`opportunity-${opportunityId}`, 'OpportunityOpened', { opportunityId, stage: 'open', amount })
    : stored(`opportunity-${opportunityId}`, 'OpportunityWon', { opportunityId, amount, leadIds: [leadId] });
};

/** Some of these events, as `appendMany` takes them. */
export const companyEvents = (from: number, count: number): readonly AppendRequest[] =>
  Array.from({ length: count }, (_, n) => companyEvent(from + n));
