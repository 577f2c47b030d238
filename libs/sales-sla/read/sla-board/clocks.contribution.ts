import { field, objectFields } from '@baton/kernel';
import { leads } from '@baton/leads';
import { contribute } from '@baton/platform/contribution';
import { slaIntervalKinds } from '@baton/sla-clocks';
import { handoffs } from '../handoffs/handoffs.read-model';
import { openClocksOf, workingOf } from './sla-board.query';
import { slaClocks } from './sla-clocks.read-model';
import { clockStates, knownStateOf, stateOf } from './sla-clocks.rules';

export const leadClocks = contribute(leads, {
  fields: {
    clockIds: field.id('The open obligations of sales to the lead, next due first.', {
      ...{ list: true, hidden: true, entity: 'SlaClock', entityName: 'clocks' },
    }),
  },
  some: async (models, found) => {
    const open = await openClocksOf(models, [...found.keys()]);
    return new Map([...open].map(([leadId, clocks]) => [leadId, { clockIds: clocks.map(({ clockId }) => clockId) }]));
  },
});

/** The states of clocks, which merges of their leads change too. */
export const clockStatesNow = contribute(slaClocks, {
  fields: {
    state: field.enum(clockStates, 'The state by when things happened.'),
    knownState: field.enum(clockStates, 'The state by when things were recorded: a recorded breach stays a breach.'),
  },
  some: async (models, clocks, at) => {
    const mayWait = [...clocks.values()].filter(({ outcome, breachRecorded }) => outcome === 'open' && !breachRecorded);
    const owed = await models.getMany(handoffs, [...new Set(mayWait.map(({ leadId }) => leadId))]);
    return new Map(
      [...clocks].map(([id, clock]) => {
        const merged = mayWait.includes(clock) && (owed.get(clock.leadId)?.merged ?? false);
        return [id, { state: stateOf(clock, at, merged), knownState: knownStateOf(clock, at, merged) }];
      }),
    );
  },
});

const interval = objectFields('SlaInterval', 'An interval between start and due, and how it was counted.', {
  from: field.instant('Start of the interval.'),
  to: field.instant('End of the interval, exclusive.'),
  kind: field.enum(slaIntervalKinds, 'How it was counted.'),
  by: field.id('The event that paused the clock.', { optional: true }),
});
export const clockWorkings = contribute(slaClocks, {
  fields: {
    working: field.object(
      interval,
      'The calculation of the deadline: the intervals from the start to due, or to the pause, without gaps; the counted ones sum to the budget.',
      { list: true },
    ),
  },
  some: async (models, clocks) => {
    const workings = await workingOf(models, [...clocks.values()]);
    return new Map(
      [...clocks].map(([id, clock]) => {
        const working = workings.get(clock)!;
        return [id, working instanceof Error ? working : { working }];
      }),
    );
  },
});
