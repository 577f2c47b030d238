import { policy, type Reaction } from '@baton/kernel';
import type { VisitorEvent } from '@baton/campaigns';
import { ToLead, type LeadEvent } from '../write/lead/lead.events';
import { namedBefore } from './named.rules';

const link = (leadId: string, visitorId: string): Reaction => ({
  to: ToLead,
  id: leadId,
  type: 'LinkVisitor',
  data: { leadId, visitorId },
});

/**
 * A visitor that turned out to be a person is linked to the lead: its visits belong to the person. One that was
 * identified before the lead was captured is linked at the capture.
 */
export const visitors = policy<VisitorEvent | LeadEvent>({
  name: 'visitors-of-leads',
  version: 1,
  from: 'start',
  answers: ['lead/id-released'],
  on: {
    VisitorIdentified: ({ data: { visitorId, leadId } }) => [link(leadId, visitorId)],
    LeadCaptured: async (captured, look) =>
      (await namedBefore(captured, look)).flatMap(({ visitorId, at }) =>
        visitorId === undefined ? [] : [{ ...link(captured.data.leadId, visitorId), occurredAt: at }],
      ),
  },
});
