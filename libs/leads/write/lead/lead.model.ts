import {
  laterOf,
  latestValue,
  isSaid,
  type Context,
  type NewEvent,
  type DatedEvent,
  type Instant,
  type Json,
  type Register,
} from '@baton/kernel';
import type { CriteriaFacts, TouchFact } from '@baton/definitions';
import type { ClockTransition, SlaClock } from '@baton/sla-clocks';
import { handoffsAfter, type Handoff } from './handoffs.rules';
import { personalFacts, type LeadEvent } from './lead.events';
import { factsAfter, personalNow, profileNow, type OwnFacts } from './profile.model';
import type { TouchLog } from './touch-log.model';
import type { LeadTouch } from './merged-facts.events';

/** A deal of the person, as this lead has heard of it. */
export interface Deal {
  readonly opportunityId: string;
  /** Whether it took part, through time; and does so now. */
  readonly part: Register<boolean>;
  readonly on: boolean;
  /** Its role was told (`LeadJoinedOpportunity`), not only its conversion. */
  readonly joined: boolean;
  /** Was it told to have taken part when the deal closed? */
  readonly tookPart?: boolean | undefined;
  readonly convertedAt?: Instant;
  readonly role?: string;
  /** How the deal stands closed for the person, and since when; absent while it is open. */
  readonly end?: undefined | { readonly how: 'won' | 'lost'; readonly at: Instant };
}

/** An obligation of sales to the lead, and what was said of it. */
export interface LeadClock extends SlaClock {
  /** The versions under which it started and is judged: `sla-policy@2`, `business-calendar@1`. */
  readonly definition: string;
  readonly calendar?: string;
  /** Which calendar of it, by its code; absent: its own hours. */
  readonly calendarCode?: string;
  /** How many answers it takes, and whether the last of them counts. */
  readonly times?: number;
  readonly last?: boolean;
  readonly rep?: string;
  /** The queue that the lead came through. */
  readonly queue?: string;
  /** What time alone will say of it, in order. */
  readonly transitions: readonly ClockTransition[];
  /** Its breach is recorded. */
  readonly breached?: true;
  /** The steps of the escalation that were taken. */
  readonly escalated: readonly number[];
}

/** The earliest contact, as its source reported it. */
export interface FirstTouch {
  readonly id: string;
  readonly at: Instant;
  readonly action: string;
  readonly channel?: string;
  readonly source?: string;
  readonly medium?: string;
  readonly campaign?: string;
  readonly content?: string;
  readonly page?: string;
  readonly referrer?: string;
}
/** The event that qualified a lead, and what met the definition. */
export interface QualificationRecord {
  readonly eventId: string;
  readonly at: Instant;
  readonly evidence?: Json;
  /** Somebody said in words what met it; what they say stands in the event. */
  readonly stated?: boolean;
}

/** Where a conversion leads: another deal does not make a customer less than one. */
export const convertedFrom = (stage: Lead['stage']): 'opportunity' | 'customer' =>
  stage === 'customer' ? stage : 'opportunity';

/** What a lead keeps through all stages. */
export interface Person {
  readonly leadId: string;
  /** What this lead's own events say of the person, through time. */
  readonly facts: OwnFacts;
  /** The facts that criteria and scores compare; none of them is personal. */
  readonly profile: CriteriaFacts['profile'];
  /** Where it stood since when: for moves that are told late. */
  readonly stages: Register<Stage>;
  /** Every touch, in short: a later version of a definition may look further back than today's. */
  readonly touches: TouchLog;
  /** The latest instant at which something happened to the person, however late it was told. */
  readonly latest: Instant;
  /** When sales was last told that it is hot. */
  readonly hotAlertAt?: Instant;
  /** When time alone qualifies the lead, as long as it waits for that. */
  readonly qualifiesAt?: Instant;
  /** Which personal facts are known, by name only. */
  readonly personalFacts: readonly string[];
  readonly firstTouch?: FirstTouch;
  readonly handoffs: number;
  /** The last handoffs, oldest first, and what became of them. */
  readonly handoffLog: readonly Handoff[];
  readonly deals: readonly Deal[];
  /** Of the deals it is on: stamped on touches. */
  readonly opportunityIds: readonly string[];
  readonly visitorIds: readonly string[];
  /** Leads that turned out to be this person, by which merge; one that was undone does not stand. */
  readonly merged: ReadonlyMap<string, { readonly mergeNumber: number; readonly stands: boolean }>;
  /** What sales owes the lead, and owed lately; oldest first. */
  readonly obligations: readonly LeadClock[];
  /** What the leads merged into this one brought. */
  readonly mergedFacts?: MergedFacts;
  /** The survivor, while this lead counts as somebody else’s double. Its own history goes on beneath. */
  readonly mergedInto?: string;
  readonly mergedAt?: Instant;
  /** The latest merge into a survivor that this lead has followed. */
  readonly mergeNumber?: number;
}

