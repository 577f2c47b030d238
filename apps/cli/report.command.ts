import { Command, CommandRunner, Option } from 'nest-commander';
import { BEGINNING } from '@baton/kernel';
import { compareModels, type Dimension, salesTimes } from '@baton/attribution';
import { calendarPeriod, pipeline, salesCycle, velocity, type DealBreakdown } from '@baton/insights';
import {
  methodOf,
  modelsOf,
  outsideLines,
  unitOf,
  pathsReport,
  periodsReport,
  rateOf,
  roasReport,
} from './attribution-reports';
import {
  parseCurrency,
  parseDayOrInstant,
  parseLookback,
  parseOneOf,
  parseVersion,
  parseWholeNumber,
  parseZone,
} from './arguments';
import { filterOf, filtersOf } from './filters';
import { liftReport } from './lift-report';
import { marketingReport } from './marketing-report';
import { fixed, keyText, line, money, period, printJson, printTable } from './output';
import { checkReport, cycleFields, dealFields, type ReportOptions, type ReportName } from './reports';
import { Session } from './session';
import { rejectionsReport, slaReportOf } from './sla-reports';

/** Attribution under several models, by the same query as GraphQL. */
const attributionReports = async (session: Session, models: readonly string[], options: ReportOptions) => {
  const by = (options.by ?? 'channel') as Dimension;
  const question = await methodOf(session, options);
  return compareModels(modelsOf(session, options), {
    ...question,
    models: models.length > 0 ? models : [question.definition.body.model],
    by,
    ...(options.conversion && { conversion: options.conversion }),
    learning: {
      ...(options.order !== undefined && { order: options.order }),
      ...(options.seed !== undefined && { seed: options.seed }),
      ...(options.bootstrap !== undefined && { bootstrap: options.bootstrap }),
    },
  });
};

/** Conversions and revenue by channel, two columns per model. */
export const attributionTable = async (session: Session, models: readonly string[], options: ReportOptions) => {
  const reports = await attributionReports(session, models, options);
  const keys = [...new Set(reports.flatMap(({ rows }) => rows.map((row) => row.key)))].sort((a, b) =>
    (a ?? '') < (b ?? '') ? -1 : 1,
  );
  const what = options.conversion ?? 'won';
  line(
    `Attribution by ${options.by ?? 'channel'}: ${what} and revenue of each model (look-back ${period(reports[0]!.lookback)})`,
  );
  const cells = (pick: (report: (typeof reports)[number]) => (typeof reports)[number]['total'] | undefined) =>
    reports.flatMap((report) => {
      const none = { conversions: 0, revenue: report.total.revenue.map(({ currency }) => ({ minor: 0, currency })) };
      const { conversions, revenue } = pick(report) ?? none;
      return [fixed(conversions, 2), money(revenue)];
    });
  printTable(
    [options.by ?? 'channel', ...reports.flatMap(({ model }) => [`${model} (${unitOf(what)})`, `${model} (revenue)`])],
    [
      ...keys.map((one) => [keyText(one), ...cells(({ rows }) => rows.find((row) => row.key === one))]),
      ['unattributed', ...cells(({ unattributed }) => unattributed)],
      ['total', ...cells(({ total }) => total)],
    ],
  );
  for (const warning of [...outsideLines(reports), ...new Set(reports.flatMap(({ warnings }) => warnings))])
    line(warning);
};

const velocityReport = (session: Session, options: ReportOptions) => {
  const { by, from, to, timeZone, currency } = options;
  return velocity(modelsOf(session, options), {
    ...(by && { by: by as DealBreakdown }),
    from,
    to,
    timeZone,
    filters: { ...filtersOf(options, dealFields), ...(currency && { currency }) },
  });
};

/** Pipeline velocity and its factors. */
export const velocityTable = async (session: Session, options: ReportOptions) => {
  const { total, rows, warnings } = await velocityReport(session, options);
  const { by } = options;
  line(`\nPipeline velocity${by ? ` by ${by}` : ''}`);
  printTable(
    [
      ...[by ?? 'of', 'open (deals)', 'won (deals)', 'lost (deals)', 'win rate (0–1)'],
      ...['average won', 'cycle (days)', 'velocity per day'],
    ],
    [...rows, total].map((row) => [
      row === total ? 'total' : keyText(row.key),
      row.open,
      row.won,
      row.lost,
      fixed(row.winRate, 4),
      money(row.averageAmount),
      fixed(row.cycleDays, 1),
      money(row.perDay),
    ]),
  );
  for (const warning of warnings) line(warning);
};

