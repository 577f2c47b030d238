import { boundsOf, field, objectFields, roles } from '@baton/kernel';
import { dispositions } from '@baton/leads';
import { pageOf } from '@baton/platform/documents';
import { report } from '@baton/platform/report';
import { slaBreakdowns } from '../sla-report/grouping.rules';
import { zoneArgument } from '../sla-board/sla-counts.report';
import { handoffReport, listHandoffs, type HandoffReport, type HandoffRow } from './handoff-report.query';

const optional = { optional: true } as const;

const handoffArguments = {
  from: field.dayOrInstant('Only handoffs made on or after this day or instant.', optional),
  to: field.dayOrInstant('Only handoffs made before this day or instant.', optional),
  ...zoneArgument,
  rep: field.filter('Only handoffs to these reps.'),
  queue: field.filter('Only handoffs by these queues (teams).'),
  definition: field.version('Only handoffs of leads that met this definition, `mql@3`.'),
} as const;
export const byArgument = {
  by: field.enum(slaBreakdowns, 'Group by these, in combination.', { list: true, optional: true }),
} as const;

const unknown = { optional: true, nullable: true } as const;
/** The group that a row of a report is about. */
export const groupFields = {
  month: field.text('The month, `2024-01`; null if the report is not grouped by month.', unknown),
  queue: field.text('The queue; also null for leads that were routed through none.', unknown),
  rep: field.text('The rep; also null for obligations without a rep.', unknown),
  definition: field.text('The definition.', unknown),
} as const;
const row = objectFields(
  'HandoffReportRow',
  'Handoffs by latest disposition: handoffs = accepted + rejected + recycled + disqualified + waiting.',
  {
    ...groupFields,
    handoffs: field.integer('Number of handoffs; the query `handoffs` lists them.', { unit: 'handoffs' }),
    accepted: field.integer(dispositions.meanings.accepted, { unit: 'handoffs' }),
    rejected: field.integer(dispositions.meanings.rejected, { unit: 'handoffs' }),
    recycled: field.integer(dispositions.meanings.recycled, { unit: 'handoffs' }),
    disqualified: field.integer(dispositions.meanings.disqualified, { unit: 'handoffs' }),
    waiting: field.integer(dispositions.meanings.waiting, { unit: 'handoffs' }),
    givenBack: field.integer(
      'Accepted handoffs that were rejected, recycled or disqualified later. A lost deal does not count.',
      { unit: 'handoffs' },
    ),
    erased: field.integer('How many erased people are among those who were handed off.', { unit: 'people' }),
    limbo: field.integer('Handoffs that have waited for 48 hours or longer.', { unit: 'handoffs' }),
    rejectionRate: field.number('Rejected / handoffs, 0…1; null without handoffs.', { unit: '0–1', nullable: true }),
    reasons: field.object(
      objectFields('RejectionReason', 'The number of rejections for one reason.', {
        reason: field.text('Code of the reason.'),
        rejected: field.integer('Handoffs rejected for it.'),
        rate: field.number('Share of all handoffs of the row, 0…1.', { unit: '0–1' }),
      }),
      'The reasons for rejections, most frequent first.',
      { list: true },
    ),
    medianAttempts: field.number(
      'Median number of outbound touches before a rejection or recycling; null without either.',
      { unit: 'attempts', nullable: true },
    ),
    warnings: field.text(
      '`definition needs work` if, grouped by definition, more than 30 % of at least 10 handoffs were rejected.',
      { list: true },
    ),
  },
);
export const handoffAnswer = objectFields('HandoffReport', 'Handoffs by disposition.', {
  total: field.object(row, 'All handoffs in the period.'),
  rows: field.object(row, 'One row per group, sorted; empty without `by`.', { list: true }),
  at: field.instant('The time at which limbo was computed.'),
});

const shownRow = ({ group, counts, ...figures }: HandoffRow) => ({ ...group, ...counts, ...figures });
export const shownHandoffs = ({ total, rows, at }: HandoffReport) => ({
  total: shownRow(total),
  rows: rows.map(shownRow),
  at,
});

export const handoffReportReport = report({
  name: 'handoffReport',
  description:
    'Handoffs by disposition, with rejection rates and reasons, grouped by month, queue, rep or definition version.',
  ...{ allow: roles, heavy: 'period' },
  arguments: { ...handoffArguments, ...byArgument },
  answer: field.object(handoffAnswer, 'The report.'),
  ask: async ({ from, to, timeZone, ...question }, { models, at }) =>
    shownHandoffs(
      await handoffReport(models, {
        ...{ ...question, ...boundsOf({ from, to, timeZone }), at },
        ...(timeZone && { timeZone }),
      }),
    ),
});

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
  description: 'The handoffs behind a figure of `handoffReport`, oldest first.',
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
