import {
  boundsOf,
  dayOrInstantField,
  idField,
  instantField,
  integerField,
  objectField,
  objectFields,
  roles,
  zoneField,
} from '@baton/kernel';
import { report } from '@baton/platform/report';
import { servedDeals } from './support-requests.query';

const servedDeal = objectFields('ServedDeal', 'A won deal that marketing supported.', {
  opportunityId: idField('Id of the deal.', { entity: 'Opportunity' }),
  wonAt: instantField('When it was won.'),
  supportIds: idField('Requests delivered by the time of the win, earliest delivery first.', {
    ...{ list: true, entity: 'SupportRequest', entityName: 'supportRequests' },
  }),
});

export const servedDealsReport = report({
  name: 'servedDeals',
  description: 'Won deals for which marketing had delivered something by the time of the win.',
  ...{ allow: roles, heavy: 'period' },
  arguments: {
    from: dayOrInstantField('Deals won on or after this day or instant.', { optional: true }),
    to: dayOrInstantField('Deals won before this day or instant.', { optional: true }),
    timeZone: zoneField('IANA time zone of the days; UTC by default.'),
  },
  answer: objectField(
    objectFields('ServedDeals', 'Won deals with and without support by marketing.', {
      won: integerField('Deals won in the period.', { unit: 'deals' }),
      served: integerField('Those of them for which marketing had delivered something by the time of the win.', {
        unit: 'deals',
      }),
      deals: objectField(servedDeal, 'Served deals, the most recently won first.', { list: true }),
    }),
    'The report.',
  ),
  ask: (period, { models }) => servedDeals(models, boundsOf(period)),
});
