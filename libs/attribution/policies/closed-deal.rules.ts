import { laterOf, type Instant, type Look, type Money, type StoredEvent } from '@baton/kernel';
import { touchFields, visitorDecider, type VisitorEvent } from '@baton/campaigns';
import { leadDecider, type LeadEvent } from '@baton/leads';
import {
  amountsFrom,
  foldDeal,
  factsAt,
  opportunityDecider,
  currentRoles,
  currentClose,
  type DealFacts,
} from '@baton/opportunities';
import { captureOf, inOrder, isAtCapture } from '../write/journey/journey-touches.rules';
import type { JourneyCommand, JourneyTouch } from '../write/journey/journey.events';

/** What to record of a journey, and the latest instant of its facts. */
export interface JourneyStatement {
  readonly latestAt: Instant;
  readonly data: Omit<Extract<JourneyCommand, { type: 'StateJourney' }>['data'], 'reasons'>;
}

/** A deal that is closed as of the position up to which its stream was read. */
export interface ClosedDeal {
  readonly opportunityId: string;
  readonly outcome: 'won' | 'lost';
  readonly openedAt: Instant;
  readonly closedAt: Instant;
  /** The amounts at the close and after each later change, oldest first. */
  readonly amounts: readonly { readonly at: Instant; readonly amount: Money }[];
  /** Product, owner and source as of the close: later changes do not move the credit. */
  readonly stamps: Pick<DealFacts, 'product' | 'owner' | 'source'>;
  /** The people, each with the role, by the latest event about each. */
  readonly roles: ReadonlyMap<string, string | undefined>;
  /** The latest instant of these facts. */
  readonly latestAt: Instant;
}

/**
 * @param until later events of the deal are ignored
 * @returns the deal; undefined if it is open or unknown
 */
export const closedDeal = async (
  look: Look,
  opportunityId: string,
  until: Instant = '9999',
): Promise<ClosedDeal | undefined> => {
  const stream = await look(opportunityDecider, opportunityId);
  const deal = foldDeal(stream, until);
  const close = deal && currentClose(deal);
  if (!close) return undefined;
  const { product, owner, source } = factsAt(deal, close.at);
  return {
    opportunityId,
    openedAt: deal.openedAt,
    outcome: close.outcome,
    closedAt: close.at,
    amounts: amountsFrom(deal, close.at),
    stamps: { ...(product && { product }), ...(owner && { owner }), ...(source && { source }) },
    roles: new Map(currentRoles(deal.roles).map(({ leadId, role }) => [leadId, role])),
    latestAt: stream
      .filter(({ occurredAt }) => occurredAt <= until)
      .reduce<Instant>((latest, { occurredAt }) => laterOf(latest, occurredAt), ''),
  };
};

const mergeTypes = ['LeadMerged', 'LeadUnmerged', 'LeadMergedInto'] as const;
type MergeEvent = StoredEvent<Extract<LeadEvent, { type: (typeof mergeTypes)[number] }>>;

/** The leads merged into this one. */
const mergedInto = (merges: readonly MergeEvent[], until: Instant): ReadonlySet<string> => {
  const merged = new Set<string>();
  for (const { type, data, occurredAt } of merges)
    if (occurredAt > until) continue;
    else if (type === 'LeadMerged') merged.add(data.mergedLeadId);
    else if (type === 'LeadUnmerged') merged.delete(data.mergedLeadId);
  return merged;
};
const latestMergeIn = (merges: readonly MergeEvent[], until: Instant): Instant =>
  merges.reduce<Instant>(
    (latest, { type, occurredAt }) =>
      type !== 'LeadMergedInto' && occurredAt <= until ? laterOf(latest, occurredAt) : latest,
    '',
  );

/** All leads of the same person, and the latest instant of their merges. */
interface KnownPerson {
  readonly leadIds: ReadonlySet<string>;
  readonly latestAt: Instant;
}
/** The survivor's stream decides who is merged: the merged lead records it later, and an unmerge must apply at once. */
const personOf = async (look: Look, leadId: string, until: Instant = '9999'): Promise<KnownPerson> => {
  const mergesOf = (id: string) => look(leadDecider, id, mergeTypes);
  const leadIds = new Set<string>();
  let latestAt: Instant = '';
  const waiting = [leadId];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (leadIds.has(id)) continue;
    leadIds.add(id);
    const merges = await mergesOf(id);
    latestAt = laterOf(latestAt, latestMergeIn(merges, until));
    waiting.push(...mergedInto(merges, until));
    const note = merges.findLast(({ type }) => type === 'LeadMergedInto');
    if (note?.type !== 'LeadMergedInto') continue;
    const { survivorId } = note.data;
    const survivors = await mergesOf(survivorId);
    latestAt = laterOf(latestAt, latestMergeIn(survivors, until));
    if (mergedInto(survivors, until).has(id)) waiting.push(survivorId);
  }
  return { leadIds, latestAt };
};

/**
 * The deals that a person ever had a role in, through any of the person's leads: one that left a deal may be the same
 * person as one that did not.
 */
