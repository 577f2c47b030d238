import type { AnyEvent, Instant, Look, Money, Recorded } from '@baton/kernel';
import { touchFields, type VisitorEvent } from '@baton/campaigns';
import type { LeadEvent } from '@baton/leads';
import type { OpportunityEvent } from '@baton/opportunities';
import type { JourneyCommand, JourneyTouch } from '../write/journey/journey.events';

type CloseData = Extract<JourneyCommand, { type: 'CloseJourney' }>['data'];
type Stamps = Extract<OpportunityEvent, { type: 'OpportunityWon' }>['data'];

/** A deal that stands closed at the position up to which its stream was read. */
export interface ClosedDeal {
  readonly opportunityId: string;
  readonly outcome: 'won' | 'lost';
  readonly openedAt: Instant;
  readonly closedAt: Instant;
  readonly amount?: Money;
  /** What the closing event says of product, owner and source: later changes do not move the credit. */
  readonly stamps: Pick<Stamps, 'product' | 'owner' | 'source'>;
  /** The people as they are known now, each with the role. */
  readonly roles: ReadonlyMap<string, string | undefined>;
}

const read = async <E extends AnyEvent>(look: Look, stream: string) =>
  (await look(stream)) as readonly Recorded[] as readonly Recorded<E>[];

/** @returns the deal; undefined while it is open or unknown */
export const closedDeal = async (look: Look, opportunityId: string): Promise<ClosedDeal | undefined> => {
  const roles = new Map<string, string | undefined>();
  let openedAt: Instant | undefined;
  let amount: Money | undefined;
  let close: Pick<ClosedDeal, 'outcome' | 'closedAt' | 'stamps'> | undefined;
  for (const event of await read<OpportunityEvent>(look, `opportunity-${opportunityId}`)) {
    const { type, data, occurredAt } = event;
    if (type === 'OpportunityOpened') {
      openedAt = occurredAt;
      amount = data.amount;
    } else if (type === 'OpportunityAmountChanged') amount = data.to;
    else if (type === 'ContactRoleAdded') roles.set(data.leadId, data.role ?? roles.get(data.leadId));
    else if (type === 'ContactRoleRemoved') roles.delete(data.leadId);
    else if (type === 'OpportunityReopened') close = undefined;
    else if (type === 'OpportunityWon' || type === 'OpportunityLost') {
      amount = data.amount ?? amount;
      const { product, owner, source } = data;
      const stamps = { ...(product && { product }), ...(owner && { owner }), ...(source && { source }) };
      close = { outcome: type === 'OpportunityWon' ? 'won' : 'lost', closedAt: occurredAt, stamps };
    }
  }
  return close && openedAt !== undefined
    ? { opportunityId, openedAt, ...close, ...(amount && { amount }), roles }
    : undefined;
};

type LeadStream = readonly Recorded<LeadEvent>[];

/** The leads that stand merged into this one. */
const mergedInto = (stream: LeadStream): ReadonlySet<string> => {
  const merged = new Set<string>();
  for (const { type, data } of stream)
    if (type === 'LeadMerged') merged.add(data.mergedLeadId);
    else if (type === 'LeadUnmerged') merged.delete(data.mergedLeadId);
  return merged;
};

/**
 * All leads that are the same person, with their streams. The survivor's stream decides who is merged: the merged
 * lead's own note follows later, and an unmerge shall hold at once.
 */
const personOf = async (look: Look, leadId: string): Promise<ReadonlyMap<string, LeadStream>> => {
  const person = new Map<string, LeadStream>();
  const waiting = [leadId];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (person.has(id)) continue;
    const stream = await read<LeadEvent>(look, `lead-${id}`);
    person.set(id, stream);
    waiting.push(...mergedInto(stream));
    const note = stream.findLast(({ type }) => type === 'LeadMergedInto');
    if (note?.type !== 'LeadMergedInto') continue;
    const { survivorId } = note.data;
    if (mergedInto(await read<LeadEvent>(look, `lead-${survivorId}`)).has(id)) waiting.push(survivorId);
  }
  return person;
};

