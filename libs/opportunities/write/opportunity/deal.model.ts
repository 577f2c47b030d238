import {
  FROM_THE_START,
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

/** What is known of a deal at an instant; what is absent is not known. */
export interface DealFacts {
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
  ...(['stage', 'amount', 'expectedCloseOn', 'name', 'account', 'product', 'owner', 'source'] as const),
] as const satisfies readonly FactName[];

/** Where each fact that can be cleared stands. */
export const clearedFields = {
  ...{ name: 'name', account: 'account', product: 'product', owner: 'owner', source: 'source' },
  'expected-close': 'expectedCloseOn',
} as const satisfies Readonly<Record<OpportunityFact, keyof DealFacts>>;

/** Whether a deal is open, and what the last close or reopening said. */
export type DealStatusFact =
  | { readonly status: 'open'; readonly reopenedFor?: string }
  | { readonly status: 'won' }
  | { readonly status: 'lost'; readonly reason: string; readonly competitor?: string };

/** An offer: the amount it was made with. */
type Offer = { readonly amount?: Money };

/**
 * A deal through time. Its opening is its beginning: what it says holds until something else is said, also of an
 * earlier instant.
 */
export interface Deal {
  readonly openedAt: Instant;
  /** Closes and reopenings follow each other: none is ever recorded before another one. */
  readonly status: Register<DealStatusFact>;
  readonly facts: { readonly [F in FactName]: Register<DealFacts[F]> };
  /** The offers; undefined where the deal was opened again. */
  readonly offers: Register<Offer | undefined>;
  /** The people on the deal and those who left it. */
  readonly roles: ContactRoles;
}

/** Are these the same amount, or both not known? */
export const sameAmount = (a: Money | undefined, b: Money | undefined): boolean =>
  a?.minor === b?.minor && a?.currency === b?.currency;

/** What was in force at an instant. */
export const factsAt = (deal: Deal, at: Instant): DealFacts => factsBy(deal, (register) => valueAt(register, at));
/** What holds now. */
export const latestFacts = (deal: Deal): DealFacts => factsBy(deal, latestValue);
const factsBy = (
  { facts }: Deal,
  valueOf: (register: Register<DealFacts[FactName]>) => DealFacts[FactName],
): DealFacts =>
  Object.fromEntries(
    factNames.flatMap((name) => {
      const value = valueOf(facts[name]);
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** Open, won or lost at an instant. */
export const statusAt = ({ status: standing }: Deal, at: Instant): DealStatusFact => valueAt(standing, at)!;
/** The close or reopening that is known of the time after an instant; undefined for none. */
export const statusAfter = ({ status: standing }: Deal, at: Instant): Register<DealStatusFact>[number] | undefined =>
  valuesAfter(standing, at)[0];
/**
 * May something be said of the open deal at this instant? In a history, what is dated at the very instant of the close
 * came before it.
 */
export const isOpenAt = ({ status: standing }: Deal, { now, mode }: Pick<Context, 'now' | 'mode'>): boolean =>
  valueAt(standing, now)!.status === 'open' || (mode === 'backfill' && valueBefore(standing, now)?.status === 'open');
/** The close that stands, with its instant; undefined while the deal is open. */
export const currentClose = ({
  status: standing,
}: Deal): { readonly at: Instant; readonly outcome: 'won' | 'lost' } | undefined => {
  const { from: at, value } = standing.at(-1)!;
  return value.status === 'open' ? undefined : { at, outcome: value.status };
};
/** What the deal was worth at an instant, and after each later change, oldest first; nothing where it was not known. */
export const amountsFrom = (
  { facts: { amount } }: Deal,
  at: Instant,
): readonly { readonly at: Instant; readonly amount: Money }[] =>
  [{ from: at, value: valueAt(amount, at) }, ...valuesAfter(amount, at)].flatMap(({ from, value }) =>
    value === undefined ? [] : [{ at: from, amount: value }],
  );

const withFacts = (deal: Deal, at: Instant, said: DealFacts): Deal => ({
  ...deal,
  facts: Object.fromEntries(
    factNames.map((name) => {
      const known = deal.facts[name] as Register<DealFacts[FactName]>;
      return [name, name in said ? withValue(known, at, said[name]) : known];
    }),
  ) as unknown as Deal['facts'],
});
const withStatus = (deal: Deal, at: Instant, standing: DealStatusFact): Deal => ({
  ...deal,
  status: withValue(deal.status, at, standing),
});

type Fold<T extends OpportunityEvent['type']> = (
  deal: Deal | undefined,
  event: DatedEvent<Extract<OpportunityEvent, { type: T }>>,
) => Deal;
/** Every stream begins with `OpportunityOpened`; one that does not was not written by these commands. */
const known = (deal: Deal | undefined): Deal => {
  if (!deal) throw new Error('opportunity: the stream does not begin with OpportunityOpened');
  return deal;
};
const said = ({ opportunityId: _, ...facts }: DealFacts & { readonly opportunityId: string }): DealFacts => facts;
const nothingSaid = Object.fromEntries(factNames.map((name) => [name, []])) as unknown as Deal['facts'];

/** What each event makes of a deal. Facts, closes, people and offers count by their instants, however late they are told. */
export const dealFolds: { readonly [T in OpportunityEvent['type']]: Fold<T> } = {
  OpportunityOpened: (_, { data, occurredAt: openedAt }) =>
    withFacts(
      {
        openedAt,
        status: [{ from: FROM_THE_START, value: { status: 'open' } }],
        facts: nothingSaid,
        offers: [],
        roles: [],
      },
      FROM_THE_START,
      said(data),
    ),
  OpportunityStageMoved: (deal, { data, occurredAt }) => withFacts(known(deal), occurredAt, { stage: data.to }),
  OpportunityAmountChanged: (deal, { data, occurredAt }) => withFacts(known(deal), occurredAt, { amount: data.to }),
  OpportunityCloseDateChanged: (deal, { data, occurredAt }) =>
    withFacts(known(deal), occurredAt, { expectedCloseOn: data.to }),
  OpportunityOwnerChanged: (deal, { data, occurredAt }) => withFacts(known(deal), occurredAt, { owner: data.to }),
  OpportunityUpdated: (deal, { data, occurredAt }) => withFacts(known(deal), occurredAt, said(data)),
  OpportunityFactsCleared: (deal, { data: { facts }, occurredAt }) =>
    withFacts(known(deal), occurredAt, Object.fromEntries(facts.map((fact) => [clearedFields[fact], undefined]))),
  ContactRoleAdded: (deal, event) => ({ ...known(deal), roles: withRole(known(deal).roles, event) }),
  ContactRoleRemoved: (deal, event) => ({ ...known(deal), roles: withRole(known(deal).roles, event) }),
  ProposalSent: (deal, { data: { amount }, occurredAt }) => ({
    ...known(deal),
    offers: withValue(known(deal).offers, occurredAt, amount ? { amount } : {}),
  }),
  OpportunityWon: (deal, { data: { signedAmount: amount }, occurredAt }) =>
    withStatus(amount ? withFacts(known(deal), occurredAt, { amount }) : known(deal), occurredAt, { status: 'won' }),
  OpportunityLost: (deal, { data: { reason, competitor }, occurredAt }) =>
    withStatus(known(deal), occurredAt, {
      ...{ status: 'lost', reason },
      ...(competitor !== undefined && { competitor }),
    }),
  OpportunityReopened: (deal, { data: { stage, reason }, occurredAt }) => {
    const open = withStatus(known(deal), occurredAt, { status: 'open', reopenedFor: reason });
    const offers = withValue(open.offers, occurredAt, undefined);
    return { ...(stage === undefined ? open : withFacts(open, occurredAt, { stage })), offers };
  },
};

/** The deal after its events, up to an instant where one is given; undefined where it was never opened. */
export const dealAfter = (stream: readonly DatedEvent<OpportunityEvent>[], until?: Instant): Deal | undefined => {
  const folds = dealFolds as unknown as Record<string, (deal: Deal | undefined, event: DatedEvent) => Deal>;
  return stream.reduce<Deal | undefined>(
    (deal, event) =>
      until === undefined || event.type === 'OpportunityOpened' || event.occurredAt <= until
        ? folds[event.type]!(deal, event)
        : deal,
    undefined,
  );
};
