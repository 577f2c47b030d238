import { bothWhere, boundsOf, field, objectFields, roles } from '@baton/kernel';
import { report, snapshotSubscription } from '@baton/platform/report';
import { slaCounts, whereClocks } from './sla-board.query';
import { mergedWithOpenClocks, slaClocks, whereState } from './sla-clocks.read-model';
import { clockStates, slaStates } from './sla-clocks.rules';

const short = { optional: true, max: 100 } as const;
export const zoneArgument = { timeZone: field.zone('IANA time zone of days and months; UTC by default.') };
/** The filters that every report over clocks takes. */
export const clockArguments = {
  kind: field.text('Only obligations of this kind: first-response, disposition, attempts …', short),
  rep: field.filter('Only clocks of these reps.'),
  queue: field.filter('Only clocks of leads that were routed through these queues (teams).'),
  definition: field.version('Only clocks that started under this version, `sla-policy@2`.'),
  from: field.dayOrInstant('Only clocks to be answered on or after this day or instant.', { optional: true }),
  to: field.dayOrInstant('Only clocks to be answered before this day or instant.', { optional: true }),
  ...zoneArgument,
} as const;

export const stateCount = objectFields('SlaStateCount', 'The number of clocks in one state.', {
  state: field.enum(clockStates, 'The state.'),
  clocks: field.integer('Number of clocks; `slaBoard` with that state lists them.', { unit: 'clocks' }),
});

export const slaCountsReport = report({
  name: 'slaCounts',
  description: 'The number of obligations by state.',
  allow: roles,
  arguments: {
    leadId: field.id('Only clocks of this lead.', { optional: true }),
    ...clockArguments,
    recordedLate: field.flag(
      'True: only clocks answered on time whose answer was recorded after the breach; false: only the others.',
      { optional: true },
    ),
  },
  answer: field.object(stateCount, 'One for each state.', { list: true }),
  ask: async ({ from, to, timeZone, ...filters }, { models, at }) => {
    const counts = await slaCounts(models, { ...filters, ...boundsOf({ from, to, timeZone }), at });
    return slaStates.map((state) => ({ state, clocks: counts[state] }));
  },
});

const MOST_AT_RISK = 100;
export const slaBoardSubscription = snapshotSubscription({
  name: 'slaBoardChanges',
  description: 'The SLA board: a snapshot now, and a new one whenever an event changes it.',
  allow: roles,
  arguments: { rep: clockArguments.rep, kind: field.text('Only clocks of this kind.', short) },
  answer: objectFields('SlaBoardAt', 'A snapshot of the SLA board.', {
    counts: field.object(stateCount, 'Number of clocks by state.', { list: true }),
    atRiskIds: field.id('Clocks at risk, next due first, at most 100.', {
      ...{ list: true, hidden: true, entity: 'SlaClock', entityName: 'atRisk' },
    }),
  }),
  types: slaClocks.types,
  state: async (filters, models, at) => {
    const counts = await slaCounts(models, { ...filters, at });
    const atRisk = whereState('at risk', at, await mergedWithOpenClocks(models));
    const clocks = await models.find(slaClocks, {
      where: bothWhere(whereClocks(filters), atRisk),
      orderBy: [{ column: 'answerBy' }],
      limit: MOST_AT_RISK,
    });
    return {
      counts: slaStates.map((state) => ({ state, clocks: counts[state] })),
      atRiskIds: clocks.map(({ id }) => id),
      clocks,
    };
  },
});
