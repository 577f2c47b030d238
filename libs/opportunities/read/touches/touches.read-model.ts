import {
  field,
  orNull,
  readModel,
  roles,
  teams,
  type DocumentOf,
  type DocumentReader,
  type Instant,
  type Where,
} from '@baton/kernel';
import { directions, touchOutcomes } from '@baton/campaigns';
import { mergedLeadsOf, type LeadEvent } from '@baton/leads';
import { deals } from '../deals/deals.read-model';

const reported = { nullable: true, filter: true } as const;
const fields = {
  touchId: field.id('The touch.', { filter: true }),
  leadId: field.id('The person. A filter by a lead also finds the touches of leads that are merged into it.', {
    ...{ filter: true, entity: 'Lead', alsoIds: mergedLeadsOf },
  }),
  visitorId: field.id('The anonymous visitor, for a visit before the person was identified.', reported),
  at: field.instant('When it took place.', { filter: true, sort: true }),
  team: field.enum(teams, 'The team of the touch.', { filter: true }),
  direction: field.enum(directions, 'Who started it.', reported),
  action: field.text('What was done: page-view, download, call …', { filter: true, sort: true }),
  channel: field.text('The channel as its source reported it.', reported),
  source: field.text('The source: google, newsletter, partner …', reported),
  medium: field.text('The medium: cpc, organic, email …', reported),
  campaign: field.text('The campaign.', reported),
  content: field.text('The content or advertisement.', reported),
  page: field.text('The page of a visit.', reported),
  landingPage: field.text('The first page of the visit.', reported),
  referrer: field.text('Where the person came from.', reported),
  minutes: field.integer('How many minutes it took.', { nullable: true, filter: true, sort: true }),
  outcome: field.enum(touchOutcomes, 'How an attempt to reach the person ended.', reported),
  isVisit: field.flag('Whether it was a visit before the person was identified.', { filter: true }),
  by: field.text('Who recorded it.', { filter: true }),
  /** Of the event in the stream of the lead: touches of one instant are in its order. */
  revision: field.integer('The revision of the lead that it was recorded with.', { column: true, hidden: true }),
  /** Of the event: journeys order touches by them, and tell which of them a capture recorded. */
  sequence: field.integer('Its place among the rows of its source.', { optional: true, hidden: true }),
  correlationId: field.text('The conversation in which it was recorded.', { optional: true, hidden: true }),
} as const;
/** One contact between a person and either team. */
export type Touch = DocumentOf<typeof fields>;

type TouchRecorded = Extract<LeadEvent, { type: 'TouchRecorded' }>['data'];
const reportedFacts = (touch: Partial<TouchRecorded>) => ({
  ...orNull(touch, ['direction', 'channel', 'source', 'medium', 'campaign', 'content', 'page', 'landingPage']),
  ...orNull(touch, ['referrer', 'minutes']),
});

/** The people of a deal; nobody where there is no such deal. */
const peopleOf = async (documents: DocumentReader, opportunityId: string): Promise<readonly string[]> => {
  const deal = (await documents.getMany(deals, [opportunityId])).get(opportunityId);
  const leadIds = deal?.contacts.map(({ leadId }) => leadId) ?? [];
  return [...leadIds, ...(await mergedLeadsOf(documents, leadIds))];
};

/** One document per touch: the timeline of a person, and of the people of a deal. */
export const touches = readModel<Touch, LeadEvent>({
  name: 'touches',
  version: 5,
  node: 'Touch',
  description: 'One contact between a person and either team, as its source reported it.',
  key: 'touchId',
  fields,
  lists: {
    touches: {
      description: 'Touches of leads, the latest first, with the visits from before they were identified.',
      orderBy: '-at',
      arguments: {
        opportunityId: field.id('Only touches of people with a role in this deal.', { optional: true }),
      },
      where: async (_at: Instant, { opportunityId }, documents): Promise<Where> =>
        opportunityId === undefined ? {} : { leadId: { in: await peopleOf(documents, opportunityId as string) } },
    },
  },
  allow: roles,
  questions: [
    { where: ['leadId'], orderBy: '-at' },
    { where: ['campaign'], orderBy: '-at' },
  ],
  keys: ({ id, type, data }) => (type === 'LeadVisitsJoined' ? data.visits.map((visit) => visit.id) : [id]),
  on: {
    TouchRecorded: ({ touchId }, { data, occurredAt, revision, meta }) => ({
      ...reportedFacts(data),
      ...{ touchId, leadId: data.leadId, visitorId: null, at: occurredAt, isVisit: false },
      ...{ outcome: data.outcome ?? null, revision },
      ...{ team: data.team, action: data.action, by: meta.actor, correlationId: meta.$correlationId },
      ...(meta.sequence !== undefined && { sequence: meta.sequence }),
    }),
    LeadVisitsJoined: ({ touchId }, { data, revision, meta }) => {
      const visit = data.visits.find(({ id }) => id === touchId)!;
      return {
        ...reportedFacts(visit),
        ...{ touchId, leadId: data.leadId, visitorId: data.visitorId, at: visit.at, isVisit: true, outcome: null },
        ...{ team: visit.team, action: visit.action, by: meta.actor, revision },
      };
    },
  },
});
