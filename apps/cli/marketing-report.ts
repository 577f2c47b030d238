import { marketingSla } from '@baton/insights';
import { instantOfCut, modelsOf } from './attribution-reports';
import { countOf, fixed, line, printJson, printTable } from './output';
import type { ReportOptions } from './reports';
import type { Session } from './session';

/** What marketing committed to and delivered, by the same query as GraphQL. */
export const marketingReport = async (session: Session, options: ReportOptions): Promise<void> => {
  const { period, timeZone, happenedBy, knownBy, json } = options;
  const at = instantOfCut(happenedBy ?? knownBy, 'happenedBy', timeZone) ?? session.clock.now();
  const answer = await marketingSla(modelsOf(session, options), {
    ...(period && { period }),
    ...(timeZone && { timeZone }),
    at,
  });
  if (json) return printJson(answer);
  const { qualified, salesQualified, handoffs } = answer;
  line(`SLA commitment of marketing in ${answer.period.key} (${answer.definition ?? 'no SLA policy in force'})`);
  printTable(
    [
      ...['stage', 'needed (leads)', 'so far (leads)', 'needed by now (leads)', 'on pace'],
      ...['projected (leads)', 'missing (leads)'],
    ],
    Object.entries({ qualified, 'sales-qualified': salesQualified }).map(([name, one]) => [
      name,
      fixed(one.neededValue, 1),
      one.soFar,
      fixed(one.neededByNow, 1),
      one.onPace === null ? '' : one.onPace ? 'yes' : 'no',
      fixed(one.projected, 1),
      one.missing,
    ]),
  );
  printTable(
    [
      ...[
        'all (handoffs)',
        'over threshold (handoffs)',
        'over threshold (0–1)',
        'complete (handoffs)',
        'complete (0–1)',
      ],
      'without package (handoffs)',
    ],
    [
      [
        handoffs.total,
        handoffs.overThreshold,
        fixed(handoffs.overThresholdShare, 4),
        handoffs.complete,
        fixed(handoffs.completeShare, 4),
        handoffs.withoutPackage,
      ],
    ],
  );
  for (const { part, handoffs: without } of handoffs.missing)
    line(`${countOf(without, 'package lacks', 'packages lack')} ${part}`);
  for (const warning of answer.warnings) line(warning);
};
