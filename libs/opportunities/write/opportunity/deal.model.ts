import {
  FROM_THE_START,
  laterOf,
  latestValue,
  valueAt,
  valueBefore,
  valuesAfter,
  withValue,
  type Context,
  type Day,
  type DatedEvent,
  type Instant,
  type Money,
  type Register,
} from '@baton/kernel';
import type { OpportunityEvent, OpportunityFact } from './opportunity.events';
import { withRole, type ContactRoles } from './roles.rules';

/** The fields of a deal at an instant; absent fields are unknown. */
export interface DealFacts {
  readonly pipeline?: string;
  readonly stage?: string;
  readonly amount?: Money;
  readonly expectedCloseOn?: Day;
  readonly name?: string;
  readonly account?: string;
  readonly product?: string;
  readonly owner?: string;
  readonly source?: string;
}
type FactName = keyof DealFacts;
const factNames = [
  ...(['pipeline', 'stage', 'amount', 'expectedCloseOn', 'name', 'account', 'product', 'owner', 'source'] as const),
] as const satisfies readonly FactName[];

/** The field that each clearable fact is stored in. */
export const clearableFields = {
  ...{ name: 'name', account: 'account', product: 'product', owner: 'owner', source: 'source' },
  'expected-close': 'expectedCloseOn',
} as const satisfies Readonly<Record<OpportunityFact, keyof DealFacts>>;

/** The status of a deal, with the details of its last close or reopening. */
export type DealStatusFact =
  | { readonly status: 'open'; readonly reopenedFor?: string }
  | { readonly status: 'won' }
  | { readonly status: 'lost'; readonly reason: string; readonly competitor?: string };

/** A proposal, with its amount. */
type Offer = { readonly amount?: Money };

/**
 * A deal with the history of each field. Fields given at the opening count from the beginning of time, so that a change
 * dated before the opening still replaces them.
 */
export interface Deal {
  readonly openedAt: Instant;
  /** Closes and reopenings alternate: none is ever recorded before an existing one. */
  readonly status: Register<DealStatusFact>;
  readonly facts: { readonly [F in FactName]: Register<DealFacts[F]> };
  /** The proposals; undefined marks a reopening. */
  readonly offers: Register<Offer | undefined>;
  /** Everybody who has, or had, a role in the deal. */
  readonly roles: ContactRoles;
}

/** Whether the amounts are equal, or both unknown. */
export const sameAmount = (a: Money | undefined, b: Money | undefined): boolean =>
  a?.minor === b?.minor && a?.currency === b?.currency;

