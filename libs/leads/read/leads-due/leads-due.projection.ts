import { projection, type Instant } from '@baton/kernel';
import type { LeadEvent } from '../../write/lead/lead.events';

interface DueLead {
  readonly leadId: string;
  readonly dueAt: Instant | null;
}
const settled = ({ leadId }: DueLead): DueLead => ({ leadId, dueAt: null });

/** When a recycled lead is taken up again by time alone; whatever moves it elsewhere takes it off the list. */
export const leadsDue = projection<DueLead, LeadEvent>({
  name: 'leads-due',
  version: 1,
  columns: { dueAt: 'text' },
  keys: ({ data }) => [data.leadId],
  initial: (leadId) => ({ leadId, dueAt: null }),
  on: {
    LeadRecycled: (doc, { data: { reengageAt } }) => ({ ...doc, dueAt: reengageAt ?? null }),
    LeadQualified: settled,
    LeadHandedOff: settled,
    LeadAccepted: settled,
    LeadRejected: settled,
    LeadSalesQualified: settled,
    LeadConverted: settled,
    LeadBecameCustomer: settled,
    LeadReengaged: settled,
    LeadDisqualified: settled,
  },
});
