import {
  decider,
  refuse,
  Refused,
  valueAt,
  type Context,
  type Instant,
  type Money,
  type NewEvent,
} from '@baton/kernel';
import type { DefinitionBodies, DefinitionOf } from '@baton/definitions';
import {
  clearableFields,
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
import { currentRoles, roleOf, type ContactRole } from './roles.rules';
import { missingForExit, pipelineIn, placeOf } from './stages.rules';

/** Maximum number of people in a closing event. */
const MAX_PEOPLE = 500;

type NewEvents = readonly NewEvent<OpportunityEvent>[];
type Decision = NewEvents | Refused;

const unknownDeal = () =>
  refuse('opportunity/unknown', 'There is no deal with this id; open it first.', 'opportunityId');
const alreadyOpened = () =>
  refuse(
    'opportunity/already-opened',
    'A deal with this id exists already; choose another opportunityId.',
    'opportunityId',
  );
const notOpen = (status: string) =>
  refuse(
    'opportunity/not-open',
    `The deal is ${status} at that instant; reopen it before you change it.`,
    'opportunityId',
    {
      status,
    },
  );
const negativeAmount = (path: string) =>
  refuse('opportunity/negative-amount', `${path}.minor must be 0 or more.`, `${path}.minor`);
const nothingToChange = (path: string) =>
  refuse('opportunity/nothing-to-change', 'The command changes nothing; give at least one field to change.', path);
/** A close or reopening cannot be recorded before one that is known: it would be unclear which of the two counts. */
const closedLater = (status: string, at: string) =>
  refuse(
    'opportunity/closed-later',
    `The deal is recorded as ${status} at ${at}, which is later; send closes and reopenings in order of occurredAt.`,
    'opportunityId',
    { status, at },
  );
const reopenedLater = (at: string) =>
  refuse(
    'opportunity/reopened-later',
    `The deal is recorded as reopened at ${at}, which is later; send closes and reopenings in order of occurredAt.`,
    'opportunityId',
    { at },
  );

/** Decides a change to a deal that must be open at the instant of the change, even if it is recorded late. */
const whenOpen = (
  deal: Deal | undefined,
  context: Context,
  decide: (deal: Deal, inForce: DealFacts) => Decision,
): Decision => {
  if (!deal) return unknownDeal();
  const { status } = statusAt(deal, context.now);
  return isOpenAt(deal, context) ? decide(deal, factsAt(deal, context.now)) : notOpen(status);
};
/** Decides a close; the deal must be open at that instant and have no close or reopening recorded after it. */
const whenClosable = (deal: Deal, { now }: Context, decide: (inForce: DealFacts) => Decision): Decision => {
  const { status } = statusAt(deal, now);
  if (status !== 'open') return notOpen(status);
  const later = statusAfter(deal, now);
  return later ? closedLater(later.value.status, later.from) : decide(factsAt(deal, now));
};

/** In a backfill, an equal role at another instant is recorded: events of the time between may still follow. */
const isNewInBackfill = ({ at }: ContactRole, { mode, now }: Context): boolean => mode === 'backfill' && now !== at;

const closeSnapshotOf = ({ roles }: Deal, { amount, product, owner, source }: DealFacts) => ({
  ...(amount && { amount }),
  leadIds: currentRoles(roles).map(({ leadId }) => leadId),
  ...(product !== undefined && { product }),
  ...(owner !== undefined && { owner }),
  ...(source !== undefined && { source }),
});

/** The codes of a version of `loss-reasons`. */
const codesOf = ({ body }: DefinitionOf<'loss-reasons'>): readonly string[] => body.reasons.map(({ code }) => code);

/** The facts that differ from those in force; undefined if none do. */
const changedFields = <F extends DealFacts>(inForce: DealFacts, changes: F): F | undefined => {
  const changed = Object.entries(changes).filter(([name, value]) => inForce[name as keyof DealFacts] !== value);
  return changed.length > 0 ? (Object.fromEntries(changed) as F) : undefined;
};

/** The field, if it has a value. */
const named = <F extends Readonly<Record<string, string | undefined>>>(field: F) =>
  Object.fromEntries(Object.entries(field).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof F]?: string;
  };
