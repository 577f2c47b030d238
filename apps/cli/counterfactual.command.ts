import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { boundsOf, DefinitionSource, Refused, type Json } from '@baton/kernel';
import { type Counterfactual } from '@baton/sales-sla';
import { type BreachCounts } from '@baton/sales-sla';
import { counterfactual } from '@baton/sales-sla';
import { referenceInstantOf } from '@baton/platform/documents';
import { parseDayOrInstant, readJsonFile, parseZone } from './arguments';
import { instantOfCut } from './attribution-reports';
import { keyText, line, printJson, printTable, time } from './output';
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

/** A version given by its reference, or a body read from a file. */
const versionOrFile = (text: string, option: string): Json =>
  /^[a-z-]+@\d+$/.test(text) ? text : readJsonFile(text, option);

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

@Command({
  name: 'counterfactual',
  description:
    'Replay the log under another SLA policy, calendar or routing; shows breaches gained and lost, and rerouted leads.',
})
export class CounterfactualCommand extends CommandRunner {
  async run(_: string[], options: Options): Promise<void> {
    const { timeZone } = options;
    const supposed = ['policy', 'calendar', 'routing', 'weights'] as const;
    if (supposed.every((name) => options[name] === undefined))
      throw new Refused('cli/argument-missing', `Give at least one of --${supposed.join(', --')}.`);
    const bounds = boundsOf(options);
    const at = (name: 'happenedBy' | 'knownBy') => instantOfCut(options[name], name, timeZone);
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
          at: referenceInstantOf(cut, clock),
        },
      );
      if (options.json) printJson(answer);
      else print(answer);
    });
  }

  @Option({
    flags: '--policy <file|version>',
    description: 'Alternative SLA policy: a JSON file or a version, sla-policy@2.',
  })
  policy(value: string) {
    return versionOrFile(value, 'policy');
  }
  @Option({
    flags: '--calendar <file|version>',
    description: 'Alternative business calendar: a JSON file or a version.',
  })
  calendar(value: string) {
    return versionOrFile(value, 'calendar');
  }
  @Option({ flags: '--routing <file|version>', description: 'Alternative routing rules: a JSON file or a version.' })
  routing(value: string) {
    return versionOrFile(value, 'routing');
  }
  @Option({
    flags: '--weights <file>',
    description: 'Weights of reps by queue, as a JSON file: {"emea": {"ann": 200, "bob": 0}}.',
  })
  weights(value: string) {
    return versionOrFile(value, 'weights');
  }
  @Option({
    flags: '--baseline <file|version>',
    description: 'SLA policy to compare with; by default the recorded clocks.',
  })
  baseline(value: string) {
    return versionOrFile(value, 'baseline');
  }
  @Option({ flags: '--baseline-calendar <file|version>', description: 'Business calendar to compare with.' })
  baselineCalendar(value: string) {
    return versionOrFile(value, 'baseline-calendar');
  }
  @Option({
    flags: '--from <day>',
    description: 'Only clocks started and leads qualified on or after this day or instant.',
  })
  from(value: string) {
    return parseDayOrInstant(value, 'from');
  }
  @Option({ flags: '--to <day>', description: 'Before this day or instant.' })
  to(value: string) {
    return parseDayOrInstant(value, 'to');
  }
  @Option({ flags: '--time-zone <zone>', description: 'IANA time zone of days and months; UTC by default.' })
  timeZone(value: string) {
    return parseZone(value);
  }
  @Option({
    flags: '--happened-by <day>',
    description: 'As of the end of this day, or an instant: ignores events that occurred later.',
  })
  happenedBy(value: string) {
    return parseDayOrInstant(value, 'happened-by');
  }
  @Option({
    flags: '--known-by <day>',
    description: 'As of the end of this day, or an instant: ignores events recorded later.',
  })
  knownBy(value: string) {
    return parseDayOrInstant(value, 'known-by');
  }
  @Option({ flags: '--json', description: 'Print the result as JSON.' })
  json() {
    return true;
  }
  @Help('after')
  example() {
    return '\nExample: baton counterfactual --policy five-minutes.json --from 2023-01-01 --to 2024-01-01';
  }
}
