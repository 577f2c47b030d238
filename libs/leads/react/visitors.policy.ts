import { policy } from '@baton/kernel';
import type { VisitorEvent } from '@baton/campaigns';
import { ToLead } from '../write/lead/lead.events';

/** A visitor that turned out to be a person is linked to the lead: its visits belong to the person. */
export const visitors = policy<VisitorEvent>({
  name: 'visitors-of-leads',
  version: 1,
  from: 'start',
  on: {
    VisitorIdentified: ({ data: { visitorId, leadId } }) => [
      { to: ToLead, id: leadId, type: 'LinkVisitor', data: { leadId, visitorId } },
    ],
  },
});
