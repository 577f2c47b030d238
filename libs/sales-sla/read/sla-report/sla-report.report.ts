import { boundsOf, field, objectFields, roles } from '@baton/kernel';
import { report } from '@baton/platform/report';
import { byArgument, groupFields, handoffAnswer, shownHandoffs } from '../rejections/handoffs.report';
import { clockArguments } from '../sla-board/sla-counts.report';
import { slaReport, type SlaRow } from './sla-report.query';

const nullable = { nullable: true } as const;
const row = objectFields(
  'SlaReportRow',
  'Obligations of one kind that are due in the period: due = met + met late + breached + pending.',
  {
    ...groupFields,
    kind: field.text('The kind of obligation: first-response, disposition, attempts …'),
    due: field.integer('Number of obligations due; `slaBoard` lists them by state.', { unit: 'clocks' }),
    met: field.integer('Answered on time.', { unit: 'clocks' }),
    metLate: field.integer('Answered after the due time.', { unit: 'clocks' }),
    breached: field.integer('Not answered on time, and not answered since.', { unit: 'clocks' }),
    pending: field.integer('Not due yet and not answered: running or at risk.', { unit: 'clocks' }),
    cancelled: field.integer('No longer required before they were due; not included in `due`.', { unit: 'clocks' }),
    waiting: field.integer('Obligations to leads that are merged into others; not included in `due`.', {
      unit: 'clocks',
    }),
    erased: field.integer(
      'How many erased people are among the leads of all these obligations, cancelled ones included.',
      {
        unit: 'people',
      },
    ),
    share: field.number('Met / (met + met late + breached), 0…1, by when things happened; null if none is completed.', {
      ...nullable,
      unit: '0–1',
    }),
    missed: field.integer('Met late or breached, by when things happened.', { unit: 'clocks' }),
    missedAsKnown: field.integer(
      'Met late or breached, by when things were recorded: includes answers recorded after the breach.',
      { unit: 'clocks' },
    ),
    recordedLate: field.integer('Recorded as breached first, but answered on time as recorded later.', {
      unit: 'clocks',
    }),
    medianResponseMs: field.number(
      'Median time from the start to the answer, in milliseconds of the wall clock, over the answered ones.',
      nullable,
    ),
    p90ResponseMs: field.number('90th percentile of the same, exact.', nullable),
    medianCountedMs: field.number(
      'Median on the clock of each obligation, in milliseconds: business hours if the policy says so, without pauses.',
      nullable,
    ),
    p90CountedMs: field.number('90th percentile of the same, exact.', nullable),
  },
);
const shownRow = ({ group, ...figures }: SlaRow) => ({ ...group, ...figures });

export const slaReportReport = report({
  name: 'slaReport',
  description:
    'Obligations of sales by month, team and rep: due, met and breached, response times, and the dispositions of the handoffs.',
  ...{ allow: roles, heavy: 'period' },
  arguments: { ...clockArguments, ...byArgument },
  answer: field.object(
    objectFields('SlaReport', 'How sales fulfilled its obligations.', {
      total: field.object(row, 'One row per kind of obligation.', { list: true }),
      rows: field.object(row, 'One row per group and kind, sorted; empty without `by`.', { list: true }),
      warnings: field.text('Warnings about the reliability of the figures.', { list: true }),
      handoffs: field.object(handoffAnswer, 'The handoffs in the period, grouped the same way.'),
      at: field.instant('The time at which states were computed.'),
    }),
    'The report.',
  ),
  ask: async ({ from, to, timeZone, ...question }, { models, at }) => {
    const { total, rows, handoffs, ...answer } = await slaReport(models, {
      ...{ ...question, ...boundsOf({ from, to, timeZone }), at },
      ...(timeZone && { timeZone }),
    });
    return { ...answer, total: total.map(shownRow), rows: rows.map(shownRow), handoffs: shownHandoffs(handoffs) };
  },
});
