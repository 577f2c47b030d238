import { enumeration, type EnumerationValue, type Instant } from '@baton/kernel';
import { touchFields } from '@baton/campaigns';
import type { Deal, Touch } from '@baton/opportunities';
import type { JourneyTouch } from '../../write/journey/journey.events';
import type { JourneyDocument } from '../journeys/journeys.projection';
import { inOrder, isAtCapture, isUpToCreation } from '../../write/journey/journey-touches.rules';
import type { Contact, PersonDocument, VisitDocument, VisitorDocument } from './people.projection';

/** What a journey may lead to. The first three are a person's, once in a life; the others a deal's. */
export const conversionKinds = enumeration(
  'ConversionKind',
  'What a journey leads to. A person converts once, whatever leads it has.',
  {
    'lead-created': 'A person became known.',
    mql: 'A person was qualified by marketing for the first time.',
    sql: 'A person was qualified by sales for the first time.',
    opportunity: 'A deal was opened.',
    won: 'A deal was won.',
    lost: 'A deal was lost.',
  },
);
export type ConversionKind = EnumerationValue<typeof conversionKinds>;

/** The field of a person's document with the time of the conversion. */
export const milestones = { 'lead-created': 'createdAt', mql: 'mqlAt', sql: 'sqlAt' } as const;
export type PersonalConversion = keyof typeof milestones;

/** Some people, their visitors by id, the touches of their leads by lead, and the visits by visitor. */
export interface GatheredPeople {
  readonly people: ReadonlyMap<string, PersonDocument>;
  readonly visitors: ReadonlyMap<string, VisitorDocument>;
  readonly touches: ReadonlyMap<string, readonly Touch[]>;
  readonly visits: ReadonlyMap<string, readonly VisitDocument[]>;
}

/** All leads of the same person as this one, in the order in which they are found; [] for an unknown lead. */
export const personOf = (leadId: string, { people }: Pick<GatheredPeople, 'people'>): readonly PersonDocument[] => {
  const found = new Map<string, PersonDocument>();
  const waiting = [leadId];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const doc = people.get(id);
    if (!doc || found.has(id)) continue;
    found.set(id, doc);
    waiting.push(...doc.mergedLeadIds, ...doc.survivorIds);
  }
  return [...found.values()];
};

/** The lead that represents a person: the one not merged into another; of several the one with the lowest id. */
export const survivorOf = (person: readonly PersonDocument[]): PersonDocument =>
  [...person].sort((a, b) =>
    (a.survivorIds.length === 0) === (b.survivorIds.length === 0)
      ? a.leadId < b.leadId
        ? -1
        : 1
      : a.survivorIds.length - b.survivorIds.length,
  )[0]!;

/** The earliest of some instants; null if there is none. */
export const earliest = (instants: readonly (Instant | null)[]): Instant | null =>
  instants.reduce((first, one) => (one !== null && (first === null || one < first) ? one : first), null);

interface PersonData {
  readonly touches: readonly JourneyTouch[];
  readonly createdAt: Instant | null;
}

const reportedFields = [...(Object.keys(touchFields) as (keyof typeof touchFields)[]), 'outcome'] as const;
/** The touch as it was reported, and whether the capture of its lead recorded it. */
const contactOf = (touch: Touch, capture: PersonDocument['capture']): Contact => {
  const { touchId, at: occurredAt, sequence, correlationId = '' } = touch;
  const recorded = { occurredAt, meta: { $correlationId: correlationId } };
  const reported = reportedFields.flatMap((name) => (touch[name] === null ? [] : [[name, touch[name]] as const]));
  return {
    ...{ touchId, occurredAt },
    ...(sequence !== undefined && { sequence }),
    ...(Object.fromEntries(reported) as Pick<Contact, 'action' | 'team'>),
    ...(isAtCapture(recorded, capture) && { atCapture: true }),
  };
};

/**
 * Every contact of some people: of their leads, of the leads merged with them, and the visits of their visitors that
 * belong to them; oldest first.
 * @param roles the leads, each with the role in the deal if there is one
 */
export const contactsOf = (roles: ReadonlyMap<string, string | undefined>, known: GatheredPeople): PersonData => {
  const found = new Map<string, JourneyTouch>();
  const leads = new Map<string, PersonDocument>();
  for (const [holder, holdersRole] of roles) {
    const person = personOf(holder, known);
    const ids = new Set(person.map(({ leadId }) => leadId));
    for (const doc of person) {
      leads.set(doc.leadId, doc);
      const role = roles.get(doc.leadId) ?? holdersRole;
      const add = (contact: Contact, visitorId?: string) => {
        if (found.has(contact.touchId) && doc.leadId !== holder) return;
        const who = { leadId: doc.leadId, ...(visitorId && { visitorId }), ...(role !== undefined && { role }) };
        found.set(contact.touchId, { ...contact, ...who });
      };
      for (const touch of known.touches.get(doc.leadId) ?? []) add(contactOf(touch, doc.capture));
      for (const visitorId of doc.visitorIds) {
        const identifiedAs = known.visitors.get(visitorId)?.leadId;
        for (const { visitorId: _, leadId, ...visit } of known.visits.get(visitorId) ?? [])
          if (ids.has(leadId ?? identifiedAs ?? doc.leadId)) add(visit, visitorId);
      }
    }
  }
  return {
    touches: [...found.values()].sort(inOrder),
    createdAt: earliest([...leads.values()].map(({ createdAt }) => createdAt)),
  };
};

const endOfJourney = (
  { touches, createdAt }: PersonData,
  at: Instant,
  facts: Pick<
    JourneyDocument,
    'journeyId' | 'openedAt' | 'product' | 'owner' | 'source' | 'amountMinor' | 'currency' | 'leadIds'
  >,
): JourneyDocument => ({
  ...facts,
  status: 'closed',
  outcome: null, // only a won deal has revenue to credit
  amounts: [],
  closedAt: at,
  leadCreatedAt: createdAt,
  firstContactAt: touches[0]?.occurredAt ?? null,
  // A touch recorded by the capture counts as at the lead creation, so it belongs to the journey.
  touches: touches
    .map((touch) =>
      createdAt === at && isUpToCreation(touch, at) && touch.occurredAt > at ? { ...touch, occurredAt: at } : touch,
    )
    .filter(({ occurredAt }) => occurredAt <= at),
  restatements: [],
});

/** The journey of a person up to an instant, with the id of the lead that represents the person. */
export const journeyOfPerson = (
  person: readonly PersonDocument[],
  at: Instant,
  known: GatheredPeople,
): JourneyDocument => {
  const { leadId, source, owner } = survivorOf(person);
  return endOfJourney(contactsOf(new Map([[leadId, undefined]]), known), at, {
    journeyId: leadId,
    openedAt: '', // no deal: an instant before every touch, so that no touch gets the milestone
    product: null,
    owner,
    source,
    amountMinor: null,
    currency: null,
    leadIds: person.map((doc) => doc.leadId),
  });
};

/** The journey of a deal up to an instant, whether or not it has closed since, with its current people. */
export const journeyOfDeal = (deal: Deal, at: Instant, known: GatheredPeople): JourneyDocument => {
  const roles = new Map(deal.contacts.map(({ leadId, role }) => [leadId, role ?? undefined]));
  const { opportunityId, openedAt, product, owner, source, amountMinor, currency } = deal;
  return endOfJourney(contactsOf(roles, known), at, {
    journeyId: opportunityId,
    openedAt,
    product,
    owner,
    source,
    amountMinor,
    currency,
    leadIds: [...roles.keys()],
  });
};
