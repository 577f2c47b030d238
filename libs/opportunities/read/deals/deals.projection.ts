import { projection, toMs, type Day, type Instant, type Money } from '@baton/kernel';
import type { OpportunityEvent } from '../../write/opportunity/opportunity.events';
import { peopleIn, withRole, type ContactRoles } from '../../write/opportunity/roles.rules';

export type DealStatus = 'open' | 'won' | 'lost';

/** A deal as it stands. What is unknown is null; amounts are integer minor units. */
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
  /** Of the standing close; null while the deal is open, also when it was reopened. */
  readonly closedAt: Instant | null;
  readonly expectedCloseOn: Day | null;
  readonly amountMinor: number | null;
  readonly currency: string | null;
  /** Opened to closed in milliseconds, of the standing close; null while it is open, and where it closed before it opened. */
  readonly cycleMs: number | null;
  /** The standing close is dated before the opening: one of the two is wrong, and the deal has no duration. */
  readonly closedBeforeOpening: boolean;
  readonly lossReason: string | null;
  readonly competitor: string | null;
  /** What was said of each person; who takes part as of the latest word is in `contacts`. */
  readonly roles: ContactRoles;
  readonly contacts: readonly { readonly leadId: string; readonly role: string | null }[];
  readonly proposals: number;
  readonly lastProposalAt: Instant | null;
  readonly reopenings: number;
}

const worth = (amount: Money | undefined): Pick<Deal, 'amountMinor' | 'currency'> => ({
  amountMinor: amount?.minor ?? null,
  currency: amount?.currency ?? null,
});
const closed = ({ openedAt }: Deal, closedAt: Instant): Pick<Deal, 'closedAt' | 'cycleMs' | 'closedBeforeOpening'> => ({
  closedAt,
  cycleMs: closedAt < openedAt ? null : toMs(closedAt) - toMs(openedAt),
  closedBeforeOpening: closedAt < openedAt,
});

/**
 * One document per deal, keyed by its id. A reopened deal counts as never closed until it closes again: its earlier
 * close is in no figure, and the time from opening runs on.
 */
const withContacts = (deal: Deal, event: Parameters<typeof withRole>[1]): Deal => {
  const roles = withRole(deal.roles, event);
  return { ...deal, roles, contacts: peopleIn(roles).map(({ leadId, role }) => ({ leadId, role: role ?? null })) };
};

export const deals = projection<Deal, OpportunityEvent>({
  name: 'deals',
  version: 3,
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
      ...worth(data.amount),
    }),
    OpportunityStageMoved: (deal, { data }) => ({ ...deal, stage: data.to }),
    OpportunityAmountChanged: (deal, { data }) => ({ ...deal, ...worth(data.to) }),
    OpportunityCloseDateChanged: (deal, { data }) => ({ ...deal, expectedCloseOn: data.to }),
    OpportunityOwnerChanged: (deal, { data }) => ({ ...deal, owner: data.to }),
    ContactRoleAdded: withContacts,
    ContactRoleRemoved: withContacts,
    ProposalSent: (deal, { occurredAt }) => ({
      ...deal,
      proposals: deal.proposals + 1,
      lastProposalAt: deal.lastProposalAt && deal.lastProposalAt > occurredAt ? deal.lastProposalAt : occurredAt,
    }),
    OpportunityWon: (deal, { data, occurredAt }) => ({
      ...deal,
      ...closed(deal, occurredAt),
      ...worth(data.amount),
      status: 'won',
    }),
    OpportunityLost: (deal, { data, occurredAt }) => ({
      ...deal,
      ...closed(deal, occurredAt),
      ...worth(data.amount),
      status: 'lost',
      lossReason: data.reason,
      competitor: data.competitor ?? null,
    }),
    OpportunityReopened: (deal, { data }) => ({
      ...deal,
      status: 'open',
      stage: data.stage,
      closedAt: null,
      cycleMs: null,
      closedBeforeOpening: false,
      lossReason: null,
      competitor: null,
      reopenings: deal.reopenings + 1,
    }),
  },
});
