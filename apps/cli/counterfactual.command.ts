import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { boundsOf, DefinitionSource, Refused, type Json } from '@baton/kernel';
import { counterfactual, type BreachCounts, type Counterfactual } from '@baton/sales-sla';
import { atOf } from '@baton/platform/graphql';
import { dayOrInstant, jsonFile, zone } from './arguments';
import { instant } from './attribution-reports';
import { key, line, printJson, printTable, time } from './output';
import { Session } from './session';

interface Options {
  readonly policy?: Json;
  readonly calendar?: Json;
  readonly routing?: Json;
  readonly weights?: Json;
  readonly baseline?: Json;
  readonly baselineCalendar?: Json;
  readonly from?: string;
  readonly to?: string;
  readonly timeZone?: string;
  readonly happenedBy?: string;
  readonly knownBy?: string;
  readonly json?: boolean;
}

/** A version by its reference, or the body that a file holds. */
const given = (text: string, option: string): Json => (/^[a-z-]+@\d+$/.test(text) ? text : jsonFile(text, option));

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
      printTable([what, ...head], [...rows.map((row) => [key(row.key), ...counts(row)]), ['total', ...counts(total)]]);
    const changed = breaches.filter(({ change }) => change !== 'kept');
    printTable(
      ['change', 'lead', 'kind', 'rep', 'started', 'due as agreed', 'due as supposed', 'answered', 'known in time as'],
      changed.map(({ change, leadId, kind, rep, startedAt, baseline, alternative }) => [
        ...[change, leadId, kind, key(rep), time(startedAt), time(baseline?.dueAt), time(alternative?.dueAt)],
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
        ...[leadId, time(qualifiedAt), key(baseline), key(alternative), by, queue, rule],
      ]),
    );
  }
  line(`ClockResult at ${time(at)}, up to position ${position} of the log; nothing was written.`);
};

@Command({
  name: 'counterfactual',
  description: 'The same log under another SLA policy, calendar or routing: breaches gained and lost, leads rerouted.',
})
export class CounterfactualCommand extends CommandRunner {
  async run(_: string[], options: Options): Promise<void> {
    const { timeZone } = options;
    const supposed = ['policy', 'calendar', 'routing', 'weights'] as const;
    if (supposed.every((name) => options[name] === undefined))
      throw new Refused('cli/argument-missing', `Give --${supposed.join(', --')}, or some of them.`);
    const bounds = boundsOf(options);
    const at = (name: 'happenedBy' | 'knownBy') => instant(options[name], name, timeZone);
    const cut = { happenedBy: at('happenedBy'), knownBy: at('knownBy') };
    await Session.use(async ({ log, journal, clock, app }) => {
      const answer = await counterfactual(
        { log, journal, definitions: app.get(DefinitionSource) },
        {
          policy: options.policy,
          calendar: options.calendar,
          routing: options.routing,
          weights: options.weights,
          baselinePolicy: options.baseline,
          baselineCalendar: options.baselineCalendar,
          ...{ ...bounds, timeZone, cut },
          at: atOf(cut, clock),
        },
      );
      if (options.json) printJson(answer);
      else print(answer);
    });
  }

  @Option({ flags: '--policy <file|version>', description: 'Another SLA policy: a JSON file, or sla-policy@2.' })
  policy(value: string) {
    return given(value, 'policy');
  }
  @Option({ flags: '--calendar <file|version>', description: 'Another business calendar.' })
  calendar(value: string) {
    return given(value, 'calendar');
  }
  @Option({ flags: '--routing <file|version>', description: 'Other routing rules.' })
  routing(value: string) {
    return given(value, 'routing');
  }
  @Option({ flags: '--weights <file>', description: 'Weights of reps by queue: {"emea": {"ann": 200, "bob": 0}}.' })
  weights(value: string) {
    return given(value, 'weights');
  }
  @Option({
    flags: '--baseline <file|version>',
    description: 'Compare with this policy; by default with the clocks as they were recorded.',
  })
  baseline(value: string) {
    return given(value, 'baseline');
  }
  @Option({ flags: '--baseline-calendar <file|version>', description: 'Compare with this calendar.' })
  baselineCalendar(value: string) {
    return given(value, 'baseline-calendar');
  }
  @Option({ flags: '--from <day>', description: 'Clocks started, leads qualified from this day or instant on.' })
  from(value: string) {
    return dayOrInstant(value, 'from');
  }
  @Option({ flags: '--to <day>', description: 'Up to, and without, this day or instant.' })
  to(value: string) {
    return dayOrInstant(value, 'to');
  }
  @Option({ flags: '--time-zone <zone>', description: 'IANA zone in which days and months begin; UTC by default.' })
  timeZone(value: string) {
    return zone(value);
  }
  @Option({
    flags: '--happened-by <day>',
    description: 'As of the end of that day, or an instant: leave out what occurred later.',
  })
  happenedBy(value: string) {
    return dayOrInstant(value, 'happened-by');
  }
  @Option({
    flags: '--known-by <day>',
    description: 'As of the end of that day, or an instant: leave out what was recorded later.',
  })
  knownBy(value: string) {
    return dayOrInstant(value, 'known-by');
  }
  @Option({ flags: '--json', description: 'Answer as JSON.' })
  json() {
    return true;
  }
  @Help('after')
  example() {
    return '\nExample: baton counterfactual --policy five-minutes.json --from 2023-01-01 --to 2024-01-01';
  }
}
