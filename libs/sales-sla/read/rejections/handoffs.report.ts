import {
  boundsOf,
  dayOrInstantField,
  enumField,
  filterField,
  flagField,
  idField,
  instantField,
  integerField,
  numberField,
  objectField,
  objectFields,
  roles,
  textField,
  versionField,
} from '@baton/kernel';
import { dispositions } from '@baton/leads';
import { pageOf } from '@baton/platform/documents';
import { report } from '@baton/platform/report';
import { slaBreakdowns } from '../sla-report/grouping.rules';
import { zoneArgument } from '../sla-board/sla-counts.report';
import { handoffReport, listHandoffs, type HandoffReport, type HandoffRow } from './handoff-report.query';

const optional = { optional: true } as const;

const handoffArguments = {
  from: dayOrInstantField('Only handoffs made on or after this day or instant.', optional),
  to: dayOrInstantField('Only handoffs made before this day or instant.', optional),
  ...zoneArgument,
  rep: filterField('Only handoffs to these reps.'),
  queue: filterField('Only handoffs by these queues (teams).'),
  definition: versionField('Only handoffs of leads that met this definition, `mql@3`.'),
} as const;
export const byArgument = {
  by: enumField(slaBreakdowns, 'Group by these, in combination.', { list: true, optional: true }),
} as const;

const unknown = { optional: true, nullable: true } as const;
/** The group that a row of a report is about. */
export const groupFields = {
  month: textField('The month, `2024-01`; null if the report is not grouped by month.', unknown),
  queue: textField('The queue; also null for leads that were routed through none.', unknown),
  rep: textField('The rep; also null for obligations without a rep.', unknown),
  definition: textField('The definition.', unknown),
} as const;
const row = objectFields(
  'HandoffReportRow',
  'Handoffs by latest disposition: handoffs = accepted + rejected + recycled + disqualified + waiting.',
  {
    ...groupFields,
    handoffs: integerField('Number of handoffs; the query `handoffs` lists them.', { unit: 'handoffs' }),
    accepted: integerField(dispositions.meanings.accepted, { unit: 'handoffs' }),
    rejected: integerField(dispositions.meanings.rejected, { unit: 'handoffs' }),
    recycled: integerField(dispositions.meanings.recycled, { unit: 'handoffs' }),
    disqualified: integerField(dispositions.meanings.disqualified, { unit: 'handoffs' }),
    waiting: integerField(dispositions.meanings.waiting, { unit: 'handoffs' }),
    givenBack: integerField(
      'Accepted handoffs that were rejected, recycled or disqualified later. A lost deal does not count.',
      { unit: 'handoffs' },
    ),
    limbo: integerField('Handoffs that have waited for 48 hours or longer.', { unit: 'handoffs' }),
    rejectionRate: numberField('Rejected / handoffs, 0…1; null without handoffs.', { unit: '0–1', nullable: true }),
    reasons: objectField(
      objectFields('RejectionReason', 'The number of rejections for one reason.', {
        reason: textField('Code of the reason.'),
        rejected: integerField('Handoffs rejected for it.'),
        rate: numberField('Share of all handoffs of the row, 0…1.', { unit: '0–1' }),
      }),
      'The reasons for rejections, most frequent first.',
      { list: true },
    ),
    medianAttempts: numberField(
      'Median number of outbound touches before a rejection or recycling; null without either.',
      { unit: 'attempts', nullable: true },
    ),
    warnings: textField(
      '`definition needs work` if, grouped by definition, more than 30 % of at least 10 handoffs were rejected.',
      { list: true },
    ),
  },
);
export const handoffAnswer = objectFields('HandoffReport', 'Handoffs by disposition.', {
  total: objectField(row, 'All handoffs in the period.'),
  rows: objectField(row, 'One row per group, sorted; empty without `by`.', { list: true }),
  at: instantField('The time at which limbo was computed.'),
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
  answer: objectField(handoffAnswer, 'The report.'),
  ask: async ({ from, to, timeZone, ...question }, { models, at }) =>
    shownHandoffs(
      await handoffReport(models, {
        ...{ ...question, ...boundsOf({ from, to, timeZone }), at },
        ...(timeZone && { timeZone }),
      }),
    ),
});

const handoff = objectFields('Handoff', 'A handoff of a lead to a rep, with its outcome.', {
  eventId: idField('Id of the event that recorded it.'),
  leadId: idField('The lead’s id.', { entity: 'Lead' }),
  count: integerField('The number of the handoff of this lead, counted from 1.'),
  rep: textField('The salesperson.'),
  queue: textField('The queue that chose the rep.', optional),
  definition: textField('The definition that the lead met, `mql@3`, or `external:<source>`.'),
  at: instantField('When the lead was handed off.'),
  disposition: enumField(dispositions, 'The latest disposition.'),
  disposedAt: instantField('When it got that disposition.', optional),
  reason: textField('The reason for the rejection, recycling or disqualification.', optional),
  givenBack: enumField(dispositions, 'How it was returned after it was accepted.', optional),
  givenBackAt: instantField('When it was returned.', optional),
  givenBackReason: textField('The reason for the return.', optional),
  attempts: integerField('Outbound touches by sales until it was returned, or until now.'),
});
export const handoffsReport = report({
  name: 'handoffs',
  description: 'The handoffs behind a figure of `handoffReport`, oldest first.',
  ...{ allow: roles, heavy: 'period', page: true },
  arguments: {
    ...handoffArguments,
    disposition: enumField(dispositions, 'Only handoffs with this latest disposition.', optional),
    reason: filterField('Only handoffs with these reasons of their disposition.'),
    givenBack: flagField(
      'True: only handoffs that were returned after they were accepted; false: only the others.',
      optional,
    ),
    limbo: flagField('True: only handoffs of leads in limbo; false: only the others.', optional),
  },
  answer: objectField(handoff, 'The handoffs.'),
  ask: async ({ from, to, timeZone, ...question }, { models, at, page }) => {
    const found = await listHandoffs(models, { ...question, ...boundsOf({ from, to, timeZone }), at });
    return pageOf(found, page, ({ eventId }) => eventId);
  },
});
