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

type LeadStream = readonly StoredEvent<LeadEvent>[];

/** The leads merged into this one, each with the instant of its merge. */
const mergedInto = (stream: LeadStream, until: Instant): ReadonlyMap<string, Instant> => {
  const merged = new Map<string, Instant>();
  for (const { type, data, occurredAt } of stream)
    if (occurredAt > until) continue;
    else if (type === 'LeadMerged') merged.set(data.mergedLeadId, occurredAt);
    else if (type === 'LeadUnmerged') merged.delete(data.mergedLeadId);
  return merged;
};
const latestMergeIn = (stream: LeadStream, until: Instant): Instant =>
  stream.reduce<Instant>(
    (latest, { type, occurredAt }) =>
      (type === 'LeadMerged' || type === 'LeadUnmerged') && occurredAt <= until ? laterOf(latest, occurredAt) : latest,
    '',
  );

/** All leads of the same person, with their streams, and the latest instant of their merges. */
interface KnownPerson {
  readonly streams: ReadonlyMap<string, LeadStream>;
  readonly latestAt: Instant;
}
/** The survivor's stream decides who is merged: the merged lead records it later, and an unmerge must apply at once. */
const personOf = async (look: Look, leadId: string, until: Instant = '9999'): Promise<KnownPerson> => {
  const streams = new Map<string, LeadStream>();
  let latestAt: Instant = '';
  const waiting = [leadId];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (streams.has(id)) continue;
    const stream = await look(leadDecider, id);
    streams.set(id, stream);
    latestAt = laterOf(latestAt, latestMergeIn(stream, until));
    waiting.push(...mergedInto(stream, until).keys());
    const note = stream.findLast(({ type }) => type === 'LeadMergedInto');
    if (note?.type !== 'LeadMergedInto') continue;
    const { survivorId } = note.data;
    const survivors = await look(leadDecider, survivorId);
    latestAt = laterOf(latestAt, latestMergeIn(survivors, until));
    if (mergedInto(survivors, until).has(id)) waiting.push(survivorId);
  }
  return { streams, latestAt };
};

/**
 * The deals that a person ever had a role in, through any of the person's leads: one that left a deal may be the same
 * person as one that did not.
 */
export const dealsOf = async (look: Look, leadId: string): Promise<readonly string[]> => {
  const deals = new Set<string>();
  for (const stream of (await personOf(look, leadId)).streams.values())
    for (const { type, data } of stream)
      if (type === 'LeadJoinedOpportunity' || type === 'LeadConverted') deals.add(data.opportunityId);
  return [...deals];
};

const rawFields = Object.keys(touchFields);
type TouchEvent = StoredEvent<Extract<LeadEvent | VisitorEvent, { type: 'TouchRecorded' | 'VisitRecorded' }>>;

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

/** The visits of a visitor that belong to one of these leads. */
const visitsOf = async (look: Look, visitorId: string, linkedTo: string, person: KnownPerson) => {
  const stream = await look(visitorDecider, visitorId);
  const identified = stream.findLast(({ type }) => type === 'VisitorIdentified');
  const owner = identified?.type === 'VisitorIdentified' ? identified.data.leadId : linkedTo;
  return stream.flatMap((event) =>
    event.type === 'VisitRecorded' && person.streams.has(event.data.leadId ?? owner) ? [event] : [],
  );
};

/**
 * The journey of a closed deal as known now: the touches of its people up to the close, of the leads merged with them
 * and of their visits before they were identified, in the order of `inOrder`.
 * @param until later merges and identifications are ignored, as in `deal`
 */
export const journeyOf = async (look: Look, deal: ClosedDeal, until: Instant = '9999'): Promise<JourneyStatement> => {
  const contacts = new Map<string, JourneyTouch>();
  const created: Instant[] = [];
  let latestAt = deal.latestAt;
  // In the order of their ids, so that if two people of a deal are merged, the choice of the role does not depend on
  // the order of events.
  for (const [holder, role] of [...deal.roles].sort()) {
    const person = await personOf(look, holder, until);
    latestAt = laterOf(latestAt, person.latestAt);
    for (const [leadId, stream] of person.streams) {
      const held = deal.roles.get(leadId) ?? role;
      const who = { leadId, ...(held !== undefined && { role: held }) };
      const add = (event: TouchEvent, visitorId?: string, atCapture = false) => {
        const more = { ...(visitorId && { visitorId }), ...(atCapture && { atCapture }) };
        if (!contacts.has(event.id) || leadId === holder) contacts.set(event.id, touchOf(event, { ...who, ...more }));
      };
      const captured = stream.find(({ type }) => type === 'LeadCaptured');
      const capture = captured && captureOf(captured);
      for (const event of stream)
        if (event.type === 'TouchRecorded') add(event, undefined, isAtCapture(event, capture));
        else if (event.type === 'LeadCaptured') created.push(event.occurredAt);
        else if (event.type === 'LeadVisitorLinked' && event.occurredAt <= until) {
          latestAt = laterOf(latestAt, event.occurredAt);
          for (const visit of await visitsOf(look, event.data.visitorId, leadId, person))
            add(visit, event.data.visitorId);
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
  };
  const instants = [leadCreatedAt ?? '', firstContactAt ?? '', latestAt];
  return { data, latestAt: instants.reduce(laterOf) };
};
