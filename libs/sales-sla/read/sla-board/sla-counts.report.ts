import {
  boundsOf,
  dayOrInstantField,
  enumField,
  filterField,
  flagField,
  idField,
  integerField,
  objectField,
  objectFields,
  roles,
  textField,
  versionField,
  zoneField,
} from '@baton/kernel';
import { report } from '@baton/platform/report';
import { slaCounts } from './sla-board.query';
import { clockStates, slaStates } from './sla-clocks.rules';

const short = { optional: true, max: 100 } as const;
export const zoneArgument = { timeZone: zoneField('IANA time zone of days and months; UTC by default.') };
/** The filters that every report over clocks takes. */
export const clockArguments = {
  kind: textField('Only obligations of this kind: first-response, disposition, attempts …', short),
  rep: filterField('Only clocks of these reps.'),
  queue: filterField('Only clocks of leads that were routed through these queues (teams).'),
  definition: versionField('Only clocks that started under this version, `sla-policy@2`.'),
  from: dayOrInstantField('Only clocks to be answered on or after this day or instant.', { optional: true }),
  to: dayOrInstantField('Only clocks to be answered before this day or instant.', { optional: true }),
  ...zoneArgument,
} as const;

export const stateCount = objectFields('SlaStateCount', 'The number of clocks in one state.', {
  state: enumField(clockStates, 'The state.'),
  clocks: integerField('Number of clocks; `slaBoard` with that state lists them.', { unit: 'clocks' }),
});

export const slaCountsReport = report({
  name: 'slaCounts',
  description: 'The number of obligations by state.',
  allow: roles,
  arguments: {
    leadId: idField('Only clocks of this lead.', { optional: true }),
    ...clockArguments,
    recordedLate: flagField(
      'True: only clocks answered on time whose answer was recorded after the breach; false: only the others.',
      { optional: true },
    ),
  },
  answer: objectField(stateCount, 'One for each state.', { list: true }),
  ask: async ({ from, to, timeZone, ...filters }, { models, at }) => {
    const counts = await slaCounts(models, { ...filters, ...boundsOf({ from, to, timeZone }), at });
    return slaStates.map((state) => ({ state, clocks: counts[state] }));
  },
});
