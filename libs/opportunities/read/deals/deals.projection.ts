import { projection, toMs, type Day, type Instant, type Money } from '@baton/kernel';
import { clearableFields } from '../../write/opportunity/deal.model';
import type { OpportunityEvent } from '../../write/opportunity/opportunity.events';
import { currentRoles, withRole, type ContactRoles } from '../../write/opportunity/roles.rules';

export type DealStatus = 'open' | 'won' | 'lost';

/** A deal in its current state. Unknown fields are null; amounts are integers in minor units. */
export interface Deal {
  readonly opportunityId: string;
  readonly status: DealStatus;
  readonly stage: string;
  readonly name: string | null;
  readonly account: string | null;
  readonly product: string | null;
  readonly owner: string | null;
  readonly source: string | null;
  readonly openedAt: Instant;
  /** When the current close happened; null while the deal is open or reopened. */
  readonly closedAt: Instant | null;
  readonly expectedCloseOn: Day | null;
  readonly amountMinor: number | null;
  readonly currency: string | null;
  /** Milliseconds from the opening to the current close; null while open, and if the close is dated before the opening. */
  readonly cycleMs: number | null;
  /** The current close is dated before the opening: one of the two is wrong, so the deal has no cycle time. */
  readonly closedBeforeOpening: boolean;
  readonly lossReason: string | null;
  readonly competitor: string | null;
  /** Every person who ever had a role; `contacts` lists those who have one now. */
  readonly roles: ContactRoles;
  readonly contacts: readonly { readonly leadId: string; readonly role: string | null }[];
  readonly proposals: number;
  readonly lastProposalAt: Instant | null;
  readonly reopenings: number;
  /** `occurredAt` of the latest change of each field, so that an older change recorded later has no effect. */
  readonly since: Readonly<Partial<Record<FactName, Instant>>>;
}
type FactName = 'stage' | 'name' | 'account' | 'product' | 'owner' | 'source' | 'expectedCloseOn' | 'amount';

const amountFields = (amount: Money | undefined): Pick<Deal, 'amountMinor' | 'currency'> => ({
  amountMinor: amount?.minor ?? null,
  currency: amount?.currency ?? null,
});
const closeFields = (
  { openedAt }: Deal,
  closedAt: Instant,
): Pick<Deal, 'closedAt' | 'cycleMs' | 'closedBeforeOpening'> => ({
  closedAt,
  ...cycleTimeOf(openedAt, closedAt),
});
/** `openedAt` is '' in a history that was cut before the opening; there is no cycle time then. */
const cycleTimeOf = (openedAt: Instant, closedAt: Instant): Pick<Deal, 'cycleMs' | 'closedBeforeOpening'> =>
  openedAt === '' || closedAt < openedAt
    ? { cycleMs: null, closedBeforeOpening: true }
    : { cycleMs: toMs(closedAt) - toMs(openedAt), closedBeforeOpening: false };

/** Changes one field of a deal, unless a later change is known. */
const withFact = (deal: Deal, fact: FactName, at: Instant, said: Partial<Deal>): Deal =>
  at < (deal.since[fact] ?? '') ? deal : { ...deal, ...said, since: { ...deal.since, [fact]: at } };
const descriptiveFields = ['name', 'account', 'product', 'source'] as const;

const withContacts = (deal: Deal, event: Parameters<typeof withRole>[1]): Deal => {
  const roles = withRole(deal.roles, event);
  return { ...deal, roles, contacts: currentRoles(roles).map(({ leadId, role }) => ({ leadId, role: role ?? null })) };
};

/**
 * One document per deal, keyed by its id. A reopened deal counts as never closed until it closes again: its earlier
 * close is in no figure, and the cycle time goes on. Of several changes of a field the latest by `occurredAt` counts, in
 * whatever order they were recorded.
 */
