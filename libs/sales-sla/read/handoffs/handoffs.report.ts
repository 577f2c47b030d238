import { boundsOf, field, objectFields, roles } from '@baton/kernel';
import { dispositions } from '@baton/leads';
import { pageOf } from '@baton/platform/documents';
import { report } from '@baton/platform/report';
import { zoneArgument } from '../sla-board/sla-counts.report';
import { listHandoffs } from './handoffs.query';

const optional = { optional: true } as const;

const handoffArguments = {
  from: field.dayOrInstant('Only handoffs made on or after this day or instant.', optional),
  to: field.dayOrInstant('Only handoffs made before this day or instant.', optional),
  ...zoneArgument,
  rep: field.filter('Only handoffs to these reps.'),
  queue: field.filter('Only handoffs by these queues (teams).'),
  definition: field.version('Only handoffs of leads that met this definition, `mql@3`.'),
} as const;
const handoff = objectFields('Handoff', 'A handoff of a lead to a rep, with its outcome.', {
  eventId: field.id('Id of the event that recorded it.'),
  leadId: field.id('The lead’s id.', { entity: 'Lead' }),
  count: field.integer('The number of the handoff of this lead, counted from 1.'),
  rep: field.text('The salesperson.'),
  queue: field.text('The queue that chose the rep.', optional),
  definition: field.text('The definition that the lead met, `mql@3`, or `external:<source>`.'),
  at: field.instant('When the lead was handed off.'),
  disposition: field.enum(dispositions, 'The latest disposition.'),
  disposedAt: field.instant('When it got that disposition.', optional),
  reason: field.text('The reason for the rejection, recycling or disqualification.', optional),
  givenBack: field.enum(dispositions, 'How it was returned after it was accepted.', optional),
  givenBackAt: field.instant('When it was returned.', optional),
  givenBackReason: field.text('The reason for the return.', optional),
  attempts: field.integer('Outbound touches by sales until it was returned, or until now.'),
});
export const handoffsReport = report({
  name: 'handoffs',
  description: 'Handoffs with their latest disposition, oldest first; `figures` counts them.',
  ...{ allow: roles, heavy: 'period', page: true },
  arguments: {
    ...handoffArguments,
    disposition: field.enum(dispositions, 'Only handoffs with this latest disposition.', optional),
    reason: field.filter('Only handoffs with these reasons of their disposition.'),
    givenBack: field.flag(
      'True: only handoffs that were returned after they were accepted; false: only the others.',
      optional,
    ),
    limbo: field.flag('True: only handoffs of leads in limbo; false: only the others.', optional),
  },
  answer: field.object(handoff, 'The handoffs.'),
  ask: async ({ from, to, timeZone, ...question }, { models, at, page }) => {
    const found = await listHandoffs(models, { ...question, ...boundsOf({ from, to, timeZone }), at });
    return pageOf(found, page, ({ eventId }) => eventId);
  },
});
