import { boundOf, DAY_MS, field, fromMs, objectFields, toMs } from '@baton/kernel';
import { pageOf } from '@baton/platform/documents';
import { report } from '@baton/platform/report';
import { dueErasures } from './due-erasures.query';

const AHEAD_DAYS = 30;
const dueErasure = objectFields('DueErasure', 'A person who is erased when no purpose keeps the data any more.', {
  leadId: field.id('The person.', { entity: 'Lead' }),
  purpose: field.text('The purpose that keeps the person longest; see `retentionRules`.'),
  dueAt: field.instant('When that ends. The person is erased within the hour, unless a hold stops it.'),
  holds: field.text('The legal holds that keep the person nevertheless.', { list: true }),
});

export const dueErasuresReport = report({
  name: 'dueErasures',
  description: 'Who will be erased by an instant, and when, by the retention rules: the longest due first.',
  ...{ allow: ['revops', 'admin', 'auditor'], heavy: 'period', page: true },
  arguments: {
    by: field.dayOrInstant(`Due by this day or instant; by default within ${AHEAD_DAYS} days.`, { optional: true }),
    timeZone: field.zone('IANA time zone of days; UTC by default.'),
  },
  answer: field.object(dueErasure, 'The people.'),
  ask: async ({ by, timeZone }, { models, at, page }) => {
    const until = by === undefined ? fromMs(toMs(at) + AHEAD_DAYS * DAY_MS) : boundOf(by, timeZone ?? 'UTC', 'by');
    return pageOf(await dueErasures(models, until), page, ({ leadId }) => leadId);
  },
});