export const deals = projection<Deal, OpportunityEvent>({
  name: 'deals',
  version: 4,
  columns: {
    status: 'text',
    stage: 'text',
    account: 'text',
    product: 'text',
    owner: 'text',
    source: 'text',
    openedAt: 'text',
    closedAt: 'text',
    expectedCloseOn: 'text',
    amountMinor: 'integer',
    currency: 'text',
    cycleMs: 'integer',
    closedBeforeOpening: 'flag',
    lossReason: 'text',
    competitor: 'text',
  },
  keys: ({ data }) => [data.opportunityId],
  initial: (opportunityId) => ({
    opportunityId,
    status: 'open',
    stage: '',
    name: null,
    account: null,
    product: null,
    owner: null,
    source: null,
    openedAt: '', // OpportunityOpened is the first event of every deal
    closedAt: null,
    expectedCloseOn: null,
    amountMinor: null,
    currency: null,
    cycleMs: null,
    closedBeforeOpening: false,
    lossReason: null,
    competitor: null,
    roles: [],
    contacts: [],
    proposals: 0,
    lastProposalAt: null,
    reopenings: 0,
    since: {},
  }),
  on: {
    OpportunityOpened: (deal, { data, occurredAt }) => ({
      ...deal,
      stage: data.stage,
      name: data.name ?? null,
      account: data.account ?? null,
      product: data.product ?? null,
      owner: data.owner ?? null,
      source: data.source ?? null,
      openedAt: occurredAt,
      expectedCloseOn: data.expectedCloseOn ?? null,
      ...amountFields(data.amount),
    }),
    OpportunityStageMoved: (deal, { data: { to: stage }, occurredAt }) =>
      withFact(deal, 'stage', occurredAt, { stage }),
    OpportunityAmountChanged: (deal, { data, occurredAt }) =>
      withFact(deal, 'amount', occurredAt, amountFields(data.to)),
    OpportunityCloseDateChanged: (deal, { data: { to: expectedCloseOn }, occurredAt }) =>
      withFact(deal, 'expectedCloseOn', occurredAt, { expectedCloseOn }),
    OpportunityOwnerChanged: (deal, { data: { to: owner }, occurredAt }) =>
      withFact(deal, 'owner', occurredAt, { owner }),
    OpportunityUpdated: (deal, { data, occurredAt }) =>
      descriptiveFields.reduce(
        (known, fact) => (data[fact] === undefined ? known : withFact(known, fact, occurredAt, { [fact]: data[fact] })),
        deal,
      ),
    OpportunityFactsCleared: (deal, { data: { facts }, occurredAt }) =>
      facts
        .map((fact) => clearableFields[fact])
        .reduce((known, fact) => withFact(known, fact, occurredAt, { [fact]: null }), deal),
    ContactRoleAdded: withContacts,
    ContactRoleRemoved: withContacts,
    ProposalSent: (deal, { occurredAt }) => ({
      ...deal,
      proposals: deal.proposals + 1,
      lastProposalAt: deal.lastProposalAt && deal.lastProposalAt > occurredAt ? deal.lastProposalAt : occurredAt,
    }),
    OpportunityWon: (deal, { data: { signedAmount }, occurredAt }) => ({
      ...(signedAmount ? withFact(deal, 'amount', occurredAt, amountFields(signedAmount)) : deal),
      ...closeFields(deal, occurredAt),
      status: 'won',
    }),
    OpportunityLost: (deal, { data, occurredAt }) => ({
      ...deal,
      ...closeFields(deal, occurredAt),
      status: 'lost',
      lossReason: data.reason,
      competitor: data.competitor ?? null,
    }),
    OpportunityReopened: (deal, { data: { stage }, occurredAt }) => ({
      ...(stage === undefined ? deal : withFact(deal, 'stage', occurredAt, { stage })),
      status: 'open',
      closedAt: null,
      cycleMs: null,
      closedBeforeOpening: false,
      lossReason: null,
      competitor: null,
      reopenings: deal.reopenings + 1,
    }),
  },
});
