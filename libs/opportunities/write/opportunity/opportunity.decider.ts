import { decider, refuse, valueAt, type Context, type NewEvent, type Refused } from '@baton/kernel';
import type { DefinitionBodies, DefinitionOf } from '@baton/definitions';
import {
  clearedFields,
  dealFolds,
  factsAt,
  isOpenAt,
  sameAmount,
  statusAfter,
  statusAt,
  type Deal,
  type DealFacts,
} from './deal.model';
import {
  opportunityCommands,
  opportunityEvents,
  type OpportunityCommand,
  type OpportunityEvent,
} from './opportunity.events';
import { peopleIn, roleOf, type ContactRole } from './roles.rules';

/** The stage of a deal that was opened without one. */
const FIRST_STAGE = 'open';
/** As many as the closing event can name. */
const MOST_PEOPLE = 500;

type Facts = readonly NewEvent<OpportunityEvent>[];
type Answer = Facts | Refused;

const unknown = () => refuse('opportunity/unknown', 'Open the deal first.', 'opportunityId');
const alreadyOpened = () =>
  refuse('opportunity/already-opened', 'This deal exists; choose another id.', 'opportunityId');
const notOpen = (status: string) =>
  refuse('opportunity/not-open', `The deal is ${status} at that instant; reopen it first.`, 'opportunityId', {
    status,
  });
const negative = (path: string) =>
  refuse('opportunity/negative-amount', 'A deal is worth nothing or more.', `${path}.minor`);
const nothingToChange = (path: string) => refuse('opportunity/nothing-to-change', 'Name at least one fact.', path);
/** A close or a reopening is not told before one that is known: which of the two would stand, nobody could say. */
const closedLater = (status: string, at: string) =>
  refuse(
    'opportunity/closed-later',
    `The deal is recorded as ${status} at ${at}, which is later; tell closes and reopenings oldest first.`,
    'opportunityId',
    { status, at },
  );
const reopenedLater = (at: string) =>
  refuse(
    'opportunity/reopened-later',
    `The deal is recorded as open again at ${at}, which is later; tell closes and reopenings oldest first.`,
    'opportunityId',
    { at },
  );

/** Says something of a deal that is open at the instant of which it is said, however late. */
const onOpen = (
  deal: Deal | undefined,
  context: Context,
  decide: (deal: Deal, inForce: DealFacts) => Answer,
): Answer => {
  if (!deal) return unknown();
  const { status } = statusAt(deal, context.now);
  return isOpenAt(deal, context) ? decide(deal, factsAt(deal, context.now)) : notOpen(status);
};
/** Closes a deal that is open at that instant and not known to close later. */
const onClosable = (deal: Deal, { now }: Context, decide: (inForce: DealFacts) => Answer): Answer => {
  const { status } = statusAt(deal, now);
  if (status !== 'open') return notOpen(status);
  const later = statusAfter(deal, now);
  return later ? closedLater(later.value.status, later.from) : decide(factsAt(deal, now));
};

/** In a history something else may be told of the time between: then the same again is news of another instant. */
const isNews = ({ at }: ContactRole, { mode, now }: Context): boolean => mode === 'backfill' && now !== at;

const stampsOf = ({ roles }: Deal, { amount, product, owner, source }: DealFacts) => ({
  ...(amount && { amount }),
  leadIds: peopleIn(roles).map(({ leadId }) => leadId),
  ...(product !== undefined && { product }),
  ...(owner !== undefined && { owner }),
  ...(source !== undefined && { source }),
});

/** The codes of a version of `loss-reasons`. */
const codesOf = ({ body }: DefinitionOf<'loss-reasons'>): readonly string[] => body.reasons.map(({ code }) => code);

/** The facts that say something else than what was in force; undefined for none. */
const changedFrom = <F extends DealFacts>(inForce: DealFacts, said: F): F | undefined => {
  const changed = Object.entries(said).filter(([name, value]) => inForce[name as keyof DealFacts] !== value);
  return changed.length > 0 ? (Object.fromEntries(changed) as F) : undefined;
};

