import type { Instant, Where } from '@baton/kernel';
import { deals, touches } from '@baton/opportunities';
import type { ReadModels } from '@baton/platform/documents';
import { journeys, type JourneyDocument } from '../journeys/journeys.projection';
import { people, visitors, visits, type PersonDocument, type VisitorDocument } from './people.projection';
import {
  earliest,
  journeyOfDeal,
  journeyOfPerson,
  milestones,
  personOf,
  type ConversionKind,
  type GatheredPeople,
  type PersonalConversion,
} from './conversions.rules';

/** Selects conversions: in [from, to); for deals also by currency. */
export interface Period {
  readonly from?: Instant;
  readonly to?: Instant;
  readonly currency?: string;
}

/** The people with these leads, and all leads that are merged with them. */
export const mergedLeadsOf = async (
  models: ReadModels,
  leadIds: Iterable<string>,
): Promise<ReadonlyMap<string, PersonDocument>> => {
  const found = new Map<string, PersonDocument>();
  const visited = new Set<string>();
  for (let waiting = [...new Set(leadIds)]; waiting.length > 0;) {
    for (const id of waiting) visited.add(id);
    const docs = await models.getMany(people, waiting);
    for (const [id, doc] of docs) found.set(id, doc);
    const related = [...docs.values()].flatMap(({ mergedLeadIds, survivorIds }) => [...mergedLeadIds, ...survivorIds]);
    waiting = [...new Set(related)].filter((id) => !visited.has(id));
  }
  return found;
};

/** The people with these leads, all that are merged with them, and their visitors. */
export const gatherPeople = async (models: ReadModels, leadIds: Iterable<string>): Promise<GatheredPeople> => {
  const found = await mergedLeadsOf(models, leadIds);
  const visitorIds = [...new Set([...found.values()].flatMap((doc) => doc.visitorIds))];
  return {
    people: found,
    visitors: visitorIds.length > 0 ? await models.getMany(visitors, visitorIds) : new Map<string, VisitorDocument>(),
    touches: await listed(
      models.pages(touches, { leadId: { in: [...found.keys()] }, isVisit: { eq: false } }, OF_LEAD),
      ({ leadId }) => leadId,
    ),
    visits: await listed(
      models.pages(visits, { visitorId: { in: visitorIds } }, [{ column: 'visitorId' }]),
      ({ visitorId }) => visitorId,
    ),
  };
};
/** An order that `touches` has an index for. */
const OF_LEAD = [{ column: 'leadId' }, { column: 'at', descending: true }];

/** The documents of pages, by whose they are. */
const listed = async <D>(
  pages: AsyncIterable<readonly { readonly doc: D }[]>,
  whose: (doc: D) => string,
): Promise<ReadonlyMap<string, readonly D[]>> => {
  const found = new Map<string, D[]>();
  for await (const page of pages)
    for (const { doc } of page) {
      const known = found.get(whose(doc));
      if (known) known.push(doc);
      else found.set(whose(doc), [doc]);
    }
  return found;
};

/** At or after the start of a period, and before its end. */
export const isInPeriod = ({ from, to }: Period) => ({ gte: from ?? '', ...(to !== undefined && { lt: to }) });

/** Condition on closed deals, for won and lost journeys. */
export const closedInPeriod = (outcome: 'won' | 'lost', period: Period): Where => ({
  status: { eq: 'closed' },
  outcome: { eq: outcome },
  closedAt: isInPeriod(period),
  ...(period.currency !== undefined && { currency: { eq: period.currency } }),
});

async function* personalJourneys(models: ReadModels, conversion: PersonalConversion, period: Period) {
  const column = milestones[conversion];
  for await (const page of models.pages(people, { [column]: isInPeriod(period) })) {
    const known = await gatherPeople(
      models,
      page.map(({ id }) => id),
    );
    for (const { doc } of page) {
      const person = personOf(doc.leadId, known);
      const at = earliest(person.map((one) => one[column]))!;
      // One per person: the first time that one of its leads reached the stage.
      const [first] = person.filter((one) => one[column] === at).sort((a, b) => (a.leadId < b.leadId ? -1 : 1));
      if (first!.leadId === doc.leadId) yield journeyOfPerson(person, at, known);
    }
  }
}

async function* dealJourneys(models: ReadModels, where: Where, at?: Instant) {
  for await (const page of models.pages(deals, where)) {
    const known = await gatherPeople(
      models,
      page.flatMap(({ doc }) => doc.contacts.map(({ leadId }) => leadId)),
    );
    for (const { doc } of page) yield journeyOfDeal(doc, at ?? doc.openedAt, known);
  }
}

/**
 * The journeys to the conversions of one kind in a period, each in the form of a closed deal's: `closedAt` is the time
 * of the conversion, `journeyId` the id of the deal, or of the lead that represents the person. Won and lost journeys
 * are the recorded ones; journeys to earlier conversions are built from the contacts in the read models, up to the
 * conversion. Only won journeys carry revenue; a currency selects deals only.
 */
export async function* journeysOf(
  models: ReadModels,
  conversion: ConversionKind,
  period: Period = {},
): AsyncGenerator<JourneyDocument> {
  if (conversion === 'won' || conversion === 'lost') {
    for await (const page of models.pages<JourneyDocument>(journeys, closedInPeriod(conversion, period)))
      for (const { doc } of page) yield doc;
  } else if (conversion === 'opportunity') {
    const { currency } = period;
    yield* dealJourneys(models, {
      openedAt: isInPeriod(period),
      ...(currency !== undefined && { currency: { eq: currency } }),
    });
  } else yield* personalJourneys(models, conversion, period);
}

/**
 * The journeys of the deals open at an instant: not converted yet.
 * @param currency only deals in this currency
 */
export const openJourneys = (models: ReadModels, at: Instant, currency?: string): AsyncGenerator<JourneyDocument> =>
  dealJourneys(
    models,
    {
      status: { eq: 'open' },
      openedAt: { lte: at },
      ...(currency !== undefined && { currency: { eq: currency } }),
    },
    at,
  );
