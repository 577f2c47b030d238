import { laterOf, latestValue, valueAt, withValue, type Context, type NewEvent, type Instant } from '@baton/kernel';
import type { LeadEvent } from './lead.events';
import { dealOf, isCapturedLead, withDeal, withPerson, type Deal, type Lead, type Person } from './lead.model';

type Facts = readonly NewEvent<LeadEvent>[];
type DealStage = { readonly stage: 'opportunity' | 'customer'; readonly opportunityId: string | undefined };

const tookPartAtClose = ({ end, part, tookPart }: Deal): boolean =>
  end !== undefined && (tookPart || valueAt(part, end.at) === true);
/** How a deal ended for a person: it takes part in it, or did at the end. */
const outcomeOf = (deal: Deal): Deal['end'] => (deal.on || tookPartAtClose(deal) ? deal.end : undefined);

/**
 * Where the deals of a person put it: a customer by any that stands won, a chance by any open one that it is on. Who was
 * never converted is put nowhere by a role. Leads merged into this one count by how far their own deals brought them.
 */
const dealStageOf = ({ deals, mergedFacts: union }: Person): DealStage | undefined => {
  const lent = (stage: DealStage['stage']) => union?.mergedLeads.some((part) => part.stage?.stage === stage) ?? false;
  const [wonBefore, openBefore] = [lent('customer'), lent('opportunity')];
  if (!wonBefore && !openBefore && deals.every(({ convertedAt }) => convertedAt === undefined)) return undefined;
  const won = deals.find((deal) => outcomeOf(deal)?.how === 'won');
  if (won || wonBefore) return { stage: 'customer', opportunityId: won?.opportunityId };
  const open = deals.find(({ on, end }) => on && end === undefined);
  if (open || openBefore) return { stage: 'opportunity', opportunityId: open?.opportunityId };
  return undefined;
};

/** When a deal was over for the person: at the end that it took part in, else when it left; '' while it is not. */
const endedAtOf = (deal: Deal): Instant => {
  const { on, end, part } = deal;
  if (end && tookPartAtClose(deal)) return end.at;
  if (on && !end) return '';
  return part.findLast(({ from, value }) => !value && (!end || from <= end.at))?.from ?? '';
};
/** The instant at which the last of its deals was over for it, now at the earliest. */
const lastDealEndedAt = ({ deals }: Person, now: Instant): Instant =>
  deals.reduce((latest, deal) => [endedAtOf(deal), deal.convertedAt ?? ''].reduce(laterOf, latest), now);
/** The first contact after an instant that was not sales' own. */
export const firstContactAfter = ({ touches }: Person, since: Instant): Instant | undefined => {
  let first: Instant | undefined;
  for (let place = 0; place < touches.length; place++) {
    const { at, bySales } = touches.at(place)!;
    if (!bySales && at > since && (first === undefined || at < first)) first = at;
  }
  return first;
};
const firstConvertedAt = ({ deals }: Person): Instant =>
  deals.flatMap(({ convertedAt }) => convertedAt ?? []).sort()[0] ?? '';

/**
 * What follows from facts about deals. A person is at `opportunity` only while on an open deal: when the last one closes,
 * or it leaves that, it is a customer if any of its deals stands won, and goes back to marketing otherwise; a deal that is
 * opened again takes it back. Whoever is disqualified stays so.
 */
export const withDealConsequences = (
  state: Lead,
  facts: Facts,
  { now }: Context,
  after: (facts: Facts) => Lead,
): Facts => {
  const next = after(facts);
  if (!isCapturedLead(state) || !isCapturedLead(next) || next.stage === 'disqualified') return facts;
  const { stage, person } = next;
  const [before, dealStage] = [dealStageOf(state.person), dealStageOf(person)];
  const { leadId } = person;
  const opportunityId = dealStage?.opportunityId;
  const changed = before?.stage !== dealStage?.stage;
  const dated = (at: Instant) => (at > now ? { occurredAt: at } : {});
  if (dealStage && opportunityId === undefined) return facts; // as far as another lead of the person lends
  if (dealStage?.stage === 'customer' && stage !== 'customer' && (changed || stage === 'opportunity')) {
    const won: NewEvent<LeadEvent> = {
      type: 'LeadBecameCustomer',
      ...dated(firstConvertedAt(person)),
      data: { leadId, opportunityId: opportunityId! },
    };
    // That it is a customer says that the deal is won, where it says so of the same instant.
    const others = facts.filter(
      ({ type, data }) =>
        type !== 'LeadOpportunityWon' ||
        data.opportunityId !== opportunityId ||
        data.closedAt !== undefined ||
        won.occurredAt !== undefined,
    );
    return [...others, won];
  }
  if (dealStage?.stage === 'opportunity' && changed && stage !== 'opportunity')
    return [...facts, { type: 'LeadReturnedToOpportunity', data: { leadId, opportunityId: opportunityId! } }];
  const over = lastDealEndedAt(person, '');
  // It was taken up again after an end that, as is known now, was not the last one.
  const converted = person.deals.some(({ convertedAt }) => convertedAt !== undefined);
  const tookUp =
    stage === 'lead' &&
    converted &&
    over > lastDealEndedAt(state.person, '') &&
    firstContactAfter(person, over) === undefined;
  const leaves = stage === 'opportunity' || (stage === 'customer' && changed) || tookUp;
  if (dealStage !== undefined || !leaves) return facts;
  const reason = person.deals.some((deal) => outcomeOf(deal)?.how === 'lost') ? 'deal-lost' : 'deal-left';
  return [...facts, { type: 'LeadRecycled', ...dated(lastDealEndedAt(person, now)), data: { leadId, reason } }];
};

const withPart = (person: Person, opportunityId: string, at: Instant, on: boolean): Pick<Deal, 'part'> => ({
  part: withValue(dealOf(person, opportunityId)?.part ?? [], at, on),
});
/** The deals of a person after an event about one of them; late news of an earlier instant change nothing later. */
export const withDealJoined = (person: Person, opportunityId: string, at: Instant, news: Partial<Deal>): Person =>
  withDeal(person, opportunityId, { ...news, ...withPart(person, opportunityId, at, true) });
/** @param tookPart it was on the deal when that closed: the end still counts for it */
export const withDealLeft = (person: Person, opportunityId: string, at: Instant, tookPart?: boolean): Person => {
  const news = withPart(person, opportunityId, at, false);
  return withDeal(person, opportunityId, { ...news, joined: latestValue(news.part) === true, tookPart });
};
/** The latest instant at which a person came to a deal, or left it; undefined: never. */
export const lastChangeOfPart = ({ part }: Deal, on: boolean): Instant | undefined =>
  part.findLast(({ value }) => value === on)?.from;
export const closedDeal = (person: Person, opportunityId: string, how: 'won' | 'lost', at: Instant): Person =>
  dealOf(person, opportunityId)?.end?.how === how ? person : withDeal(person, opportunityId, { end: { how, at } });

/**
 * The lead with news of its deals. Where those gave it back, it is so since they are over for it, as is known now: it may
 * have left one before that closed.
 */
export const withDealChange = (state: Lead, change: (person: Person) => Person): Lead => {
  const next = withPerson(state, change);
  if (!isCapturedLead(state) || !('since' in state) || !isCapturedLead(next) || !('since' in next)) return next;
  return state.since === lastDealEndedAt(state.person, '')
    ? { ...next, since: lastDealEndedAt(next.person, '') }
    : next;
};