export const dealsOf = async (look: Look, leadId: string): Promise<readonly string[]> => {
  const deals = new Set<string>();
  for (const id of (await personOf(look, leadId)).leadIds)
    for (const { data } of await look(leadDecider, id, ['LeadJoinedOpportunity', 'LeadConverted']))
      deals.add(data.opportunityId);
  return [...deals];
};

const rawFields = Object.keys(touchFields);
/** A contact: a touch of a lead, or a visit. */
export type TouchEvent = StoredEvent<Extract<LeadEvent | VisitorEvent, { type: 'TouchRecorded' | 'VisitRecorded' }>>;

const touchOf = (
  { id, occurredAt, data, meta }: TouchEvent,
  who: Pick<JourneyTouch, 'leadId' | 'visitorId' | 'role' | 'atCapture'>,
): JourneyTouch =>
  ({
    touchId: id,
    occurredAt,
    ...(meta.sequence !== undefined && { sequence: meta.sequence }),
    ...who,
    ...Object.fromEntries(
      Object.entries(data).filter(([name, value]) => rawFields.includes(name) && value !== undefined),
    ),
  }) as JourneyTouch;

/** The visits of a visitor that belong to one of these leads. @param only this contact, if it is one of them */
const visitsOf = async (look: Look, visitorId: string, linkedTo: string, person: KnownPerson, only?: TouchEvent) => {
  const identified = (await look(visitorDecider, visitorId, ['VisitorIdentified'])).at(-1);
  const owner = identified?.data.leadId ?? linkedTo;
  const isOnly = only?.type === 'VisitRecorded' && only.data.visitorId === visitorId;
  const visits = only ? (isOnly ? [only] : []) : await look(visitorDecider, visitorId, ['VisitRecorded']);
  return visits.filter(({ data }) => person.leadIds.has(data.leadId ?? owner));
};
/** The touches of a lead. @param only this contact, if it is one of them */
const touchesOf = async (look: Look, leadId: string, only?: TouchEvent) => {
  if (!only) return look(leadDecider, leadId, ['TouchRecorded']);
  return only.type === 'TouchRecorded' && only.data.leadId === leadId ? [only] : [];
};

/**
 * The journey of a closed deal as known now: the touches of its people up to the close, of the leads merged with them
 * and of their visits before they were identified, in the order of `inOrder`.
 * @param until later merges and identifications are ignored, as in `deal`
 * @param only  the statement is about this contact, where it belongs to the journey, and keeps the others
 */
export const journeyOf = async (
  look: Look,
  deal: ClosedDeal,
  until: Instant = '9999',
  only?: TouchEvent,
): Promise<JourneyStatement> => {
  const contacts = new Map<string, JourneyTouch>();
  const created: Instant[] = [];
  let latestAt = deal.latestAt;
  // In the order of their ids, so that if two people of a deal are merged, the choice of the role does not depend on
  // the order of events.
  for (const [holder, role] of [...deal.roles].sort()) {
    const person = await personOf(look, holder, until);
    latestAt = laterOf(latestAt, person.latestAt);
    for (const leadId of person.leadIds) {
      const held = deal.roles.get(leadId) ?? role;
      const who = { leadId, ...(held !== undefined && { role: held }) };
      const captures = await look(leadDecider, leadId, ['LeadCaptured']);
      for (const { occurredAt } of captures) created.push(occurredAt);
      const capture = captures[0] && captureOf(captures[0]);
      const add = (event: TouchEvent, visitorId?: string) => {
        const atCapture = visitorId === undefined && isAtCapture(event, capture);
        const more = { ...(visitorId && { visitorId }), ...(atCapture && { atCapture }) };
        if (!contacts.has(event.id) || leadId === holder) contacts.set(event.id, touchOf(event, { ...who, ...more }));
      };
      for (const touch of await touchesOf(look, leadId, only)) add(touch);
      for (const { occurredAt, data } of await look(leadDecider, leadId, ['LeadVisitorLinked'])) {
        if (occurredAt > until) continue;
        latestAt = laterOf(latestAt, occurredAt);
        for (const visit of await visitsOf(look, data.visitorId, leadId, person, only)) add(visit, data.visitorId);
      }
    }
  }
  const ordered = [...contacts.values()].sort(inOrder);
  const { opportunityId, outcome, openedAt, closedAt, amounts, stamps, roles } = deal;
  const leadCreatedAt = created.filter((at) => at <= until).sort()[0];
  const firstContactAt = ordered.find(({ occurredAt }) => occurredAt <= until)?.occurredAt;
  const data = {
    journeyId: opportunityId,
    outcome,
    closedAt,
    openedAt,
    ...(leadCreatedAt && { leadCreatedAt }),
    ...(firstContactAt && { firstContactAt }),
    amounts: [...amounts],
    leadIds: [...roles.keys()].sort(),
    ...stamps,
    touches: ordered.filter(({ occurredAt }) => occurredAt <= closedAt),
    ...(only && { keepsOthers: true }),
  };
  const instants = [leadCreatedAt ?? '', firstContactAt ?? '', latestAt];
  return { data, latestAt: instants.reduce(laterOf) };
};
