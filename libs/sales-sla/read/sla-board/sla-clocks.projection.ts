import { projection, type StoredEvent } from '@baton/kernel';
import type { LeadEvent } from '@baton/leads';
import { onClockEvents, type ClockEvent } from '@baton/leads';
import { recordedClockAfter, type RecordedClock } from './sla-clocks.rules';

/** The id of a clock’s document: one event may start several, of different kinds. */
export const clockIdOf = ({ startedBy, kind }: { readonly startedBy: string; readonly kind: string }): string =>
  `${startedBy}.${kind}`;

const foldClock = (doc: RecordedClock, said: StoredEvent<ClockEvent>): RecordedClock =>
  recordedClockAfter(doc.startedAt === '' ? undefined : doc, said) ?? doc;

/** One document per clock: what sales owed a lead, by when, and what became of it. */
export const slaClocks = projection<RecordedClock, LeadEvent>({
  name: 'sla-clocks',
  version: 4,
  columns: {
    ...{ leadId: 'text', kind: 'text', rep: 'text', queue: 'text', definition: 'text', startedAt: 'text' },
    ...{ outcome: 'text', answerBy: 'text', atRiskAt: 'text', breached: 'flag' },
  },
  keys: ({ data }) => ('startedBy' in data ? [clockIdOf(data)] : []),
  initial: () => ({
    // Its first event says all of this.
    ...{ leadId: '', kind: '', startedAt: '', startedBy: '', budgetMs: 0, definition: '', clock: 'wall-clock' },
    ...{ dueAt: null, pauses: [], answers: 0, counted: [], transitions: [], escalated: [] },
    ...{ outcome: 'cancelled', answerBy: null, atRiskAt: null },
  }),
  on: onClockEvents(foldClock),
});
