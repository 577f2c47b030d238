import { boundsOf, field, objectFields, roles } from '@baton/kernel';
import { report } from '@baton/platform/report';
import { servedDeals } from './support-requests.query';

const servedDeal = objectFields('ServedDeal', 'A won deal that marketing supported.', {
  opportunityId: field.id('Id of the deal.', { entity: 'Opportunity' }),
  wonAt: field.instant('When it was won.'),
  supportIds: field.id('Requests delivered by the time of the win, earliest delivery first.', {
    ...{ list: true, entity: 'SupportRequest', entityName: 'supportRequests' },
  }),
});

export const servedDealsReport = report({
  name: 'servedDeals',
  description: 'Won deals for which marketing had delivered something by the time of the win.',
  ...{ allow: roles, heavy: 'period' },
  arguments: {
    from: field.dayOrInstant('Deals won on or after this day or instant.', { optional: true }),
    to: field.dayOrInstant('Deals won before this day or instant.', { optional: true }),
    timeZone: field.zone('IANA time zone of the days; UTC by default.'),
  },
  answer: field.object(
    objectFields('ServedDeals', 'Won deals with and without support by marketing.', {
      won: field.integer('Deals won in the period.', { unit: 'deals' }),
      served: field.integer('Those of them for which marketing had delivered something by the time of the win.', {
        unit: 'deals',
      }),
      deals: field.object(servedDeal, 'Served deals, the most recently won first.', { list: true }),
    }),
    'The report.',
  ),
  ask: (period, { models }) => servedDeals(models, boundsOf(period)),
});
