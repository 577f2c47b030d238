import {
  computed,
  field,
  DAY_MS,
  enumeration,
  objectFields,
  readModel,
  roles,
  toMs,
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
  leadId: field.id('Id of the lead.', { entity: 'Lead' }),
  role: field.text('Role of the person: decision-maker, champion, user …', { nullable: true }),
});
const known = { nullable: true, filter: true, sort: true } as const;
const fields = {
  opportunityId: field.id('Id of the deal.', { filter: true }),
  status: field.enum(dealStatuses, 'Open, won or lost; a reopened deal is open.', { filter: true }),
  pipeline: field.text('Pipeline that it is in; null where none was agreed when it was opened.', known),
  stage: field.text('Pipeline stage; for a closed deal the last one.', { filter: true, sort: true }),
  name: field.text('Name of the deal.', { ...known, anySpelling: true }),
  account: field.text('Company of the deal.', { ...known, anySpelling: true }),
  product: field.text('Product sold.', known),
  owner: field.text('Rep who owns the deal.', known),
  source: field.text('Source of the deal.', known),
  openedAt: field.instant('When it was opened.', { filter: true, sort: true }),
  closedAt: field.instant('When it closed; null while it is open.', known),
  expectedCloseOn: field.day('Expected close date.', known),
  amount: field.money('Amount of the deal; after a correction the corrected one.', known),
  cycleMs: field.largeInteger('Milliseconds from the opening to the current close.', {
    ...{ nullable: true, column: true, hidden: true },
  }),
  /** The current close is dated before the opening: one of the two is wrong, so the deal has no cycle time. */
  closedBeforeOpening: field.flag('Whether the close is dated before the opening.', { filter: true }),
  lossReason: field.text('Loss reason.', known),
  competitor: field.text('Competitor that won it.', known),
  contacts: field.object(contactRole, 'People with a role in the deal, in the order in which they got it.', {
    list: true,
  }),
  proposals: field.integer('Number of proposals sent.'),
  lastProposalAt: field.instant('When the latest proposal was sent.', { nullable: true }),
  reopenings: field.integer('How often the deal was reopened.'),
} as const;
/** A deal in its current state. Unknown fields are null; amounts are integers in minor units. */
export type Deal = DocumentOf<typeof fields> & {
  /** Every person who ever had a role; `contacts` lists those who have one now. */
  readonly roles: ContactRoles;
  /** `occurredAt` of the latest change of each field, so that an older change recorded later has no effect. */
  readonly since: Readonly<Partial<Record<FactName, Instant>>>;
};
type FactName =
  'pipeline' | 'stage' | 'name' | 'account' | 'product' | 'owner' | 'source' | 'expectedCloseOn' | 'amount';

const amountIn = (amount: Money | undefined): Pick<Deal, 'amountMinor' | 'currency'> => ({
  amountMinor: amount?.minor ?? null,
  currency: amount?.currency ?? null,
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
export const deals = readModel<Deal, OpportunityEvent>({
  name: 'deals',
  version: 8,
  node: 'Opportunity',
  description: 'A deal in its current state.',
  key: 'opportunityId',
  fields,
  computed: {
    cycleDays: computed<Deal>(
      field.number(
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
  initial: { status: 'open', roles: [], since: {} },
  on: {
    OpportunityOpened: (deal, { data: { amount, definition: _, ...data }, occurredAt: openedAt }) => ({
      ...deal,
      ...data,
      openedAt,
      ...amountIn(amount),
    }),
    OpportunityStageMoved: (deal, { data: { to: stage, pipeline }, occurredAt }) =>
      withFact(
        pipeline === undefined ? deal : withFact(deal, 'pipeline', occurredAt, { pipeline }),
        ...(['stage', occurredAt, { stage }] as const),
      ),
    OpportunityAmountChanged: (deal, { data, occurredAt }) => withFact(deal, 'amount', occurredAt, amountIn(data.to)),
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
      ...(signedAmount ? withFact(deal, 'amount', occurredAt, amountIn(signedAmount)) : deal),
      closedAt: occurredAt,
      ...cycleTimeOf(deal.openedAt, occurredAt),
      status: 'won',
    }),
    OpportunityLost: (deal, { data, occurredAt }) => ({
      ...deal,
      closedAt: occurredAt,
      ...cycleTimeOf(deal.openedAt, occurredAt),
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
