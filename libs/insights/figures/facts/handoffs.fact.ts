import { toMs } from '@baton/kernel';
import { handoffs, type HandoffActivity, type HandoffsDocument } from '@baton/sales-sla';
import { fact, instantOf, numberOf, textOf } from '../fact.rules';
import { people } from './people.fact';

const ofPerson = (column: string) => ({ through: 'leadId', fact: () => people, column });

/** Every handoff of a lead to a rep. */
export const handoffFact = fact<HandoffsDocument, HandoffActivity>({
  name: 'handoffs',
  description: 'Every handoff of a lead to a rep, with its latest disposition.',
  entity: 'Lead',
  of: handoffs,
  rows: ({ handoffs: all }) => all.map((row) => ({ id: row.eventId, entity: row.leadId, row })),
  columns: {
    handedOffAt: instantOf(({ at }) => at),
    leadId: textOf(({ leadId }) => leadId),
    rep: textOf(({ rep }) => rep),
    queue: textOf(({ queue }) => queue),
    definition: textOf(({ definition }) => definition),
    disposition: textOf(({ disposition }) => disposition),
    reason: textOf(({ reason }) => reason),
    givenBack: textOf(({ givenBack }) => givenBack),
    attempts: numberOf(({ attempts }) => attempts),
    answerMs: numberOf(({ at, disposedAt }) =>
      disposedAt === undefined || disposedAt < at ? undefined : toMs(disposedAt) - toMs(at),
    ),
  },
  dimensions: {
    ...{ rep: 'rep', queue: 'queue', definition: 'definition', disposition: 'disposition', reason: 'reason' },
    ...{
      source: ofPerson('source'),
      region: ofPerson('region'),
      industry: ofPerson('industry'),
      size: ofPerson('size'),
    },
  },
});