type Agreed = Exclude<ReturnType<typeof placeOf>, Refused>['agreed'];
const agreedBy = (agreed: Agreed) => named({ definition: agreed?.definition });
/** Whether a proposal of the deal, since it was last reopened, is known at an instant. */
const hasOffer = ({ offers }: Deal, at: Instant): boolean => valueAt(offers, at) !== undefined;
/** Whether any proposal of the deal is known. */
const hadOffer = ({ offers }: Deal): boolean => offers.some(({ value }) => value !== undefined);
/** The proposal that the stage stands for to which a deal comes. */
const proposalOf = (opportunityId: string, agreed: Agreed, amount: Money | undefined): NewEvents =>
  agreed?.stage.proposal
    ? [
        {
          type: 'ProposalSent',
          data: { opportunityId, ...(amount && { amount }), definition: agreed.definition },
        },
      ]
    : [];

/** Every fact counts from its own `occurredAt`: it is compared with the value in force then, and later values stay. */
export const opportunityDecider = decider<Deal | undefined, OpportunityCommand, OpportunityEvent, DefinitionBodies>({
  commands: opportunityCommands,
  events: opportunityEvents,
  uses: ['loss-reasons', 'pipeline'],
  initialState: () => undefined,
  decide: {
    OpenOpportunity: (deal, { data: { pipeline, stage, ...data } }, context) => {
      if (deal) return alreadyOpened();
      if (data.amount && data.amount.minor < 0) return negativeAmount('amount');
      const place = placeOf({ ...named({ pipeline }), ...named({ stage }) }, context, 'stage');
      if (place instanceof Refused) return place;
      const at = { ...named({ pipeline: place.pipeline }), stage: place.stage };
      return [
        { type: 'OpportunityOpened', data: { ...data, ...at, ...agreedBy(place.agreed) } },
        ...proposalOf(data.opportunityId, place.agreed, data.amount),
      ];
    },
    MoveOpportunityStage: (deal, { data: { opportunityId, to, pipeline } }, context) =>
      whenOpen(deal, context, (known, inForce) => {
        const { stage: from = '', pipeline: before, amount } = inForce;
        const place = placeOf({ ...named({ pipeline: pipeline ?? before }), stage: to }, context, 'to');
        if (place instanceof Refused) return place;
        const moves = place.pipeline !== before;
        if (from === to && !moves) return [];
        const missing = moves ? undefined : missingForExit(known, place.agreed?.pipeline, to, context.now);
        if (missing instanceof Refused) return missing;
        const moved = { opportunityId, from, to, ...(moves && named({ pipeline: place.pipeline })) };
        return [
          { type: 'OpportunityStageMoved', data: { ...moved, ...agreedBy(place.agreed), ...named({ missing }) } },
          ...(hasOffer(known, context.now) ? [] : proposalOf(opportunityId, place.agreed, amount)),
        ];
      }),
    ChangeOpportunityAmount: (deal, { data: { opportunityId, to } }, context) => {
      if (!deal) return unknownDeal();
      // The amount of a won deal can be corrected; a lost deal earned nothing.
      if (statusAt(deal, context.now).status !== 'won' && !isOpenAt(deal, context)) return notOpen('lost');
      if (to.minor < 0) return negativeAmount('to');
      const { amount: from } = factsAt(deal, context.now);
      if (sameAmount(from, to)) return [];
      return [{ type: 'OpportunityAmountChanged', data: { opportunityId, ...(from && { from }), to } }];
    },
    ChangeOpportunityCloseDate: (deal, { data: { opportunityId, to } }, context) =>
      whenOpen(deal, context, (_, { expectedCloseOn: from }) =>
        from === to
          ? []
          : [
              {
                type: 'OpportunityCloseDateChanged',
                data: { opportunityId, ...(from !== undefined && { from }), to },
              },
            ],
      ),
    // The owner of a closed deal keeps the credit for it.
    AssignOpportunity: (deal, { data: { opportunityId, to } }, context) =>
      whenOpen(deal, context, (_, { owner: from }) =>
        from === to
          ? []
          : [{ type: 'OpportunityOwnerChanged', data: { opportunityId, ...(from !== undefined && { from }), to } }],
      ),
    UpdateOpportunity: (deal, { data: { opportunityId, ...changes } }, context) =>
      whenOpen(deal, context, (_, inForce) => {
        if (Object.keys(changes).length === 0) return nothingToChange('');
        const changed = changedFields(inForce, changes);
        return changed ? [{ type: 'OpportunityUpdated', data: { opportunityId, ...changed } }] : [];
      }),
    ClearOpportunityFact: (deal, { data: { opportunityId, facts } }, context) =>
      whenOpen(deal, context, (_, inForce) => {
        if (facts.length === 0) return nothingToChange('facts');
        const known = [...new Set(facts)].filter((fact) => inForce[clearableFields[fact]] !== undefined);
        return known.length > 0 ? [{ type: 'OpportunityFactsCleared', data: { opportunityId, facts: known } }] : [];
      }),
    AddContactRole: (deal, { data }, context) => {
      if (!deal) return unknownDeal();
      const known = roleOf(deal.roles, data.leadId);
      const same = known?.on && (data.role === undefined || known.role === data.role);
      if (same && !isNewInBackfill(known, context)) return [];
      if (!known && deal.roles.length >= MAX_PEOPLE)
        return refuse(
          'opportunity/too-many-people',
          `The deal already has ${MAX_PEOPLE} people, the most it can have; remove one first.`,
          'leadId',
        );
      return [{ type: 'ContactRoleAdded', data }];
    },
    RemoveContactRole: (deal, { data }, context) => {
      if (!deal) return unknownDeal();
      const known = roleOf(deal.roles, data.leadId);
      return known && (known.on || isNewInBackfill(known, context)) ? [{ type: 'ContactRoleRemoved', data }] : [];
    },
    SendProposal: (deal, { data: { opportunityId, amount: given } }, context) =>
      whenOpen(deal, context, ({ offers }, { amount }) => {
        const offered = given ?? amount;
        if (offered && offered.minor < 0) return negativeAmount('amount');
        const before = valueAt(offers, context.now);
        // another proposal with the same amount is a repetition
        if (before && sameAmount(before.amount, offered)) return [];
        return [{ type: 'ProposalSent', data: { opportunityId, ...(offered && { amount: offered }) } }];
      }),
    WinOpportunity: (deal, { data: { opportunityId, amount: given } }, context) => {
      if (!deal) return unknownDeal();
      const { amount } = factsAt(deal, context.now);
      if (statusAt(deal, context.now).status === 'won' && (!given || sameAmount(amount, given))) return [];
      return whenClosable(deal, context, (inForce) => {
        if (given && given.minor < 0) return negativeAmount('amount');
        const pipelines = context.definition('pipeline');
        const missing = missingForExit(deal, pipelines && pipelineIn(pipelines, inForce), undefined, context.now);
        if (missing instanceof Refused) return missing;
        const signed = given && { amount: given, signedAmount: given };
        const agreed = missing !== undefined && { definition: pipelines!.ref, missing };
        return [
          { type: 'OpportunityWon', data: { opportunityId, ...agreed, ...closeSnapshotOf(deal, inForce), ...signed } },
        ];
      });
    },
    LoseOpportunity: (deal, { data: { opportunityId, reason, competitor } }, context) => {
      if (!deal) return unknownDeal();
      const now = statusAt(deal, context.now);
      if (now.status === 'lost' && now.reason === reason && now.competitor === competitor) return [];
      return whenClosable(deal, context, (inForce) => {
        const reasons = context.definition('loss-reasons');
        const codes = reasons && codesOf(reasons);
        if (codes && !codes.includes(reason))
          return refuse(
            'opportunity/unknown-reason',
            `reason must be one of the agreed loss reasons: ${codes.join(', ')}.`,
            'reason',
            { codes },
          );
        return [
          {
            type: 'OpportunityLost',
            data: {
              opportunityId,
              reason,
              ...(competitor !== undefined && { competitor }),
              ...(reasons && { definition: reasons.ref }),
              ...closeSnapshotOf(deal, inForce),
            },
          },
        ];
      });
    },
    ReopenOpportunity: (deal, { data }, context) => {
      if (!deal) return unknownDeal();
      const { now } = context;
      const status = statusAt(deal, now);
      if (status.status === 'open')
        return status.reopenedFor === data.reason
          ? []
          : refuse(
              'opportunity/not-closed',
              'The deal is open at that instant; only a closed deal can be reopened.',
              'opportunityId',
            );
      const later = statusAfter(deal, now);
      if (later) return reopenedLater(later.from);
      const { stage, pipeline, amount } = factsAt(deal, now);
      const asked = { ...named({ pipeline }), ...named({ stage: data.stage ?? stage }) };
      const place = placeOf(asked, context, 'stage');
      if (place instanceof Refused) return place;
      return [
        { type: 'OpportunityReopened', data: { ...data, ...agreedBy(place.agreed) } },
        ...(data.stage === undefined || hadOffer(deal) ? [] : proposalOf(data.opportunityId, place.agreed, amount)),
      ];
    },
  },
  evolve: dealFolds,
});
