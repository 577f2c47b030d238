import {
  computed,
  dayField,
  DAY_MS,
  enumeration,
  enumField,
  flagField,
  idField,
  instantField,
  integerField,
  largeIntegerField,
  moneyField,
  numberField,
  objectField,
  objectFields,
  readModel,
  roles,
  textField,
  toMs,
  wordKey,
  type DocumentOf,
  type EnumerationValue,
  type Instant,
  type Money,
} from '@baton/kernel';
import { clearableFields } from '../../write/opportunity/deal.model';
import type { OpportunityEvent } from '../../write/opportunity/opportunity.events';
import { currentRoles, withRole, type ContactRoles } from '../../write/opportunity/roles.rules';

export const dealStatuses = enumeration('OpportunityStatus', 'Status of a deal.', {
  open: 'Not closed, or reopened.',
  won: 'The customer signed.',
  lost: 'The deal was lost.',
});
export type DealStatus = EnumerationValue<typeof dealStatuses>;

const contactRole = objectFields('ContactRole', 'A person with a role in a deal.', {
  leadId: idField('Id of the lead.', { entity: 'Lead' }),
  role: textField('Role of the person: decision-maker, champion, user …', { nullable: true }),
});
const known = { nullable: true, filter: true, sort: true } as const;
const key = { nullable: true, column: true, hidden: true } as const;
const fields = {
  opportunityId: idField('Id of the deal.', { filter: true }),
  status: enumField(dealStatuses, 'Open, won or lost; a reopened deal is open.', { filter: true }),
  stage: textField('Pipeline stage; for a closed deal the last one.', { filter: true, sort: true }),
  name: textField('Name of the deal.', { ...known, filterBy: 'nameKey' }),
  nameKey: textField('The name without regard to its spelling.', key),
  account: textField('Company of the deal.', { ...known, filterBy: 'accountKey' }),
  accountKey: textField('The company without regard to its spelling.', key),
  product: textField('Product sold.', known),
  owner: textField('Rep who owns the deal.', known),
  source: textField('Source of the deal.', known),
  openedAt: instantField('When it was opened.', { filter: true, sort: true }),
  closedAt: instantField('When it closed; null while it is open.', known),
  expectedCloseOn: dayField('Expected close date.', known),
  amount: moneyField('Amount of the deal; after a correction the corrected one.', known),
  cycleMs: largeIntegerField('Milliseconds from the opening to the current close.', {
    ...{ nullable: true, column: true, hidden: true },
  }),
  /** The current close is dated before the opening: one of the two is wrong, so the deal has no cycle time. */
  closedBeforeOpening: flagField('Whether the close is dated before the opening.', { filter: true }),
  lossReason: textField('Loss reason.', known),
  competitor: textField('Competitor that won it.', known),
  contacts: objectField(contactRole, 'People with a role in the deal, in the order in which they got it.', {
    list: true,
  }),
  proposals: integerField('Number of proposals sent.'),
  lastProposalAt: instantField('When the latest proposal was sent.', { nullable: true }),
  reopenings: integerField('How often the deal was reopened.'),
} as const;
/** A deal in its current state. Unknown fields are null; amounts are integers in minor units. */
export type Deal = DocumentOf<typeof fields> & {
  /** Every person who ever had a role; `contacts` lists those who have one now. */
  readonly roles: ContactRoles;
  /** `occurredAt` of the latest change of each field, so that an older change recorded later has no effect. */
  readonly since: Readonly<Partial<Record<FactName, Instant>>>;
};
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
/** With the keys of its name and account. */
const withKeys = (deal: Deal): Deal => ({
  ...deal,
  nameKey: deal.name === null ? null : wordKey(deal.name),
  accountKey: deal.account === null ? null : wordKey(deal.account),
});
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
export const deals = readModel<Deal, OpportunityEvent>({
  name: 'deals',
  version: 6,
  node: 'Opportunity',
  description: 'A deal in its current state.',
  key: 'opportunityId',
  fields,
  computed: {
    cycleDays: computed<Deal>(
      numberField(
        'Days of 24 hours from the opening to the current close; null while the deal is open, or if the close is dated before the opening.',
        { nullable: true },
      ),
      ({ cycleMs }) => (cycleMs === null ? null : cycleMs / DAY_MS),
      'cycleMs',
    ),
  },
  one: { name: 'opportunity', description: 'One deal; null if there is none with this id.' },
  lists: { opportunities: { description: 'Deals, the most recently opened first.', orderBy: '-openedAt' } },
  allow: roles,
  questions: [
    { where: ['status'], orderBy: '-closedAt' },
    { where: ['owner', 'status'], orderBy: '-openedAt' },
    { where: ['stage'], orderBy: '-openedAt' },
    { where: [], orderBy: 'nameKey' },
    { where: [], orderBy: 'accountKey' },
  ],
  keys: ({ data }) => [data.opportunityId],
  initial: (opportunityId) => ({
    opportunityId,
    status: 'open',
    stage: '',
    name: null,
    nameKey: null,
    account: null,
    accountKey: null,
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
    OpportunityOpened: (deal, { data, occurredAt }) =>
      withKeys({
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
      withKeys(
        descriptiveFields.reduce(
          (known, fact) =>
            data[fact] === undefined ? known : withFact(known, fact, occurredAt, { [fact]: data[fact] }),
          deal,
        ),
      ),
    OpportunityFactsCleared: (deal, { data: { facts }, occurredAt }) =>
      withKeys(
        facts
          .map((fact) => clearableFields[fact])
          .reduce((known, fact) => withFact(known, fact, occurredAt, { [fact]: null }), deal),
      ),
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