type Report = (session: Session, options: ReportOptions) => Promise<void>;
const reports: Readonly<Record<ReportName, Report>> = {
  attribution: async (session, options) => {
    const models = options.model ? options.model.split(',') : [];
    if (!options.json) return attributionTable(session, models, options);
    const answers = await attributionReports(session, models, options);
    printJson(answers.length === 1 ? answers[0] : answers);
  },
  roas: roasReport,
  paths: pathsReport,
  periods: periodsReport,
  'marketing-sla': marketingReport,
  lift: liftReport,
  sla: slaReportOf,
  rejections: rejectionsReport,
  velocity: async (session, options) =>
    options.json ? printJson(await velocityReport(session, options)) : velocityTable(session, options),
  pipeline: async (session, options) => {
    const answer = await pipeline(modelsOf(session, options), { filters: filtersOf(options, dealFields) });
    if (options.json) return printJson(answer);
    printTable(
      ['stage of open deals', 'deals', 'amount'],
      answer.stages.map(({ stage, deals, amounts }) => [stage, deals, money(amounts)]),
    );
    printTable(
      ['stage of leads', 'leads'],
      answer.leads.map(({ stage, leads }) => [stage, leads]),
    );
  },
  'sales-cycle': async (session, options) => {
    const { json, by, from, to, timeZone } = options;
    const filters = filtersOf(options, cycleFields);
    const question = { ...(by && { by: by as never }), from, to, timeZone, filters };
    const answer = await salesCycle(modelsOf(session, options), question);
    if (json) return printJson(answer);
    printTable(
      [by ?? 'of', 'deals', 'median (days)', 'p90 (days)', 'mean (days)'],
      [...answer.rows, answer.total].map((row) => [
        row === answer.total ? 'total' : keyText(row.key),
        row.deals,
        fixed(row.medianDays, 3),
        fixed(row.p90Days, 3),
        fixed(row.meanDays, 3),
      ]),
    );
    for (const warning of answer.warnings) line(warning);
  },
};

@Command({
  name: 'report',
  arguments: '<report>',
  argsDescription: { report: 'one of the actions below' },
  description: 'Print figures, the same as through GraphQL.',
})
export class ReportCommand extends CommandRunner {
  async run([name]: string[], options: ReportOptions): Promise<void> {
    const report = name as ReportName; // other names are refused before
    checkReport(report, options);
    await Session.use(async (session) => {
      await session.catchUpIfPossible();
      await reports[report](session, options);
    });
  }

  @Option({ flags: '--by <breakdown>', description: 'Breakdown of the rows.' })
  by(value: string) {
    return value;
  }
  @Option({ flags: '--from <day>', description: 'On or after this day or instant.' })
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
    flags: '--period <period>',
    description: 'Period such as 2024-01, 2024-Q1 or 2024; by default this month.',
  })
  period(value: string) {
    return calendarPeriod(value, 'UTC', BEGINNING).key;
  }
  @Option({ flags: '--model <models>', description: 'Attribution model; by default the one in force.' })
  model(value: string) {
    return value;
  }
  @Option({
    flags: '--lookback <duration>',
    description: 'Look-back: an ISO 8601 duration, P90D, or none; by default that of the definition.',
  })
  lookback(value: string) {
    return parseLookback(value);
  }
  @Option({ flags: '--currency <code>', description: 'Only deals in this currency.' })
  currency(value: string) {
    return parseCurrency(value);
  }
  @Option({
    flags: '--conversion <kind>',
    description: 'Kind of conversion; won by default.',
  })
  conversion(value: string) {
    return value;
  }
  @Option({ flags: '--rate <amount>', description: 'Cost of a minute of sales time, "1.50 EUR".' })
  rate(value: string) {
    return rateOf(value);
  }
  @Option({
    flags: '--sales-time <which>',
    description: 'Sales time that counts: all minutes of the period (default), or won-only.',
  })
  salesTime(value: string) {
    return parseOneOf(value, salesTimes.values, 'sales-time');
  }
  @Option({ flags: '--top <n>', description: 'Number of rows to list, 1 to 1000; 20 by default.' })
  top(value: string) {
    return parseWholeNumber(value, 'top', 1, 1000);
  }
  @Option({ flags: '--definition <version>', description: 'Version of a definition:' })
  definition(value: string) {
    return parseVersion(value, 'definition');
  }
  @Option({
    flags: '--channel-rules <version>',
    description: 'Version of the channel rules, channel-rules@2; by default the one in force.',
  })
  channelRules(value: string) {
    return parseVersion(value, 'channel-rules');
  }
  @Option({ flags: '--order <k>', description: 'For markov: order of the chain, 1 to 4.' })
  order(value: string) {
    return parseWholeNumber(value, 'order', 1, 4);
  }
  @Option({ flags: '--seed <number>', description: 'For data-driven models: seed of random sampling.' })
  seed(value: string) {
    return parseWholeNumber(value, 'seed');
  }
  @Option({
    flags: '--bootstrap <count>',
    description: 'For data-driven models: number of resamples for 95 % intervals.',
  })
  bootstrap(value: string) {
    return parseWholeNumber(value, 'bootstrap', 0, 2000);
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
  @Option({
    flags: '--filter <field=values>',
    description: 'Only rows with these values, owner=ann,bob. Repeatable.',
  })
  filter(value: string, before: Record<string, string[]> = {}) {
    return { ...before, ...filterOf(value) };
  }
  @Option({
    flags: '--none <field>',
    description: 'Only rows without a value in this field, or together with --filter also those. Repeatable.',
  })
  none(value: string, before: string[] = []) {
    return [...before, value];
  }
  @Option({ flags: '--json', description: 'Print the result as JSON.' })
  json() {
    return true;
  }
}
