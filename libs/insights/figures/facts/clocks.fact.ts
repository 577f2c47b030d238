import { toMs } from '@baton/kernel';
import { slaClocks, type SlaClock } from '@baton/sales-sla';
import { fact, instantOf, numberOf, textOf } from '../fact.rules';
import { ofColleague } from './colleagues.fact';
import { ofPerson } from './people.fact';

/** Every obligation of sales to a lead. */
export const clockFact = fact<SlaClock, SlaClock>({
  name: 'clocks',
  description: 'Every obligation of sales to a lead, with how it ended.',
  entity: 'Lead',
  of: slaClocks,
  rows: (clock) => (clock.startedAt === '' ? [] : [{ id: clock.clockId, entity: clock.leadId, row: clock }]),
  columns: {
    startedAt: instantOf(({ startedAt }) => startedAt),
    leadId: textOf(({ leadId }) => leadId),
    kind: textOf(({ kind }) => kind),
    outcome: textOf(({ outcome }) => outcome),
    rep: textOf(({ rep }) => rep),
    queue: textOf(({ queue }) => queue),
    definition: textOf(({ definition }) => definition),
    responseMs: numberOf(({ startedAt, metAt }) =>
      metAt === undefined || metAt < startedAt ? undefined : toMs(metAt) - toMs(startedAt),
    ),
  },
  dimensions: {
    ...{ rep: 'rep', queue: 'queue', definition: 'definition', kind: 'kind', outcome: 'outcome' },
    ...{ manager: ofColleague('rep', ['startedAt'], 'manager'), team: ofColleague('rep', ['startedAt'], 'team') },
    ...{
      source: ofPerson('source'),
      region: ofPerson('region'),
      industry: ofPerson('industry'),
      size: ofPerson('size'),
    },
  },
});