/** Every fact is recorded at its own instant: it follows what was in force then, and a later one stands. */
export const opportunityDecider = decider<Deal | undefined, OpportunityCommand, OpportunityEvent, DefinitionBodies>({
  commands: opportunityCommands,
  events: opportunityEvents,
  uses: ['loss-reasons'],
  initialState: () => undefined,
  decide: {
    OpenOpportunity: (deal, { data }) => {
      if (deal) return alreadyOpened();
      if (data.amount && data.amount.minor < 0) return negative('amount');
      return [{ type: 'OpportunityOpened', data: { ...data, stage: data.stage ?? FIRST_STAGE } }];
    },
    MoveOpportunityStage: (deal, { data: { opportunityId, to } }, context) =>
      onOpen(deal, context, (_, { stage: from = FIRST_STAGE }) =>
        from === to ? [] : [{ type: 'OpportunityStageMoved', data: { opportunityId, from, to } }],
      ),
    ChangeOpportunityAmount: (deal, { data: { opportunityId, to } }, context) => {
      if (!deal) return unknown();
      // A won deal is corrected, a lost one earned nothing.
      if (statusAt(deal, context.now).status !== 'won' && !isOpenAt(deal, context)) return notOpen('lost');
      if (to.minor < 0) return negative('to');
      const { amount: from } = factsAt(deal, context.now);
      if (sameAmount(from, to)) return [];
      return [{ type: 'OpportunityAmountChanged', data: { opportunityId, ...(from && { from }), to } }];
    },
    ChangeOpportunityCloseDate: (deal, { data: { opportunityId, to } }, context) =>
      onOpen(deal, context, (_, { expectedCloseOn: from }) =>
        from === to
          ? []
          : [
              {
                type: 'OpportunityCloseDateChanged',
                data: { opportunityId, ...(from !== undefined && { from }), to },
              },
            ],
      ),
    // Whoever closed it keeps the credit.
    AssignOpportunity: (deal, { data: { opportunityId, to } }, context) =>
      onOpen(deal, context, (_, { owner: from }) =>
        from === to
          ? []
          : [{ type: 'OpportunityOwnerChanged', data: { opportunityId, ...(from !== undefined && { from }), to } }],
      ),
    UpdateOpportunity: (deal, { data: { opportunityId, ...said } }, context) =>
      onOpen(deal, context, (_, inForce) => {
        if (Object.keys(said).length === 0) return nothingToChange('');
        const changed = changedFrom(inForce, said);
        return changed ? [{ type: 'OpportunityUpdated', data: { opportunityId, ...changed } }] : [];
      }),
    ClearOpportunityFact: (deal, { data: { opportunityId, facts } }, context) =>
      onOpen(deal, context, (_, inForce) => {
        if (facts.length === 0) return nothingToChange('facts');
        const known = [...new Set(facts)].filter((fact) => inForce[clearedFields[fact]] !== undefined);
        return known.length > 0 ? [{ type: 'OpportunityFactsCleared', data: { opportunityId, facts: known } }] : [];
      }),
    AddContactRole: (deal, { data }, context) => {
      if (!deal) return unknown();
      const known = roleOf(deal.roles, data.leadId);
      const same = known?.on && (data.role === undefined || known.role === data.role);
      if (same && !isNews(known, context)) return [];
      if (!known && deal.roles.length >= MOST_PEOPLE)
        return refuse('opportunity/too-many-people', `A deal has at most ${MOST_PEOPLE} people.`, 'leadId');
      return [{ type: 'ContactRoleAdded', data }];
    },
    RemoveContactRole: (deal, { data }, context) => {
      if (!deal) return unknown();
      const known = roleOf(deal.roles, data.leadId);
      return known && (known.on || isNews(known, context)) ? [{ type: 'ContactRoleRemoved', data }] : [];
    },
    SendProposal: (deal, { data: { opportunityId, amount: given } }, context) =>
      onOpen(deal, context, ({ offers }, { amount }) => {
        const offered = given ?? amount;
        if (offered && offered.minor < 0) return negative('amount');
        const before = valueAt(offers, context.now);
        if (before && sameAmount(before.amount, offered)) return []; // the same offer again is no second one
        return [{ type: 'ProposalSent', data: { opportunityId, ...(offered && { amount: offered }) } }];
      }),
    WinOpportunity: (deal, { data: { opportunityId, amount: given } }, context) => {
      if (!deal) return unknown();
      const { amount } = factsAt(deal, context.now);
      if (statusAt(deal, context.now).status === 'won' && (!given || sameAmount(amount, given))) return [];
      return onClosable(deal, context, (inForce) => {
        if (given && given.minor < 0) return negative('amount');
        const named = given && { amount: given, signedAmount: given };
        return [{ type: 'OpportunityWon', data: { opportunityId, ...stampsOf(deal, inForce), ...named } }];
      });
    },
    LoseOpportunity: (deal, { data: { opportunityId, reason, competitor } }, context) => {
      if (!deal) return unknown();
      const now = statusAt(deal, context.now);
      if (now.status === 'lost' && now.reason === reason && now.competitor === competitor) return [];
      return onClosable(deal, context, (inForce) => {
        const reasons = context.definition('loss-reasons');
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
              ...stampsOf(deal, inForce),
            },
          },
        ];
      });
    },
    ReopenOpportunity: (deal, { data }, { now }) => {
      if (!deal) return unknown();
      const standing = statusAt(deal, now);
      if (standing.status === 'open')
        return standing.reopenedFor === data.reason
          ? []
          : refuse('opportunity/not-closed', 'The deal is open at that instant.', 'opportunityId');
      const later = statusAfter(deal, now);
      return later ? reopenedLater(later.from) : [{ type: 'OpportunityReopened', data }];
    },
  },
  evolve: dealFolds,
});
