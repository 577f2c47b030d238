import { policy, send, chunksOf, type Look, type Reaction, type StoredEvent } from '@baton/kernel';
import { visitorDecider, type VisitorEvent } from '@baton/campaigns';
import { leadDecider } from '../write/lead/lead.decider';
import { ToLead, type LeadEvent } from '../write/lead/lead.events';
import { earlyReferences } from './early-references.rules';

const linkVisitor = (leadId: string, visitorId: string): Reaction =>
  send(ToLead, leadId, { type: 'LinkVisitor', data: { leadId, visitorId } });

type Visit = StoredEvent<Extract<VisitorEvent, { type: 'VisitRecorded' }>>;
const joinVisits = (leadId: string, visitorId: string, visits: readonly Visit[]): readonly Reaction[] =>
  chunksOf(
    visits.map(({ id, occurredAt: at, data: { visitorId: _, leadId: __, ...visit } }) => ({ id, at, ...visit })),
  ).map((slice) => send(ToLead, leadId, { type: 'JoinVisits', data: { leadId, visitorId, visits: slice } }));

/**
 * A visitor that turned out to be a person is linked to the lead: its visits belong to the person. One that was
 * identified before the lead was captured is linked at the capture. Its visits, before and after, are touches of the
 * person as any other.
 */
export const followVisitors = policy<VisitorEvent | LeadEvent>({
  name: 'visitors-of-leads',
  version: 1,
  from: 'start',
  answers: ['lead/id-released'],
  on: {
    LeadVisitorLinked: async ({ data: { leadId, visitorId } }, look) =>
      joinVisits(leadId, visitorId, await visitsOf(leadId, visitorId, look)),
    VisitRecorded: async (event, look) => {
      const { leadId, visitorId } = event.data;
      if (leadId === undefined) return [];
      // Before the link is recorded the visit is among those that come with it.
      const isLinked = (await look(leadDecider, leadId)).some(
        ({ type, data }) => type === 'LeadVisitorLinked' && data.visitorId === visitorId,
      );
      return isLinked ? joinVisits(leadId, visitorId, [event]) : [];
    },
    VisitorIdentified: ({ data: { visitorId, leadId } }) => [linkVisitor(leadId, visitorId)],
    LeadCaptured: async (captured, look) =>
      (await earlyReferences(captured, look)).flatMap(({ visitorId, at }) =>
        visitorId === undefined ? [] : [{ ...linkVisitor(captured.data.leadId, visitorId), occurredAt: at }],
      ),
  },
});

/** The visits of a visitor that are this person’s, oldest first. */
const visitsOf = async (leadId: string, visitorId: string, look: Look): Promise<readonly Visit[]> => {
  const stream = await look(visitorDecider, visitorId);
  const visits = stream.filter((event): event is Visit => event.type === 'VisitRecorded');
  return visits
    .filter(({ data }) => data.leadId === undefined || data.leadId === leadId)
    .sort((a, b) => (a.occurredAt < b.occurredAt ? -1 : a.occurredAt > b.occurredAt ? 1 : 0));
};
