import { projection, withMode, type Instant, type StoredEvent } from '@baton/kernel';
import { earliest } from '@baton/sla-clocks';
import type { LeadEvent } from '../../write/lead/lead.events';
import { isLateMove, movedAtOf } from '../../write/lead/late-moves.rules';
import { convertedFrom, type LeadClock, type StageName } from '../../write/lead/lead.model';
import { clocksAfterEvent, nextTransitionAt, onClockEvents, type ClockEvent } from '../../write/lead/obligations.rules';

interface DueLead {
  readonly leadId: string;
  /** Its stage, and the time of its last move. */
  readonly stage: StageName;
  readonly movedAt?: Instant;
  /** When a recycled lead is re-engaged. */
  readonly reengageAt?: Instant;
  /** When the lead will qualify without another event. */
  readonly qualifiesAt?: Instant;
  /** What sales owes the lead, as its decisions know it. */
  readonly clocks: readonly LeadClock[];
  /** Merged into another lead: its clocks wait. */
  readonly merged?: boolean;
  readonly dueAt: Instant | null;
}

const dueOf = ({ reengageAt, qualifiesAt, clocks, merged }: DueLead): Instant | null =>
  earliest(reengageAt, qualifiesAt, merged ? undefined : nextTransitionAt(clocks)) ?? null;
const withDueAt = (lead: DueLead): DueLead => ({ ...lead, dueAt: dueOf(lead) });
/** Any move drops the re-engagement date and the forecast. */
const withoutSchedule = ({ reengageAt: _, qualifiesAt: __, ...lead }: DueLead): DueLead => withDueAt(lead);
/** Applies a move; a late move by another system changes nothing. */
const onMove =
  <E extends StoredEvent<LeadEvent>>(stage: StageName, fold: (lead: DueLead, event: E) => DueLead = withoutSchedule) =>
  (lead: DueLead, event: E): DueLead =>
    isLateMove(event, { stage: lead.stage, since: lead.movedAt })
      ? lead
      : { ...fold(lead, event), stage, ...movedAtOf(lead, stage, event.occurredAt) };
type MergedStageEvent = StoredEvent<
  Extract<LeadEvent, { type: 'MergedFactsAdded' | 'MergedFactsRemoved' | 'LeadUnmerged' }>
>;
const withMergedStage = (lead: DueLead, { data: { becomes }, occurredAt: movedAt }: MergedStageEvent): DueLead =>
  becomes ? { ...lead, stage: becomes.stage, ...movedAtOf(lead, becomes.stage, movedAt) } : lead;
const foldClock = (lead: DueLead, said: StoredEvent<ClockEvent>): DueLead =>
  withDueAt({ ...lead, clocks: clocksAfterEvent(lead.clocks, said) });

/** When time alone changes a lead next: a re-engagement, a qualification, or a transition of a clock. */
export const leadsDue = withMode(
  projection<DueLead, LeadEvent>({
    name: 'leads-due',
    version: 10,
    columns: { dueAt: 'instant' },
    keys: ({ data }) => [data.leadId],
    initial: (leadId) => ({ leadId, stage: 'lead', clocks: [], dueAt: null }),
    on: {
      LeadRecycled: onMove('recycled', (lead, { data: { reengageAt } }) =>
        withDueAt({ ...withoutSchedule(lead), ...(reengageAt !== undefined && { reengageAt }) }),
      ),
      LeadQualified: onMove('mql'),
      LeadHandedOff: onMove('handed-off'),
      LeadAccepted: onMove('sal'),
      LeadRejected: onMove('rejected'),
      LeadSalesQualified: onMove('sql'),
      LeadConverted: (lead, event) => onMove(convertedFrom(lead.stage))(lead, event),
      LeadBecameCustomer: onMove('customer'),
      LeadReturnedToOpportunity: onMove('opportunity'),
      LeadReengaged: onMove('lead'),
      LeadDisqualified: onMove('disqualified'),
      MergedFactsAdded: withMergedStage,
      MergedFactsRemoved: withMergedStage,
      LeadUnmerged: withMergedStage,
      QualificationScheduled: ({ qualifiesAt: _, ...lead }, { data: { at } }) =>
        withDueAt({ ...lead, ...(at !== undefined && { qualifiesAt: at }) }),
      LeadMergedInto: ({ qualifiesAt: _, ...lead }) => withDueAt({ ...lead, merged: true }),
      LeadUnmergedFrom: (lead) => withDueAt({ ...lead, merged: false }),
      ...onClockEvents(foldClock),
    },
  }),
);
