import { laterOf, type Context, type Fact, type Instant } from '@baton/kernel';
import type { LeadEvent } from './lead.events';
import { isKnown, withDeal, type Deal, type Lead, type Person } from './lead.model';

type Facts = readonly Fact<LeadEvent>[];
type DealStage = { readonly stage: 'opportunity' | 'customer'; readonly opportunityId: string | undefined };

/**
 * Where the deals of a person put it: a customer by any that stands won, a chance by any open one that it is on. Who was
 * never converted is put nowhere by a role. Leads merged into this one count by how far their own deals brought them.
 */
const dealStageOf = ({ deals, union }: Person): DealStage | undefined => {
  const lent = (stage: DealStage['stage']) => union?.parts.some((part) => part.stage?.stage === stage) ?? false;
  const [wonBefore, openBefore] = [lent('customer'), lent('opportunity')];
  if (!wonBefore && !openBefore && deals.every(({ convertedAt }) => convertedAt === undefined)) return undefined;
  const won = deals.find(({ end }) => end?.how === 'won');
  if (won || wonBefore) return { stage: 'customer', opportunityId: won?.opportunityId };
  const open = deals.find(({ on, end }) => on && end === undefined);
  if (open || openBefore) return { stage: 'opportunity', opportunityId: open?.opportunityId };
  return undefined;
};

/** The instant at which the last of its deals was over for it, now at the earliest. */
const overAt = ({ deals }: Person, now: Instant): Instant =>
  deals.reduce(
    (latest, { on, joinedAt = '', leftAt = '', end, convertedAt = '' }) =>
      [on ? joinedAt : '', end ? end.at : leftAt, convertedAt].reduce(laterOf, latest),
    now,
  );
const convertedFirst = ({ deals }: Person): Instant =>
  deals.flatMap(({ convertedAt }) => convertedAt ?? []).sort()[0] ?? '';

/**
 * What follows from facts about deals. A person is at `opportunity` only while on an open deal: when the last one closes,
 * or it leaves that, it is a customer if any of its deals stands won, and goes back to marketing otherwise; a deal that is
 * opened again takes it back. Whoever is disqualified stays so.
 */
export const followedByDeals = (state: Lead, facts: Facts, { now }: Context, after: (facts: Facts) => Lead): Facts => {
  const next = after(facts);
  if (!isKnown(state) || !isKnown(next) || next.stage === 'disqualified') return facts;
  const { stage, person } = next;
  const [before, its] = [dealStageOf(state.person), dealStageOf(person)];
  const { leadId } = person;
  const opportunityId = its?.opportunityId;
  const changed = before?.stage !== its?.stage;
  const dated = (at: Instant) => (at > now ? { occurredAt: at } : {});
  if (its && opportunityId === undefined) return facts; // as far as another lead of the person lends
  if (its?.stage === 'customer' && stage !== 'customer' && (changed || stage === 'opportunity')) {
    const won: Fact<LeadEvent> = {
      type: 'LeadBecameCustomer',
      ...dated(convertedFirst(person)),
      data: { leadId, opportunityId: opportunityId! },
    };
    const said = facts.filter(
      ({ type, data }) => type !== 'LeadOpportunityWon' || data.opportunityId !== opportunityId,
    );
    return [...said, won];
  }
  if (its?.stage === 'opportunity' && changed && stage !== 'opportunity')
    return [...facts, { type: 'LeadReturnedToOpportunity', data: { leadId, opportunityId: opportunityId! } }];
  const leaves = stage === 'opportunity' || (stage === 'customer' && changed);
  if (its !== undefined || !leaves) return facts;
  const reason = person.deals.some(({ end }) => end?.how === 'lost') ? 'deal-lost' : 'deal-left';
  return [...facts, { type: 'LeadRecycled', ...dated(overAt(person, now)), data: { leadId, reason } }];
};

/** The deals of a person after an event about one of them; late news of an earlier instant change nothing later. */
export const joinedDeal = (person: Person, opportunityId: string, at: Instant, news: Partial<Deal>): Person => {
  const known = person.deals.find((deal) => deal.opportunityId === opportunityId);
  const on = at >= (known?.leftAt ?? '');
  return withDeal(person, opportunityId, { ...news, on, joinedAt: laterOf(known?.joinedAt ?? '', at) });
};
/** @param tookPart it was on the deal when that closed: the end still counts for it */
export const leftDeal = (person: Person, opportunityId: string, at: Instant, tookPart?: boolean): Person => {
  const known = person.deals.find((deal) => deal.opportunityId === opportunityId);
  const on = at < (known?.joinedAt ?? '');
  const end = on || tookPart ? known?.end : undefined;
  return withDeal(person, opportunityId, { on, joined: on, leftAt: laterOf(known?.leftAt ?? '', at), end });
};
export const closedDeal = (person: Person, opportunityId: string, how: 'won' | 'lost', at: Instant): Person => {
  const known = person.deals.find((deal) => deal.opportunityId === opportunityId);
  return known?.end?.how === how ? person : withDeal(person, opportunityId, { end: { how, at } });
};