/** The fields of the deal at an instant. */
export const factsAt = (deal: Deal, at: Instant): DealFacts => fieldsBy(deal, (register) => valueAt(register, at));
/** The current fields of the deal. */
export const latestFacts = (deal: Deal): DealFacts => fieldsBy(deal, latestValue);
const fieldsBy = (
  { facts }: Deal,
  valueOf: (register: Register<DealFacts[FactName]>) => DealFacts[FactName],
): DealFacts =>
  Object.fromEntries(
    factNames.flatMap((name) => {
      const value = valueOf(facts[name]);
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** Since when the deal is in the stage in which it is at an instant: its latest reopening begins a new stay. */
export const stageSince = ({ openedAt, status, facts: { stage } }: Deal, at: Instant): Instant => {
  const known = stage.filter(({ from }) => from <= at);
  const first = known.findLastIndex(({ value }, index) => value !== known[index - 1]?.value);
  const reopened = status.findLast(({ from, value }) => from <= at && value.status === 'open')?.from ?? FROM_THE_START;
  return [known[first]?.from ?? FROM_THE_START, reopened, openedAt].reduce(laterOf);
};

/** Open, won or lost at an instant. */
export const statusAt = ({ status }: Deal, at: Instant): DealStatusFact => valueAt(status, at)!;
/** The first close or reopening after an instant; undefined if there is none. */
export const statusAfter = ({ status }: Deal, at: Instant): Register<DealStatusFact>[number] | undefined =>
  valuesAfter(status, at)[0];
/**
 * Whether the deal can be changed at this instant. In a backfill, a change dated at the very instant of the close
 * counts as made before it.
 */
export const isOpenAt = ({ status }: Deal, { now, mode }: Pick<Context, 'now' | 'mode'>): boolean =>
  valueAt(status, now)!.status === 'open' || (mode === 'backfill' && valueBefore(status, now)?.status === 'open');
/** The current close, with its instant; undefined while the deal is open. */
export const currentClose = ({
  status,
}: Deal): { readonly at: Instant; readonly outcome: 'won' | 'lost' } | undefined => {
  const { from: at, value } = status.at(-1)!;
  return value.status === 'open' ? undefined : { at, outcome: value.status };
};
/** The amount of the deal at an instant and after each later change, oldest first; unknown amounts are left out. */
export const amountsFrom = (
  { facts: { amount } }: Deal,
  at: Instant,
): readonly { readonly at: Instant; readonly amount: Money }[] =>
  [{ from: at, value: valueAt(amount, at) }, ...valuesAfter(amount, at)].flatMap(({ from, value }) =>
    value === undefined ? [] : [{ at: from, amount: value }],
  );

const withFacts = (deal: Deal, at: Instant, facts: DealFacts): Deal => ({
  ...deal,
  facts: Object.fromEntries(
    factNames.map((name) => {
      const known = deal.facts[name] as Register<DealFacts[FactName]>;
      return [name, name in facts ? withValue(known, at, facts[name]) : known];
    }),
  ) as unknown as Deal['facts'],
});
const withStatus = (deal: Deal, at: Instant, status: DealStatusFact): Deal => ({
  ...deal,
  status: withValue(deal.status, at, status),
});

type Fold<T extends OpportunityEvent['type']> = (
  deal: Deal | undefined,
  event: DatedEvent<Extract<OpportunityEvent, { type: T }>>,
) => Deal;
/** Every stream begins with `OpportunityOpened`; a stream that does not was written by something else. */
const requireOpened = (deal: Deal | undefined): Deal => {
  if (!deal) throw new Error('opportunity: the stream does not begin with OpportunityOpened');
  return deal;
};
const fieldsOf = ({
  opportunityId: _,
  definition: __,
  ...facts
}: DealFacts & { readonly opportunityId: string; readonly definition?: string }): DealFacts => facts;
const emptyFields = Object.fromEntries(factNames.map((name) => [name, []])) as unknown as Deal['facts'];

/** How each event changes a deal. Every event counts from its `occurredAt`, however late it is recorded. */
export const dealFolds: { readonly [T in OpportunityEvent['type']]: Fold<T> } = {
  OpportunityOpened: (_, { data, occurredAt: openedAt }) =>
    withFacts(
      {
        openedAt,
        status: [{ from: FROM_THE_START, value: { status: 'open' } }],
        facts: emptyFields,
        offers: [],
        roles: [],
      },
      FROM_THE_START,
      fieldsOf(data),
    ),
  OpportunityStageMoved: (deal, { data, occurredAt }) =>
    withFacts(requireOpened(deal), occurredAt, {
      stage: data.to,
      ...(data.pipeline !== undefined && { pipeline: data.pipeline }),
    }),
  OpportunityAmountChanged: (deal, { data, occurredAt }) =>
    withFacts(requireOpened(deal), occurredAt, { amount: data.to }),
  OpportunityCloseDateChanged: (deal, { data, occurredAt }) =>
    withFacts(requireOpened(deal), occurredAt, { expectedCloseOn: data.to }),
  OpportunityOwnerChanged: (deal, { data, occurredAt }) =>
    withFacts(requireOpened(deal), occurredAt, { owner: data.to }),
  OpportunityUpdated: (deal, { data, occurredAt }) => withFacts(requireOpened(deal), occurredAt, fieldsOf(data)),
  OpportunityFactsCleared: (deal, { data: { facts }, occurredAt }) =>
    withFacts(
      requireOpened(deal),
      occurredAt,
      Object.fromEntries(facts.map((fact) => [clearableFields[fact], undefined])),
    ),
  ContactRoleAdded: (deal, event) => ({ ...requireOpened(deal), roles: withRole(requireOpened(deal).roles, event) }),
  ContactRoleRemoved: (deal, event) => ({ ...requireOpened(deal), roles: withRole(requireOpened(deal).roles, event) }),
  ProposalSent: (deal, { data: { amount }, occurredAt }) => ({
    ...requireOpened(deal),
    offers: withValue(requireOpened(deal).offers, occurredAt, amount ? { amount } : {}),
  }),
  OpportunityWon: (deal, { data: { signedAmount: amount }, occurredAt }) =>
    withStatus(amount ? withFacts(requireOpened(deal), occurredAt, { amount }) : requireOpened(deal), occurredAt, {
      status: 'won',
    }),
  OpportunityLost: (deal, { data: { reason, competitor }, occurredAt }) =>
    withStatus(requireOpened(deal), occurredAt, {
      ...{ status: 'lost', reason },
      ...(competitor !== undefined && { competitor }),
    }),
  OpportunityReopened: (deal, { data: { stage, reason }, occurredAt }) => {
    const open = withStatus(requireOpened(deal), occurredAt, { status: 'open', reopenedFor: reason });
    const offers = withValue(open.offers, occurredAt, undefined);
    return { ...(stage === undefined ? open : withFacts(open, occurredAt, { stage })), offers };
  },
};

/** The deal after its events, up to an instant if one is given; undefined if it was never opened. */
export const foldDeal = (stream: readonly DatedEvent<OpportunityEvent>[], until?: Instant): Deal | undefined => {
  const folds = dealFolds as unknown as Record<string, (deal: Deal | undefined, event: DatedEvent) => Deal>;
  return stream.reduce<Deal | undefined>(
    (deal, event) =>
      until === undefined || event.type === 'OpportunityOpened' || event.occurredAt <= until
        ? folds[event.type]!(deal, event)
        : deal,
    undefined,
  );
};
