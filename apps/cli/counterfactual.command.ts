import { boundsOf, Refused } from '@baton/kernel';
import { type Counterfactual } from '@baton/sales-sla';
import { type BreachCounts } from '@baton/sales-sla';
import { counterfactual } from '@baton/sales-sla';
import { counterfactualInput } from '@baton/sales-sla/sales-sla.module';
import { referenceInstantOf } from '@baton/platform/documents';
import { single } from './command';
import { cutOptions } from './options';
import { keyText, line, printJson, printTable, time } from './output';
import { answerFrom, cutOf } from './sources';

const head = [
  'all (clocks)',
  ...['as agreed', 'as supposed', 'gained', 'lost', 'kept'].map((name) => `${name} (breaches)`),
];
const counts = ({ clocks, baseline, alternative, gained, lost, kept }: BreachCounts) => [
  ...[clocks, baseline, alternative, gained, lost, kept],
];

const print = ({ sla, routing, position, at }: Counterfactual): void => {
  if (sla) {
    const { total, byKind, byRep, byMonth, breaches } = sla;
    for (const [what, rows] of [['kind', byKind] as const, ['rep', byRep] as const, ['month', byMonth] as const])
      printTable(
        [what, ...head],
        [...rows.map((row) => [keyText(row.key), ...counts(row)]), ['total', ...counts(total)]],
      );
    const changed = breaches.filter(({ change }) => change !== 'kept');
    printTable(
      [
        'change',
        'lead',
        'kind',
        'rep',
        'started',
        'due as agreed',
        'due as supposed',
        'answered',
        'as recorded in time',
      ],
      changed.map(({ change, leadId, kind, rep, startedAt, baseline, alternative }) => [
        ...[change, leadId, kind, keyText(rep), time(startedAt), time(baseline?.dueAt), time(alternative?.dueAt)],
        ...[time((alternative ?? baseline)?.answeredAt), (change === 'gained' ? alternative : baseline)?.known ?? ''],
      ]),
    );
  }
  if (routing) {
    printTable(
      ['rep', 'as it was (leads)', 'as supposed (leads)'],
      routing.byRep.map(({ rep, baseline, alternative }) => [rep, baseline, alternative]),
    );
    printTable(
      ['lead', 'qualified', 'went to', 'would have gone to', 'by', 'queue', 'rule'],
      routing.differing.map(({ leadId, qualifiedAt, baseline, alternative, by, queue, rule }) => [
        ...[leadId, time(qualifiedAt), keyText(baseline), keyText(alternative), by, queue, rule],
      ]),
    );
  }
  line(`Evaluated at ${time(at)}, up to position ${position} of the log; nothing was written.`);
};

const supposed = ['policy', 'calendar', 'routing', 'weights'] as const;

export const command = single({
  options: { ...counterfactualInput.fields, ...cutOptions },
  example: '--policy five-minutes.json --from 2023-01-01 --to 2024-01-01',
  run: async (_, { json, happenedBy, knownBy, knownAt, from, to, ...terms }) => {
    if (supposed.every((name) => terms[name] === undefined))
      throw new Refused('cli/argument-missing', `Give at least one of --${supposed.join(', --')}.`);
    const { timeZone } = terms;
    const cut = cutOf({ happenedBy, knownBy, knownAt, timeZone });
    const bounds = boundsOf({ from, to, timeZone });
    await answerFrom(async ({ log, journal, clock, context: { definitions } }) => {
      const question = { ...terms, ...bounds, cut, at: referenceInstantOf(cut, clock) };
      const answer = await counterfactual({ log, journal, definitions }, question);
      if (json) printJson(answer);
      else print(answer);
    });
  },
});
