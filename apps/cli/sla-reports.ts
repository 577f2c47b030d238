import { boundsOf } from '@baton/kernel';
import { type ReportBreakdown } from '@baton/sales-sla';
import { type HandoffRow } from '@baton/sales-sla';
import { slaReport } from '@baton/sales-sla';
import { reportBreakdowns } from '@baton/sales-sla';
import { handoffReport } from '@baton/sales-sla';
import { instantOfCut, modelsOf } from './attribution-reports';
import { parseListOf } from './arguments';
import { filtersOf } from './filters';
import { handoffFields, type ReportOptions } from './reports';
import { duration, fixed, keyText, line, printJson, printTable, time } from './output';
import type { Session } from './session';

const breakdownsOf = (by: string | undefined): readonly ReportBreakdown[] =>
  by === undefined ? [] : parseListOf(by, reportBreakdowns, 'by');

const questionOf = (session: Session, options: ReportOptions) => {
  const { by, from, to, timeZone, definition, happenedBy, knownBy } = options;
  const cut = instantOfCut(happenedBy ?? knownBy, happenedBy ? 'happenedBy' : 'knownBy', timeZone);
  return {
    ...boundsOf({ from, to, timeZone }),
    ...(timeZone && { timeZone }),
    ...(definition && { definition }),
    ...filtersOf(options, handoffFields),
    by: breakdownsOf(by),
    at: cut ?? session.clock.now(),
  };
};

const breakdownColumns = (by: readonly ReportBreakdown[]): ReportBreakdown[] =>
  reportBreakdowns.filter((each) => by.includes(each));
const cellsOf = ({ group }: Pick<HandoffRow, 'group'>, by: readonly ReportBreakdown[]) =>
  breakdownColumns(by).map((each) => keyText(group[each] ?? null));
const totalCells = (by: readonly ReportBreakdown[]) =>
  breakdownColumns(by).map((_, index) => (index === 0 ? 'total' : ''));

const handoffTable = (report: { total: HandoffRow; rows: readonly HandoffRow[] }, by: readonly ReportBreakdown[]) => {
  const columns = [
    ...['all', 'accepted', 'of these returned', 'rejected', 'recycled', 'disqualified', 'waiting', 'limbo'].map(
      (name) => `${name} (handoffs)`,
    ),
    'rejection rate (0–1)',
  ];
  printTable(
    [...breakdownColumns(by), ...columns, 'attempts (median)', 'warnings'],
    [...report.rows, report.total].map((row) => {
      const { accepted, rejected, recycled, disqualified, waiting } = row.counts;
      return [
        ...(row === report.total ? totalCells(by) : cellsOf(row, by)),
        ...[row.handoffs, accepted, row.givenBack, rejected, recycled, disqualified, waiting, row.limbo],
        ...[fixed(row.rejectionRate, 4), fixed(row.medianAttempts, 1), row.warnings.join('; ')],
      ];
    }),
  );
};

const clocks = (...names: readonly string[]): string[] => names.map((name) => `${name} (clocks)`);

/** The SLA obligations of sales and their results, by the same query as GraphQL. */
export const slaReportOf = async (session: Session, options: ReportOptions): Promise<void> => {
  const question = questionOf(session, options);
  const { by } = question;
  const answer = await slaReport(modelsOf(session, options), question);
  if (options.json) return printJson(answer);
  line(
    `Obligations of sales, as of ${time(answer.at)}; a response takes so long by the wall clock, and as the policy counts`,
  );
  printTable(
    [
      ...[
        ...breakdownColumns(by),
        'obligation',
        ...clocks('due', 'met', 'met late', 'breached', 'pending'),
        'share met (0–1)',
      ],
      ...[...clocks('missed', 'missed as recorded'), 'response (median)', 'response (p90)'],
      ...['counted (median)', 'counted (p90)'],
    ],
    [...answer.rows, ...answer.total].map((row, index) => [
      ...(index < answer.rows.length ? cellsOf(row, by) : totalCells(by)),
      ...[row.kind, row.due, row.met, row.metLate, row.breached, row.pending, fixed(row.share, 4)],
      ...[row.missed, row.missedAsKnown, duration(row.medianResponseMs), duration(row.p90ResponseMs)],
      ...[duration(row.medianCountedMs), duration(row.p90CountedMs)],
    ]),
  );
  handoffTable(answer.handoffs, by);
  for (const warning of answer.warnings) line(warning);
};

/** Rejected handoffs and the reasons, by definition version unless `--by` is given. By the same query as GraphQL. */
export const rejectionsReport = async (session: Session, options: ReportOptions): Promise<void> => {
  const question = questionOf(session, { ...options, by: options.by ?? 'definition' });
  const answer = await handoffReport(modelsOf(session, options), question);
  if (options.json) return printJson(answer);
  handoffTable(answer, question.by);
  printTable(
    [...breakdownColumns(question.by), 'reason', 'rejected (handoffs)', 'of handoffs (0–1)'],
    [...answer.rows, answer.total].flatMap((row) =>
      row.reasons.map(({ reason, rejected, rate }) => [
        ...(row === answer.total ? totalCells(question.by) : cellsOf(row, question.by)),
        ...[reason, rejected, fixed(rate, 4)],
      ]),
    ),
  );
};
