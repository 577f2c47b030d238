import { laterOf, latestValue, valueAt, withValue, type Context, type NewEvent, type Instant } from '@baton/kernel';
import type { LeadEvent } from './lead.events';
import { dealOf, isCapturedLead, withDeal, withPerson, type Deal, type Lead, type Person } from './lead.model';

type Facts = readonly NewEvent<LeadEvent>[];
type DealStage = { readonly stage: 'opportunity' | 'customer'; readonly opportunityId: string | undefined };

const tookPartAtClose = ({ end, part, tookPart }: Deal): boolean =>
  end !== undefined && (tookPart || valueAt(part, end.at) === true);
/** The outcome of a deal for a person who is on it, or was when it closed. */
const outcomeOf = (deal: Deal): Deal['end'] => (deal.on || tookPartAtClose(deal) ? deal.end : undefined);

/**
 * The stage that follows from the deals of a person: customer with any won deal, opportunity with any open one. Undefined
 * for a lead that was never converted: a role alone changes no stage. Merged leads count by their stage.
 */
const dealStageOf = ({ deals, mergedFacts: union }: Person): DealStage | undefined => {
  const isMergedStage = (stage: DealStage['stage']) =>
    union?.mergedLeads.some((part) => part.stage?.stage === stage) ?? false;
  const [wonBefore, openBefore] = [isMergedStage('customer'), isMergedStage('opportunity')];
  if (!wonBefore && !openBefore && deals.every(({ convertedAt }) => convertedAt === undefined)) return undefined;
  const won = deals.find((deal) => outcomeOf(deal)?.how === 'won');
  if (won || wonBefore) return { stage: 'customer', opportunityId: won?.opportunityId };
  const open = deals.find(({ on, end }) => on && end === undefined);
  if (open || openBefore) return { stage: 'opportunity', opportunityId: open?.opportunityId };
  return undefined;
};

/** When a deal ended for the person: when it closed, or when the person left it before; '' while it has not. */
const endedAtOf = (deal: Deal): Instant => {
  const { on, end, part } = deal;
  if (end && tookPartAtClose(deal)) return end.at;
  if (on && !end) return '';
  return part.findLast(({ from, value }) => !value && (!end || from <= end.at))?.from ?? '';
};
/** When the last of the deals ended for the person, `now` at the earliest. */
const lastDealEndedAt = ({ deals }: Person, now: Instant): Instant =>
  deals.reduce((latest, deal) => [endedAtOf(deal), deal.convertedAt ?? ''].reduce(laterOf, latest), now);
/** The first touch after an instant, touches that sales started left out. */
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
 * Adds the moves that follow from events about deals. A lead is at `opportunity` only while it is on an open deal. When the
 * last one closes or the lead leaves it, the lead becomes a customer if any of its deals was won, and is recycled otherwise;
 * a reopened deal moves it back to `opportunity`. A disqualified lead does not move.
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
  if (dealStage && opportunityId === undefined) return facts; // the stage comes from a merged lead
  if (dealStage?.stage === 'customer' && stage !== 'customer' && (changed || stage === 'opportunity')) {
    const won: NewEvent<LeadEvent> = {
      type: 'LeadBecameCustomer',
      ...dated(firstConvertedAt(person)),
      data: { leadId, opportunityId: opportunityId! },
    };
    // LeadBecameCustomer implies LeadOpportunityWon at the same instant, so the latter is omitted.
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
  // The lead was re-engaged after the end of a deal that turns out not to be the last one.
  const converted = person.deals.some(({ convertedAt }) => convertedAt !== undefined);
  const wasReengagedTooEarly =
    stage === 'lead' &&
    converted &&
    over > lastDealEndedAt(state.person, '') &&
    firstContactAfter(person, over) === undefined;
  const leaves = stage === 'opportunity' || (stage === 'customer' && changed) || wasReengagedTooEarly;
  if (dealStage !== undefined || !leaves) return facts;
  const reason = person.deals.some((deal) => outcomeOf(deal)?.how === 'lost') ? 'deal-lost' : 'deal-left';
  return [...facts, { type: 'LeadRecycled', ...dated(lastDealEndedAt(person, now)), data: { leadId, reason } }];
};

const withPart = (person: Person, opportunityId: string, at: Instant, on: boolean): Pick<Deal, 'part'> => ({
  part: withValue(dealOf(person, opportunityId)?.part ?? [], at, on),
});
/** The person after joining a deal; an event recorded late does not change what happened after it. */
export const withDealJoined = (person: Person, opportunityId: string, at: Instant, news: Partial<Deal>): Person =>
  withDeal(person, opportunityId, { ...news, ...withPart(person, opportunityId, at, true) });
/** @param tookPart true if the person was on the deal when it closed, so that the outcome still counts */
export const withDealLeft = (person: Person, opportunityId: string, at: Instant, tookPart?: boolean): Person => {
  const news = withPart(person, opportunityId, at, false);
  return withDeal(person, opportunityId, { ...news, joined: latestValue(news.part) === true, tookPart });
};
/** When the person last joined (`on`) or left a deal; undefined for never. */
export const lastChangeOfPart = ({ part }: Deal, on: boolean): Instant | undefined =>
  part.findLast(({ value }) => value === on)?.from;
export const closedDeal = (person: Person, opportunityId: string, how: 'won' | 'lost', at: Instant): Person =>
  dealOf(person, opportunityId)?.end?.how === how ? person : withDeal(person, opportunityId, { end: { how, at } });

/**
 * The lead with a changed deal. If its deals had recycled it, the time of that is corrected to when they ended as known now,
 * because the lead may have left a deal before it closed.
 */
export const withDealChange = (state: Lead, change: (person: Person) => Person): Lead => {
  const next = withPerson(state, change);
  if (!isCapturedLead(state) || !('since' in state) || !isCapturedLead(next) || !('since' in next)) return next;
  return state.since === lastDealEndedAt(state.person, '')
    ? { ...next, since: lastDealEndedAt(next.person, '') }
    : next;
};
