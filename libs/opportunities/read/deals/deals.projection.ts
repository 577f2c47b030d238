import { projection, toMs, type Day, type Instant, type Money } from '@baton/kernel';
import { clearedFields } from '../../write/opportunity/deal.model';
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
  /** Since when each fact holds that something was said of after the opening: what is told late of before moves nothing. */
  readonly since: Readonly<Partial<Record<FactName, Instant>>>;
}
type FactName = 'stage' | 'name' | 'account' | 'product' | 'owner' | 'source' | 'expectedCloseOn' | 'amount';

const worth = (amount: Money | undefined): Pick<Deal, 'amountMinor' | 'currency'> => ({
  amountMinor: amount?.minor ?? null,
  currency: amount?.currency ?? null,
});
const closed = ({ openedAt }: Deal, closedAt: Instant): Pick<Deal, 'closedAt' | 'cycleMs' | 'closedBeforeOpening'> => ({
  closedAt,
  ...durationOf(openedAt, closedAt),
});
/** Without the opening, where the fold ends before it, there is none either. */
const durationOf = (openedAt: Instant, closedAt: Instant): Pick<Deal, 'cycleMs' | 'closedBeforeOpening'> =>
  openedAt === '' || closedAt < openedAt
    ? { cycleMs: null, closedBeforeOpening: true }
    : { cycleMs: toMs(closedAt) - toMs(openedAt), closedBeforeOpening: false };

/** The deal with what is said of one fact, unless something else is known of a later instant. */
const withFact = (deal: Deal, fact: FactName, at: Instant, said: Partial<Deal>): Deal =>
  at < (deal.since[fact] ?? '') ? deal : { ...deal, ...said, since: { ...deal.since, [fact]: at } };
const named = ['name', 'account', 'product', 'source'] as const;

const withContacts = (deal: Deal, event: Parameters<typeof withRole>[1]): Deal => {
  const roles = withRole(deal.roles, event);
  return { ...deal, roles, contacts: peopleIn(roles).map(({ leadId, role }) => ({ leadId, role: role ?? null })) };
};

/**
 * One document per deal, keyed by its id. A reopened deal counts as never closed until it closes again: its earlier
 * close is in no figure, and the time from opening runs on. Of each fact the latest by its instant stands, in whatever
 * order they were told.
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
      ...worth(data.amount),
    }),
    OpportunityStageMoved: (deal, { data: { to: stage }, occurredAt }) =>
      withFact(deal, 'stage', occurredAt, { stage }),
    OpportunityAmountChanged: (deal, { data, occurredAt }) => withFact(deal, 'amount', occurredAt, worth(data.to)),
    OpportunityCloseDateChanged: (deal, { data: { to: expectedCloseOn }, occurredAt }) =>
      withFact(deal, 'expectedCloseOn', occurredAt, { expectedCloseOn }),
    OpportunityOwnerChanged: (deal, { data: { to: owner }, occurredAt }) =>
      withFact(deal, 'owner', occurredAt, { owner }),
    OpportunityUpdated: (deal, { data, occurredAt }) =>
      named.reduce(
        (known, fact) => (data[fact] === undefined ? known : withFact(known, fact, occurredAt, { [fact]: data[fact] })),
        deal,
      ),
    OpportunityFactsCleared: (deal, { data: { facts }, occurredAt }) =>
      facts
        .map((fact) => clearedFields[fact])
        .reduce((known, fact) => withFact(known, fact, occurredAt, { [fact]: null }), deal),
    ContactRoleAdded: withContacts,
    ContactRoleRemoved: withContacts,
    ProposalSent: (deal, { occurredAt }) => ({
      ...deal,
      proposals: deal.proposals + 1,
      lastProposalAt: deal.lastProposalAt && deal.lastProposalAt > occurredAt ? deal.lastProposalAt : occurredAt,
    }),
    OpportunityWon: (deal, { data: { signedAmount }, occurredAt }) => ({
      ...(signedAmount ? withFact(deal, 'amount', occurredAt, worth(signedAmount)) : deal),
      ...closed(deal, occurredAt),
      status: 'won',
    }),
    OpportunityLost: (deal, { data, occurredAt }) => ({
      ...deal,
      ...closed(deal, occurredAt),
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
