import { boundsOf, Journal } from '@baton/kernel';
import { type LiftRow } from '@baton/scoring';
import { lift } from '@baton/scoring';
import { instantOfCut, modelsOf } from './attribution-reports';
import { count, countOf, fixed, line, printJson, printTable } from './output';
import type { ReportOptions } from './reports';
import type { Session } from './session';

const columns = (rows: readonly LiftRow[]) =>
  rows.map(({ code, with: its, without, sqlLift, customerLift }) => [
    ...[code, its.leads, its.sql, its.customers, without.leads, without.sql, without.customers],
    ...[fixed(sqlLift, 2), fixed(customerLift, 2)],
  ]);

/** How the rules and bands of the scoring model relate to becoming SQL and customer. */
export const liftReport = async (session: Session, options: ReportOptions): Promise<void> => {
  const { from, to, happenedBy, knownBy, timeZone, definition } = options;
  const cut = {
    happenedBy: instantOfCut(happenedBy, 'happenedBy', timeZone),
    knownBy: instantOfCut(knownBy, 'knownBy', timeZone),
  };
  const answer = await lift(modelsOf(session, options), session.app.get(Journal), {
    ...boundsOf({ from, to, timeZone }),
    ...(definition && { definition }),
    ...{ at: cut.happenedBy ?? cut.knownBy ?? session.clock.now(), cut },
  });
  if (options.json) return printJson(answer ?? null);
  if (!answer) return line('No scoring model is in force.');
  const { total, external, immature } = answer;
  line(
    `${answer.definition}: ${countOf(total.leads, 'lead')}, ${count(total.sql)} SQL (${count(external)} by another system’s word), ${countOf(total.customers, 'customer')}; ${count(immature)} left out`,
  );
  for (const warning of answer.warnings) line(warning);
  for (const [what, rows] of [
    ['rule', answer.rules],
    ['band', answer.bands],
  ] as const)
    printTable(
      [
        ...[what, 'with it (leads)', 'of these SQL (leads)', 'of these customers (leads)'],
        ...['without it (leads)', 'of these SQL (leads)', 'of these customers (leads)'],
        ...['SQL lift (times)', 'customer lift (times)'],
      ],
      columns(rows),
    );
};
