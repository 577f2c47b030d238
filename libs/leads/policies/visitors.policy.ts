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
 * Links a visitor to the lead that it was identified as, so that its visits count as touches of the person. A visitor
 * identified before the lead was captured is linked at the capture. Visits before and after the link are touches like
 * any other.
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
      // A visit before the link is recorded comes with the link.
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

/** The visits of a visitor that belong to this person, oldest first. */
const visitsOf = async (leadId: string, visitorId: string, look: Look): Promise<readonly Visit[]> => {
  const stream = await look(visitorDecider, visitorId);
  const visits = stream.filter((event): event is Visit => event.type === 'VisitRecorded');
  return visits
    .filter(({ data }) => data.leadId === undefined || data.leadId === leadId)
    .sort((a, b) => (a.occurredAt < b.occurredAt ? -1 : a.occurredAt > b.occurredAt ? 1 : 0));
};
