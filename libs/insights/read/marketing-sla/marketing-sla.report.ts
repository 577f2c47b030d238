import { field, roles, BEGINNING } from '@baton/kernel';
import { pageOf } from '@baton/platform/documents';
import { report } from '@baton/platform/report';
import { calendarPeriod } from './marketing-sla.rules';
import {
  deliveriesBehind,
  deliveryFields,
  deliverySteps,
  marketingSla,
  marketingSlaAnswer,
} from './marketing-sla.query';

const period = {
  period: field.text('Period such as 2024-01, 2024-Q1 or 2024; by default this month.', {
    ...{ optional: true, max: 10, check: (text: string) => calendarPeriod(text, 'UTC', BEGINNING) },
  }),
  timeZone: field.zone('IANA zone in which it begins and ends; UTC by default.'),
} as const;

export const marketingSlaReport = report({
  name: 'marketingSla',
  description: 'Leads promised and delivered in a calendar period, over threshold and with complete packages.',
  ...{ allow: roles, heavy: 'period' },
  arguments: period,
  answer: field.object(marketingSlaAnswer, 'The report.'),
  ask: (question, { models, at }) => marketingSla(models, { ...question, at }),
});

export const deliveriesReport = report({
  name: 'deliveries',
  description: 'What stands behind `marketingSla`, oldest first.',
  ...{ allow: roles, heavy: 'period', page: true },
  arguments: { kind: field.enum(deliverySteps, 'Which step.'), ...period },
  answer: field.object(deliveryFields, 'The steps.'),
  ask: async (question, { models, at, page }) =>
    pageOf(await deliveriesBehind(models, { ...question, at }), page, ({ eventId }) => eventId),
});