/** What a stage needs to know beyond the person, so that an impossible stage cannot be spelled. */
type StageDetails =
  | { readonly stage: 'lead' }
  | { readonly stage: 'mql'; readonly definition: string; readonly qualified: QualificationRecord }
  | { readonly stage: 'handed-off' | 'sal' | 'sql'; readonly definition: string; readonly rep?: string }
  | { readonly stage: 'opportunity' | 'customer' | 'disqualified' }
  | { readonly stage: 'rejected'; readonly since: Instant }
  | { readonly stage: 'recycled'; readonly since: Instant; readonly reengageAt?: Instant };
/** … and when it came there. */
export type Stage = StageDetails & { readonly from: Instant };
export type StageName = Stage['stage'];
/** What came from another lead of the same person. */
export interface MergedLead {
  /** From the lead merged into this one to the one on which it was recorded. */
  readonly path: readonly string[];
  readonly touchIds: ReadonlySet<string>;
  readonly profile: CapturedLead['person']['profile'];
  /** The earliest of its touches. */
  readonly firstTouch?: FirstTouch;
  readonly opportunityIds?: readonly string[];
  readonly visitorIds?: readonly string[];
  /** Where that lead stands, until this one makes a move of its own. */
  readonly stage?: Stage;
}

/** What a lead is together with others, and what it would be alone. */
export interface MergedFacts {
  readonly mergedLeads: readonly MergedLead[];
  /** Where its own moves took it, those included that followed from the union. */
  readonly own: Stage;
  /** The lead on which the handoff was made that its own moves answer. */
  readonly handoffOf?: string;
  /** Since when it is together with others. */
  readonly since: Instant;
  readonly unmerged: {
    readonly stage: Stage;
    readonly profile: MergedLead['profile'];
    readonly latest: Instant;
    readonly firstTouch?: FirstTouch;
  };
}

export { stageNames } from './merged-facts.events';

export type CapturedLead = Stage & { readonly person: Person };
export type Lead = { readonly stage: 'unknown' } | { readonly stage: 'released' } | CapturedLead;

export const isCapturedLead = (lead: Lead): lead is CapturedLead =>
  lead.stage !== 'unknown' && lead.stage !== 'released';

/** Where a lead stands, without the person. */
export const stageOf = ({ person: _, ...stage }: CapturedLead): Stage => stage;

/** The same lead with other facts about the person. */
export const withPerson = (lead: Lead, change: (person: Person) => Person): Lead =>
  isCapturedLead(lead) ? { ...lead, person: change(lead.person) } : lead;

/** The same person at another stage. */
export const atStage = (lead: Lead, stage: Stage): Lead =>
  isCapturedLead(lead) ? { ...stage, person: lead.person } : lead;

/** The facts together with the names of those that will be encrypted. */
export const withPersonalFactNames = <D extends Partial<Record<(typeof personalFacts)[number], string>>>(data: D) => {
  const named = personalFacts.filter((fact) => isSaid(data[fact]));
  return named.length > 0 ? { ...data, personalFacts: named } : data;
};

