import { decider, refuse, type Context, type Day, type Definition, type Money } from '@baton/kernel';
import {
  opportunityCommands,
  opportunityEvents,
  type OpportunityCommand,
  type OpportunityEvent,
} from './opportunity.events';
import { peopleIn, roleOf, withRole, type ContactRole, type ContactRoles } from './roles.rules';

interface Deal {
  readonly stage: string;
  readonly amount?: Money;
  readonly expectedCloseOn?: Day;
  readonly product?: string;
  readonly owner?: string;
  readonly source?: string;
  /** The people on the deal and those who left it. */
  readonly roles: ContactRoles;
}
type Opportunity =
  | { readonly status: 'unknown' }
  | (Deal & {
      readonly status: 'open';
      /** The standing offer: the amount it was made with. */
      readonly offer?: { readonly amount?: Money };
      /** Why it was opened again, if it was. */
      readonly reopenedFor?: string;
    })
  | (Deal & { readonly status: 'won' })
  | (Deal & { readonly status: 'lost'; readonly reason: string; readonly competitor?: string });
type Known = Exclude<Opportunity, { status: 'unknown' }>;

/** The stage of a deal that was opened without one. */
const FIRST_STAGE = 'open';
/** As many as the closing event can name. */
const MOST_PEOPLE = 500;

const unknown = () => refuse('opportunity/unknown', 'Open the deal first.', 'opportunityId');
const alreadyOpened = () =>
  refuse('opportunity/already-opened', 'This deal exists; choose another id.', 'opportunityId');
const notOpen = (status: string) =>
  refuse('opportunity/not-open', `The deal is ${status}; reopen it first.`, 'opportunityId', { status });
const negative = (path: string) =>
  refuse('opportunity/negative-amount', 'A deal is worth nothing or more.', `${path}.minor`);

/** In a history something else may be told of the time between: then the same again is news of another instant. */
const isNews = ({ at }: ContactRole, { mode, now }: Context): boolean => mode === 'backfill' && now !== at;

const same = (a: Money | undefined, b: Money | undefined): boolean =>
  a?.minor === b?.minor && a?.currency === b?.currency;

const stampsOf = ({ roles, product, owner, source }: Deal) => ({
  leadIds: peopleIn(roles).map(({ leadId }) => leadId),
  ...(product !== undefined && { product }),
  ...(owner !== undefined && { owner }),
  ...(source !== undefined && { source }),
});

/** The codes of a version of `loss-reasons`; a body without them allows none. */
const codesOf = ({ body }: Definition): readonly string[] =>
  ((body as { reasons?: readonly { code: string }[] }).reasons ?? []).map(({ code }) => code);

const dealOf = ({ stage, amount, expectedCloseOn, product, owner, source, roles }: Known): Deal => ({
  stage,
  amount,
  expectedCloseOn,
  product,
  owner,
  source,
  roles,
});

