import { projection, withMode, type Instant, type StoredEvent } from '@baton/kernel';
import { earliest } from '@baton/sla-clocks';
import type { LeadEvent } from '../../write/lead/lead.events';
import { isLateMove, movedAtOf } from '../../write/lead/late-moves.rules';
import { convertedFrom, type LeadClock, type StageName } from '../../write/lead/lead.model';
import { clocksWith, nextClockTransitionOf, onObligations, type ClockEvent } from '../../write/lead/obligations.rules';

interface DueLead {
  readonly leadId: string;
  /** Where it stands, and since which move. */
  readonly stage: StageName;
  readonly movedAt?: Instant;
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
  earliest(reengageAt, foreseen, merged ? undefined : nextClockTransitionOf(clocks)) ?? null;
const dated = (lead: DueLead): DueLead => ({ ...lead, dueAt: dueOf(lead) });
/** Whatever moves a lead elsewhere takes away its re-engage date, and what was foreseen where it stood. */
const settled = ({ reengageAt: _, foreseen: __, ...lead }: DueLead): DueLead => dated(lead);
/** What a move makes of it; one of another system that is told after a later one changes nothing that will be. */
const moved =
  <E extends StoredEvent<LeadEvent>>(stage: StageName, fold: (lead: DueLead, event: E) => DueLead = settled) =>
  (lead: DueLead, event: E): DueLead =>
    isLateMove(event, { stage: lead.stage, since: lead.movedAt })
      ? lead
      : { ...fold(lead, event), stage, ...movedAtOf(lead, stage, event.occurredAt) };
type Becoming = StoredEvent<Extract<LeadEvent, { type: 'MergedFactsAdded' | 'MergedFactsRemoved' | 'LeadUnmerged' }>>;
const becoming = (lead: DueLead, { data: { becomes }, occurredAt: movedAt }: Becoming): DueLead =>
  becomes ? { ...lead, stage: becomes.stage, ...movedAtOf(lead, becomes.stage, movedAt) } : lead;
const foldClock = (lead: DueLead, said: StoredEvent<ClockEvent>): DueLead =>
  dated({ ...lead, clocks: clocksWith(lead.clocks, said) });

/** When time alone changes a lead: taken up again at its date, qualified, or at the next moment of a clock of sales. */
export const leadsDue = withMode(
  projection<DueLead, LeadEvent>({
    name: 'leads-due',
    version: 8,
    columns: { dueAt: 'text' },
    keys: ({ data }) => [data.leadId],
    initial: (leadId) => ({ leadId, stage: 'lead', clocks: [], dueAt: null }),
    on: {
      LeadRecycled: moved('recycled', (lead, { data: { reengageAt } }) =>
        dated({ ...settled(lead), ...(reengageAt !== undefined && { reengageAt }) }),
      ),
      LeadQualified: moved('mql'),
      LeadHandedOff: moved('handed-off'),
      LeadAccepted: moved('sal'),
      LeadRejected: moved('rejected'),
      LeadSalesQualified: moved('sql'),
      LeadConverted: (lead, event) => moved(convertedFrom(lead.stage))(lead, event),
      LeadBecameCustomer: moved('customer'),
      LeadReturnedToOpportunity: moved('opportunity'),
      LeadReengaged: moved('lead'),
      LeadDisqualified: moved('disqualified'),
      MergedFactsAdded: becoming,
      MergedFactsRemoved: becoming,
      LeadUnmerged: becoming,
      QualificationScheduled: ({ foreseen: _, ...lead }, { data: { at } }) =>
        dated({ ...lead, ...(at !== undefined && { foreseen: at }) }),
      LeadMergedInto: ({ foreseen: _, ...lead }) => dated({ ...lead, merged: true }),
      LeadUnmergedFrom: (lead) => dated({ ...lead, merged: false }),
      ...onObligations(foldClock),
    },
  }),
);