const MAX_HANDOFFS = 20;
/** The same lead at another stage, with what that says of its last handoff. */
export const withMove = (state: Lead, event: DatedEvent<LeadEvent>, stage: StageDetails): Lead =>
  withPerson(atStage(state, { ...stage, from: event.occurredAt }), (person) => ({
    ...person,
    handoffLog: handoffsAfter(person.handoffLog, event).slice(-MAX_HANDOFFS),
  }));

/** The lead after what was decided and is not recorded yet. */
export const leadAfter = (
  evolve: (state: Lead, event: DatedEvent<LeadEvent>) => Lead,
  state: Lead,
  facts: readonly NewEvent<LeadEvent>[],
  { now, idOf }: Pick<Context, 'now' | 'idOf'>,
): Lead => facts.reduce((known, fact, index) => evolve(known, { occurredAt: now, ...fact, id: idOf(index) }), state);

/** The same person with news of one deal. */
export const withDeal = (person: Person, opportunityId: string, news: Partial<Deal>): Person => {
  const known = dealOf(person, opportunityId);
  const { part = known?.part ?? [] } = news;
  const deal: Deal = { ...(known ?? { opportunityId, joined: false }), ...news, part, on: latestValue(part) === true };
  const deals = known ? person.deals.map((each) => (each === known ? deal : each)) : [...person.deals, deal];
  return { ...person, deals, opportunityIds: deals.filter(({ on }) => on).map((each) => each.opportunityId) };
};

export const dealOf = ({ deals }: Person, opportunityId: string): Deal | undefined =>
  deals.find((deal) => deal.opportunityId === opportunityId);

/** The same person with what an event says of it. */
export const withFacts = (lead: Lead, event: DatedEvent<LeadEvent>): Lead =>
  withPerson(lead, (person) => {
    const facts = factsAfter(person.facts, event);
    const known = { facts, profile: profileNow(facts), personalFacts: personalNow(facts) };
    return { ...person, ...known, latest: laterOf(person.latest, event.occurredAt) };
  });

const firstTouchFields = ['channel', 'source', 'medium', 'campaign', 'content', 'page', 'referrer'] as const;
type FirstTouchSource = Pick<FirstTouch, 'action' | (typeof firstTouchFields)[number]>;
type ContactDetails = FirstTouchSource & Partial<Pick<LeadTouch, 'team' | 'direction'>>;
/** A contact that sales makes on its own account says nothing of the person's interest. */
export const isOwnOfSales = ({ team, direction }: ContactDetails): boolean =>
  team === 'sales' && direction !== 'inbound';
/** The earliest of the contacts; of two at the same instant the one that was told first. */
export const firstTouchOf = (
  known: FirstTouch | undefined,
  id: string,
  at: Instant,
  touch: FirstTouchSource,
): FirstTouch => {
  if (known && known.at <= at) return known;
  const facts = Object.fromEntries(
    firstTouchFields.flatMap((field) => (touch[field] === undefined ? [] : [[field, touch[field]]])),
  );
  return { id, at, action: touch.action, ...facts };
};

/** The same person after one contact more. */
export const withTouch = (lead: Lead, id: string, when: Instant, touch: ContactDetails): Lead =>
  withPerson(lead, (person) => ({
    ...person,
    firstTouch: firstTouchOf(person.firstTouch, id, when, touch),
    touches: person.touches.with(touchFactOf(id, when, touch)),
    latest: laterOf(person.latest, when),
  }));
/** The contacts with the person that an event records: one touch, or the visits that turned out to be the person's. */
export const touchesOf = (event: DatedEvent<LeadEvent>): readonly LeadTouch[] => {
  if (event.type === 'LeadVisitsJoined') return event.data.visits;
  if (event.type !== 'TouchRecorded') return [];
  const { leadId: _, survivorId: __, opportunityIds: ___, ...touch } = event.data;
  return [{ id: event.id, at: event.occurredAt, ...touch }];
};
/** What criteria and scores see of a contact. */
export const touchFactOf = (id: string, when: Instant, touch: ContactDetails): TouchFact => {
  const { action, channel, content, page, campaign } = touch;
  const fact = { id, at: when, action, channel, content, page, campaign };
  return isOwnOfSales(touch) ? { ...fact, bySales: true } : fact;
};
