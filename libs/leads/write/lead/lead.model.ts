import {
  laterOf,
  latestValue,
  hasText,
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

/** A deal of the lead, as far as the lead’s own events describe it. */
export interface Deal {
  readonly opportunityId: string;
  /** When the lead had a role in the deal, and whether it has one now. */
  readonly part: Register<boolean>;
  readonly on: boolean;
  /** True if the role was recorded (`LeadJoinedOpportunity`), not only the conversion. */
  readonly joined: boolean;
  /** True if `LeadLeftOpportunity` says that the lead was on the deal when it closed. */
  readonly tookPart?: boolean | undefined;
  readonly convertedAt?: Instant;
  readonly role?: string;
  /** How and when the deal closed; absent while it is open. */
  readonly end?: undefined | { readonly how: 'won' | 'lost'; readonly at: Instant };
}

/** The clock of an obligation of sales to the lead, folded from its events. */
export interface LeadClock extends SlaClock {
  /** The versions in force when it started, which it is evaluated under: `sla-policy@2`, `business-calendar@1`. */
  readonly definition: string;
  readonly calendar?: string;
  /** Code of the calendar within that version; absent for its default hours. */
  readonly calendarCode?: string;
  /** The number of answers required, and whether the last one counts instead of the first. */
  readonly times?: number;
  readonly last?: boolean;
  readonly rep?: string;
  /** The queue that the lead was routed through. */
  readonly queue?: string;
  /** The escalations and the breach still to come if nothing else happens, in order. */
  readonly transitions: readonly ClockTransition[];
  /** Set once the breach is recorded. */
  readonly breached?: true;
  /** The escalation steps taken, by index. */
  readonly escalated: readonly number[];
}

/** The first touch, as its source reported it. */
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
/** The event that qualified a lead, with the evidence. */
export interface QualificationRecord {
  readonly eventId: string;
  readonly at: Instant;
  readonly evidence?: Json;
  /** True if the event has a statement in somebody’s own words, which is personal data. */
  readonly stated?: boolean;
}

/** The stage after a conversion: a customer with another deal stays a customer. */
export const convertedFrom = (stage: Lead['stage']): 'opportunity' | 'customer' =>
  stage === 'customer' ? stage : 'opportunity';

/** The part of a lead’s state that does not depend on its stage. */
export interface Person {
  readonly leadId: string;
  /** The facts from this lead’s own events, with their history. */
  readonly facts: OwnFacts;
  /** The facts that criteria and scores compare; none of them is personal. */
  readonly profile: CriteriaFacts['profile'];
  /** The history of its stages; needed for moves that are recorded late. */
  readonly stages: Register<Stage>;
  /** Every touch in short form, because a later version of a definition may look further back. */
  readonly touches: TouchLog;
  /** `occurredAt` of the latest event about the person, regardless of when it was recorded. */
  readonly latest: Instant;
  /** Time of the last `LeadBecameHot`. */
  readonly hotAlertAt?: Instant;
  /** When the lead will qualify without another event; absent if it will not. */
  readonly qualifiesAt?: Instant;
  /** Which personal facts are known, by name only. */
  readonly personalFacts: readonly string[];
  readonly firstTouch?: FirstTouch;
  readonly handoffs: number;
  /** The last 20 handoffs with their dispositions, oldest first. */
  readonly handoffLog: readonly Handoff[];
  readonly deals: readonly Deal[];
  /** Ids of the deals it has a role in; copied to its touches. */
  readonly opportunityIds: readonly string[];
  readonly visitorIds: readonly string[];
  /** Leads merged into this one; `stands` is false once the merge was undone. */
  readonly merged: ReadonlyMap<string, { readonly mergeNumber: number; readonly stands: boolean }>;
  /** Clocks of open and recent obligations, oldest first. */
  readonly obligations: readonly LeadClock[];
  /** Facts of the leads merged into this one. */
  readonly mergedFacts?: MergedFacts;
  /** The survivor, while this lead is merged. Events of its own are still recorded. */
  readonly mergedInto?: string;
  readonly mergedAt?: Instant;
  /** Number of the latest merge into a survivor that this lead has recorded. */
  readonly mergeNumber?: number;
}

/** The state of each stage; a union, so that an impossible combination does not compile. */
type StageDetails =
  | { readonly stage: 'lead' }
  | { readonly stage: 'mql'; readonly definition: string; readonly qualified: QualificationRecord }
  | { readonly stage: 'handed-off' | 'sal' | 'sql'; readonly definition: string; readonly rep?: string }
  | { readonly stage: 'opportunity' | 'customer' | 'disqualified' }
  | { readonly stage: 'rejected'; readonly since: Instant }
  | { readonly stage: 'recycled'; readonly since: Instant; readonly reengageAt?: Instant };
/** A stage, and when the lead reached it. */
export type Stage = StageDetails & { readonly from: Instant };
export type StageName = Stage['stage'];
/** The facts of one merged lead. */
export interface MergedLead {
  /** The chain of merges, from the lead merged into this one to the lead that recorded the facts. */
  readonly path: readonly string[];
  readonly touchIds: ReadonlySet<string>;
  readonly profile: CapturedLead['person']['profile'];
  /** The earliest of its touches. */
  readonly firstTouch?: FirstTouch;
  readonly opportunityIds?: readonly string[];
  readonly visitorIds?: readonly string[];
  /** Stage of the merged lead; dropped once the survivor makes a move of its own. */
  readonly stage?: Stage;
}

/** The facts of all merged leads, and the state the survivor would have without them. */
export interface MergedFacts {
  readonly mergedLeads: readonly MergedLead[];
  /** The stage from the survivor’s own moves, including those that merged facts caused. */
  readonly own: Stage;
  /** The merged lead whose handoff the survivor’s own moves answer. */
  readonly handoffOf?: string;
  /** Time of the first merge that stands. */
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

/** The stage of a lead without the person. */
export const stageOf = ({ person: _, ...stage }: CapturedLead): Stage => stage;

/** The lead with a changed person. */
export const withPerson = (lead: Lead, change: (person: Person) => Person): Lead =>
  isCapturedLead(lead) ? { ...lead, person: change(lead.person) } : lead;

/** The lead at another stage. */
export const atStage = (lead: Lead, stage: Stage): Lead =>
  isCapturedLead(lead) ? { ...stage, person: lead.person } : lead;

/** Adds the names of the facts that will be encrypted, see `personalFacts`. */
export const withPersonalFactNames = <D extends Partial<Record<(typeof personalFacts)[number], string>>>(data: D) => {
  const named = personalFacts.filter((fact) => hasText(data[fact]));
  return named.length > 0 ? { ...data, personalFacts: named } : data;
};

const MAX_HANDOFFS = 20;
/** The lead at another stage, with the disposition of its last handoff updated. */
export const withMove = (state: Lead, event: DatedEvent<LeadEvent>, stage: StageDetails): Lead =>
  withPerson(atStage(state, { ...stage, from: event.occurredAt }), (person) => ({
    ...person,
    handoffLog: handoffsAfter(person.handoffLog, event).slice(-MAX_HANDOFFS),
  }));

/** The lead after events that are decided and not stored yet. */
export const leadAfter = (
  evolve: (state: Lead, event: DatedEvent<LeadEvent>) => Lead,
  state: Lead,
  facts: readonly NewEvent<LeadEvent>[],
  { now, idOf }: Pick<Context, 'now' | 'idOf'>,
): Lead => facts.reduce((known, fact, index) => evolve(known, { occurredAt: now, ...fact, id: idOf(index) }), state);

/** The person with one deal changed. */
export const withDeal = (person: Person, opportunityId: string, news: Partial<Deal>): Person => {
  const known = dealOf(person, opportunityId);
  const { part = known?.part ?? [] } = news;
  const deal: Deal = { ...(known ?? { opportunityId, joined: false }), ...news, part, on: latestValue(part) === true };
  const deals = known ? person.deals.map((each) => (each === known ? deal : each)) : [...person.deals, deal];
  return { ...person, deals, opportunityIds: deals.filter(({ on }) => on).map((each) => each.opportunityId) };
};

export const dealOf = ({ deals }: Person, opportunityId: string): Deal | undefined =>
  deals.find((deal) => deal.opportunityId === opportunityId);

/** The lead with the facts of an event. */
export const withFacts = (lead: Lead, event: DatedEvent<LeadEvent>): Lead =>
  withPerson(lead, (person) => {
    const facts = factsAfter(person.facts, event);
    const known = { facts, profile: profileNow(facts), personalFacts: personalNow(facts) };
    return { ...person, ...known, latest: laterOf(person.latest, event.occurredAt) };
  });

const firstTouchFields = ['channel', 'source', 'medium', 'campaign', 'content', 'page', 'referrer'] as const;
type FirstTouchSource = Pick<FirstTouch, 'action' | (typeof firstTouchFields)[number]>;
type ContactDetails = FirstTouchSource & Partial<Pick<LeadTouch, 'team' | 'direction'>>;
/** True for touches by sales that the person did not start; they show no interest of the person. */
export const isOwnOfSales = ({ team, direction }: ContactDetails): boolean =>
  team === 'sales' && direction !== 'inbound';
/** The earlier of two touches; at the same instant the one recorded first. */
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

/** The lead after one more touch. */
export const withTouch = (lead: Lead, id: string, when: Instant, touch: ContactDetails): Lead =>
  withPerson(lead, (person) => ({
    ...person,
    firstTouch: firstTouchOf(person.firstTouch, id, when, touch),
    touches: person.touches.with(touchFactOf(id, when, touch)),
    latest: laterOf(person.latest, when),
  }));
/** The touches that an event records: one, or the visits of a linked visitor. */
export const touchesOf = (event: DatedEvent<LeadEvent>): readonly LeadTouch[] => {
  if (event.type === 'LeadVisitsJoined') return event.data.visits;
  if (event.type !== 'TouchRecorded') return [];
  const { leadId: _, survivorId: __, opportunityIds: ___, ...touch } = event.data;
  return [{ id: event.id, at: event.occurredAt, ...touch }];
};
/** The part of a touch that criteria and scores use. */
export const touchFactOf = (id: string, when: Instant, touch: ContactDetails): TouchFact => {
  const { action, channel, content, page, campaign } = touch;
  const fact = { id, at: when, action, channel, content, page, campaign };
  return isOwnOfSales(touch) ? { ...fact, bySales: true } : fact;
};