/** The deals that a person is on, whichever of the person's leads has the role. */
export const dealsOf = async (look: Look, leadId: string): Promise<readonly string[]> => {
  const deals = new Set<string>();
  for (const stream of (await personOf(look, leadId)).values())
    for (const { type, data } of stream)
      if (type === 'LeadJoinedOpportunity') deals.add(data.opportunityId);
      else if (type === 'LeadLeftOpportunity') deals.delete(data.opportunityId);
  return [...deals];
};

const rawFields = Object.keys(touchFields);
type Contact = Recorded<Extract<LeadEvent | VisitorEvent, { type: 'TouchRecorded' | 'VisitRecorded' }>>;

const touchOf = ({ id, occurredAt, data }: Contact, who: Pick<JourneyTouch, 'leadId' | 'visitorId' | 'role'>) =>
  ({
    touchId: id,
    occurredAt,
    ...who,
    ...Object.fromEntries(
      Object.entries(data).filter(([name, value]) => rawFields.includes(name) && value !== undefined),
    ),
  }) as JourneyTouch;

/** The visits of a visitor that belong to one of these leads. */
const visitsOf = async (look: Look, visitorId: string, linkedTo: string, person: ReadonlyMap<string, LeadStream>) => {
  const stream = await read<VisitorEvent>(look, `visitor-${visitorId}`);
  const identified = stream.findLast(({ type }) => type === 'VisitorIdentified');
  const owner = identified?.type === 'VisitorIdentified' ? identified.data.leadId : linkedTo;
  return stream.flatMap((event) =>
    event.type === 'VisitRecorded' && person.has(event.data.leadId ?? owner) ? [event] : [],
  );
};

const inOrder = (a: Recorded, b: Recorded): number =>
  compare(a.occurredAt, b.occurredAt) || compare(a.position, b.position) || compare(a.id, b.id);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The journey of a closed deal as far as it is known: the touches of its people up to the close, of the leads merged
 * with them and of their visits before they were identified; oldest first, ties by place in the log, then event id.
 */
export const journeyOf = async (look: Look, deal: ClosedDeal): Promise<CloseData> => {
  const contacts = new Map<string, { event: Recorded; touch: JourneyTouch }>();
  const created: Instant[] = [];
  for (const [holder, role] of deal.roles) {
    const person = await personOf(look, holder);
    for (const [leadId, stream] of person) {
      const held = deal.roles.get(leadId) ?? role;
      const who = { leadId, ...(held !== undefined && { role: held }) };
      const add = (event: Contact, visitorId?: string) => {
        if (!contacts.has(event.id) || leadId === holder)
          contacts.set(event.id, { event, touch: touchOf(event, { ...who, ...(visitorId && { visitorId }) }) });
      };
      for (const event of stream)
        if (event.type === 'TouchRecorded') add(event);
        else if (event.type === 'LeadCaptured') created.push(event.occurredAt);
        else if (event.type === 'LeadVisitorLinked')
          for (const visit of await visitsOf(look, event.data.visitorId, leadId, person))
            add(visit, event.data.visitorId);
    }
  }
  const ordered = [...contacts.values()].sort((a, b) => inOrder(a.event, b.event)).map(({ touch }) => touch);
  const { opportunityId, outcome, openedAt, closedAt, amount, stamps, roles } = deal;
  const leadCreatedAt = created.sort()[0];
  return {
    journeyId: opportunityId,
    outcome,
    closedAt,
    openedAt,
    ...(leadCreatedAt && { leadCreatedAt }),
    ...(ordered[0] && { firstContactAt: ordered[0].occurredAt }),
    ...(amount && { amount }),
    leadIds: [...roles.keys()],
    ...stamps,
    touches: ordered.filter(({ occurredAt }) => occurredAt <= closedAt),
  };
};
