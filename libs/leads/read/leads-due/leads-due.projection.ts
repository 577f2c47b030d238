import { projection, withMode, type Instant, type Recorded } from '@baton/kernel';
import { earliest } from '../../sla/obligations.rules';
import type { LeadEvent } from '../../write/lead/lead.events';
import type { LeadClock } from '../../write/lead/lead.model';
import { clocksWith, nextMomentOf, onObligations, type Said } from '../../write/lead/obligations.rules';

interface DueLead {
  readonly leadId: string;
  /** When a recycled lead is taken up again by time alone. */
  readonly reengageAt?: Instant;
  /** When time alone qualifies a lead that waits for it. */
  readonly foreseen?: Instant;
  /** What sales owes the lead, as its decisions know it. */
  readonly clocks: readonly LeadClock[];
  /** Merged into another lead: its clocks wait. */
  readonly merged?: boolean;
  readonly dueAt: Instant | null;
}

const dueOf = ({ reengageAt, foreseen, clocks, merged }: DueLead): Instant | null =>
  earliest(reengageAt, foreseen, merged ? undefined : nextMomentOf(clocks)) ?? null;
const dated = (lead: DueLead): DueLead => ({ ...lead, dueAt: dueOf(lead) });
/** Whatever moves a lead elsewhere takes away its re-engage date, and what was foreseen where it stood. */
const settled = ({ reengageAt: _, foreseen: __, ...lead }: DueLead): DueLead => dated(lead);
const foldClock = (lead: DueLead, said: Recorded<Said>): DueLead =>
  dated({ ...lead, clocks: clocksWith(lead.clocks, said) });

/** When time alone changes a lead: taken up again at its date, qualified, or at the next moment of a clock of sales. */
export const leadsDue = withMode(
  projection<DueLead, LeadEvent>({
    name: 'leads-due',
    version: 5,
    columns: { dueAt: 'text' },
    keys: ({ data }) => [data.leadId],
    initial: (leadId) => ({ leadId, clocks: [], dueAt: null }),
    on: {
      LeadRecycled: (lead, { data: { reengageAt } }) =>
        dated({ ...settled(lead), ...(reengageAt !== undefined && { reengageAt }) }),
      LeadQualified: settled,
      LeadHandedOff: settled,
      LeadAccepted: settled,
      LeadRejected: settled,
      LeadSalesQualified: settled,
      LeadConverted: settled,
      LeadBecameCustomer: settled,
      LeadReturnedToOpportunity: settled,
      LeadReengaged: settled,
      LeadDisqualified: settled,
      QualificationForeseen: ({ foreseen: _, ...lead }, { data: { at } }) =>
        dated({ ...lead, ...(at !== undefined && { foreseen: at }) }),
      LeadMergedInto: ({ foreseen: _, ...lead }) => dated({ ...lead, merged: true }),
      LeadUnmergedFrom: (lead) => dated({ ...lead, merged: false }),
      ...onObligations(foldClock),
    },
  }),
);