export const opportunity = decider<Opportunity, OpportunityCommand, OpportunityEvent>({
  commands: opportunityCommands,
  events: opportunityEvents,
  uses: ['loss-reasons'],
  initialState: () => ({ status: 'unknown' }),
  decide: {
    OpenOpportunity: (state, { data }) => {
      if (state.status !== 'unknown') return alreadyOpened();
      if (data.amount && data.amount.minor < 0) return negative('amount');
      return [{ type: 'OpportunityOpened', data: { ...data, stage: data.stage ?? FIRST_STAGE } }];
    },
    MoveOpportunityStage: (state, { data: { opportunityId, to } }) => {
      if (state.status === 'unknown') return unknown();
      if (state.status !== 'open') return notOpen(state.status);
      if (state.stage === to) return [];
      return [{ type: 'OpportunityStageMoved', data: { opportunityId, from: state.stage, to } }];
    },
    ChangeOpportunityAmount: (state, { data: { opportunityId, to } }) => {
      if (state.status === 'unknown') return unknown();
      if (state.status === 'lost') return notOpen(state.status); // a won deal is corrected, a lost one earned nothing
      if (to.minor < 0) return negative('to');
      if (same(state.amount, to)) return [];
      const from = state.amount && { from: state.amount };
      return [{ type: 'OpportunityAmountChanged', data: { opportunityId, ...from, to } }];
    },
    ChangeOpportunityCloseDate: (state, { data: { opportunityId, to } }) => {
      if (state.status === 'unknown') return unknown();
      if (state.status !== 'open') return notOpen(state.status);
      if (state.expectedCloseOn === to) return [];
      const from = state.expectedCloseOn !== undefined && { from: state.expectedCloseOn };
      return [{ type: 'OpportunityCloseDateChanged', data: { opportunityId, ...from, to } }];
    },
    AssignOpportunity: (state, { data: { opportunityId, to } }) => {
      if (state.status === 'unknown') return unknown();
      if (state.status !== 'open') return notOpen(state.status); // whoever closed it keeps the credit
      if (state.owner === to) return [];
      const from = state.owner !== undefined && { from: state.owner };
      return [{ type: 'OpportunityOwnerChanged', data: { opportunityId, ...from, to } }];
    },
    AddContactRole: (state, { data }, context) => {
      if (state.status === 'unknown') return unknown();
      const known = roleOf(state.roles, data.leadId);
      const same = known?.on && (data.role === undefined || known.role === data.role);
      if (same && !isNews(known, context)) return [];
      if (!known && state.roles.length >= MOST_PEOPLE)
        return refuse('opportunity/too-many-people', `A deal has at most ${MOST_PEOPLE} people.`, 'leadId');
      return [{ type: 'ContactRoleAdded', data }];
    },
    RemoveContactRole: (state, { data }, context) => {
      if (state.status === 'unknown') return unknown();
      const known = roleOf(state.roles, data.leadId);
      return known && (known.on || isNews(known, context)) ? [{ type: 'ContactRoleRemoved', data }] : [];
    },
    SendProposal: (state, { data: { opportunityId, amount = state.status === 'open' ? state.amount : undefined } }) => {
      if (state.status === 'unknown') return unknown();
      if (state.status !== 'open') return notOpen(state.status);
      if (amount && amount.minor < 0) return negative('amount');
      if (state.offer && same(state.offer.amount, amount)) return []; // the same offer again is no second one
      return [{ type: 'ProposalSent', data: { opportunityId, ...(amount && { amount }) } }];
    },
    WinOpportunity: (state, { data: { opportunityId, amount: given } }) => {
      if (state.status === 'unknown') return unknown();
      if (state.status === 'won' && (!given || same(state.amount, given))) return [];
      if (state.status !== 'open') return notOpen(state.status);
      if (given && given.minor < 0) return negative('amount');
      const amount = given ?? state.amount;
      return [{ type: 'OpportunityWon', data: { opportunityId, ...(amount && { amount }), ...stampsOf(state) } }];
    },
    LoseOpportunity: (state, { data: { opportunityId, reason, competitor } }, { definition }) => {
      if (state.status === 'unknown') return unknown();
      if (state.status === 'lost' && state.reason === reason && state.competitor === competitor) return [];
      if (state.status !== 'open') return notOpen(state.status);
      const reasons = definition('loss-reasons');
      const codes = reasons && codesOf(reasons);
      if (codes && !codes.includes(reason))
        return refuse('opportunity/unknown-reason', `Give one of: ${codes.join(', ')}.`, 'reason', { codes });
      return [
        {
          type: 'OpportunityLost',
          data: {
            opportunityId,
            reason,
            ...(competitor !== undefined && { competitor }),
            ...(reasons && { definition: reasons.ref }),
            ...(state.amount && { amount: state.amount }),
            ...stampsOf(state),
          },
        },
      ];
    },
    ReopenOpportunity: (state, { data: { opportunityId, stage, reason } }) => {
      if (state.status === 'unknown') return unknown();
      if (state.status === 'open')
        return state.reopenedFor === reason
          ? []
          : refuse('opportunity/not-closed', 'The deal is open.', 'opportunityId');
      return [{ type: 'OpportunityReopened', data: { opportunityId, stage: stage ?? state.stage, reason } }];
    },
  },
  evolve: {
    OpportunityOpened: (_, { data: { stage, amount, expectedCloseOn, product, owner, source } }) => ({
      status: 'open',
      stage,
      amount,
      expectedCloseOn,
      product,
      owner,
      source,
      roles: [],
    }),
    OpportunityStageMoved: (state, { data }) => change(state, { stage: data.to }),
    OpportunityAmountChanged: (state, { data }) => change(state, { amount: data.to }),
    OpportunityCloseDateChanged: (state, { data }) => change(state, { expectedCloseOn: data.to }),
    OpportunityOwnerChanged: (state, { data }) => change(state, { owner: data.to }),
    ContactRoleAdded: (state, event) => change(state, { roles: withRole(knownOf(state).roles, event) }),
    ContactRoleRemoved: (state, event) => change(state, { roles: withRole(knownOf(state).roles, event) }),
    ProposalSent: (state, { data: { amount } }) => ({
      ...dealOf(knownOf(state)),
      status: 'open',
      offer: amount ? { amount } : {},
    }),
    OpportunityWon: (state, { data: { amount } }) => ({ ...dealOf(knownOf(state)), status: 'won', amount }),
    OpportunityLost: (state, { data: { reason, competitor } }) => ({
      ...dealOf(knownOf(state)),
      status: 'lost',
      reason,
      competitor,
    }),
    OpportunityReopened: (state, { data: { stage, reason } }) => ({
      ...dealOf(knownOf(state)),
      status: 'open',
      stage,
      reopenedFor: reason,
    }),
  },
});

/** Every stream begins with `OpportunityOpened`; one that does not was not written by these commands. */
const knownOf = (state: Opportunity): Known => {
  if (state.status === 'unknown') throw new Error('opportunity: the stream does not begin with OpportunityOpened');
  return state;
};
const change = (state: Opportunity, changed: Partial<Deal>): Opportunity => ({ ...knownOf(state), ...changed });
