import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { Refused } from '@baton/kernel';
import { compareModels, dimensions, type Dimension } from '@baton/attribution';
import { pipeline, salesCycle, velocity, type DealBreakdown } from '@baton/insights';
import {
  asked,
  conversionOf,
  modelsOf,
  outsideLines,
  unitOf,
  pathsReport,
  periodsReport,
  returnsReport,
} from './attribution-reports';
import { filtersOf } from './filters';
import { liftReport } from './lift-report';
import { marketingReport } from './marketing-report';
import { fixed, key, line, money, period, printJson, printTable } from './output';
import { Session } from './session';
import { rejectionsReport, slaReportOf } from './sla-reports';

export interface ReportOptions {
  readonly by?: string;
  readonly from?: string;
  readonly to?: string;
  readonly timeZone?: string;
  readonly period?: string;
  readonly model?: string;
  readonly lookback?: string;
  readonly currency?: string;
  readonly conversion?: string;
  readonly rate?: string;
  readonly salesTime?: string;
  readonly top?: string;
  readonly definition?: string;
  readonly channelRules?: string;
  readonly order?: number;
  readonly seed?: number;
  readonly bootstrap?: number;
  readonly happenedBy?: string;
  readonly knownBy?: string;
  readonly filter?: Readonly<Record<string, readonly string[]>>;
  readonly none?: readonly string[];
  readonly json?: boolean;
}

const dealFields = ['owner', 'product', 'source', 'account'] as const;

/** Reports of attribution under some models, from the same function as GraphQL. */
const attributionReports = async (session: Session, models: readonly string[], options: ReportOptions) => {
  const by = (options.by ?? 'channel') as Dimension;
  if (!dimensions.includes(by))
    throw new Refused('cli/unknown-breakdown', `Break attribution down by ${dimensions.join(', ')}.`, 'by');
  const question = await asked(session, options);
  return compareModels(modelsOf(session, options), {
    ...question,
    models: models.length > 0 ? models : [question.definition.body.model],
    by,
    ...(options.conversion && { conversion: conversionOf(options.conversion) }),
    learning: {
      ...(options.order !== undefined && { order: options.order }),
      ...(options.seed !== undefined && { seed: options.seed }),
      ...(options.bootstrap !== undefined && { bootstrap: options.bootstrap }),
    },
  });
};

/** Conversions and revenue by channel, one pair of columns a model. */
export const attributionTable = async (session: Session, models: readonly string[], options: ReportOptions) => {
  const reports = await attributionReports(session, models, options);
  const keys = [...new Set(reports.flatMap(({ rows }) => rows.map((row) => row.key)))].sort((a, b) =>
    (a ?? '') < (b ?? '') ? -1 : 1,
  );
  const what = conversionOf(options.conversion ?? 'won');
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
    [options.by ?? 'channel', ...reports.flatMap(({ model }) => [`${model} (${unitOf(what)})`, 'revenue'])],
    [
      ...keys.map((one) => [key(one), ...cells(({ rows }) => rows.find((row) => row.key === one))]),
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

/** Pipeline velocity and its parts. */
export const velocityTable = async (session: Session, options: ReportOptions) => {
  const { total, rows, warnings } = await velocityReport(session, options);
  const { by } = options;
  line(`\nPipeline velocity${by ? ` by ${by}` : ''}`);
  printTable(
    [
      ...[by ?? 'of', 'open (deals)', 'won (deals)', 'lost (deals)', 'win rate (0–1)'],
      ...['average won', 'cycle (days)', 'worth per day'],
    ],
    [...rows, total].map((row) => [
      row === total ? 'total' : key(row.key),
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
const reports: Readonly<Record<string, Report>> = {
  attribution: async (session, options) => {
    const models = options.model ? options.model.split(',') : [];
    if (!options.json) return attributionTable(session, models, options);
    const answers = await attributionReports(session, models, options);
    printJson(answers.length === 1 ? answers[0] : answers);
  },
  returns: returnsReport,
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
      ['stage of open deals', 'deals', 'worth'],
      answer.stages.map(({ stage, deals, worth }) => [stage, deals, money(worth)]),
    );
    printTable(
      ['stage of leads', 'leads'],
      answer.leads.map(({ stage, leads }) => [stage, leads]),
    );
  },
  'sales-cycle': async (session, options) => {
    const { json, by, from, to, timeZone } = options;
    const filters = filtersOf(options, ['owner', 'product', 'source']);
    const question = { ...(by && { by: by as never }), from, to, timeZone, filters };
    const answer = await salesCycle(modelsOf(session, options), question);
    if (json) return printJson(answer);
    printTable(
      [by ?? 'of', 'deals', 'median (days)', 'p90 (days)', 'mean (days)'],
      [...answer.rows, answer.total].map((row) => [
        row === answer.total ? 'total' : key(row.key),
        row.deals,
        fixed(row.medianDays, 3),
        fixed(row.p90Days, 3),
        fixed(row.meanDays, 3),
      ]),
    );
    for (const warning of answer.warnings) line(warning);
  },
};

/** The reports that `--filter` and `--none` are for; each says by which fields. */
const filterable = ['velocity', 'pipeline', 'sales-cycle', 'sla', 'rejections'];

@Command({
  name: 'report',
  arguments: '<report>',
  argsDescription: { report: Object.keys(reports).join(', ') },
  description: 'The figures, the same as through GraphQL.',
})
export class ReportCommand extends CommandRunner {
  async run([name]: string[], options: ReportOptions): Promise<void> {
    const report = Object.hasOwn(reports, name!) ? reports[name!] : undefined;
    if (!report) throw new Refused('cli/unknown-report', `There are ${Object.keys(reports).join(', ')}.`, 'report');
    if (!filterable.includes(name!)) filtersOf(options, []);
    await Session.use(async (session) => {
      await session.catchUpIfPossible();
      await report(session, options);
    });
  }

  @Option({
    flags: '--by <breakdown>',
    description: 'channel, sub-channel, campaign, content, ad, product, owner, source, month; of sla: rep,month …',
  })
  by(value: string) {
    return value;
  }
  @Option({ flags: '--from <day>', description: 'From this day or instant on.' })
  from(value: string) {
    return value;
  }
  @Option({ flags: '--to <day>', description: 'Up to, and without, this day or instant.' })
  to(value: string) {
    return value;
  }
  @Option({ flags: '--time-zone <zone>', description: 'IANA zone in which days and months begin; UTC by default.' })
  timeZone(value: string) {
    return value;
  }
  @Option({
    flags: '--period <period>',
    description: 'Of marketing-sla: 2024-01, 2024-Q1 or 2024; by default this month.',
  })
  period(value: string) {
    return value;
  }
  @Option({ flags: '--model <models>', description: 'Attribution models, comma separated; by default the agreed one.' })
  model(value: string) {
    return value;
  }
  @Option({
    flags: '--lookback <duration>',
    description: 'P90D, or none for unlimited; by default the definition’s, else none.',
  })
  lookback(value: string) {
    return value;
  }
  @Option({ flags: '--currency <code>', description: 'Only deals in this currency.' })
  currency(value: string) {
    return value;
  }
  @Option({
    flags: '--conversion <kind>',
    description: 'Of attribution and paths: lead-created, mql, sql, opportunity, won (default) or lost.',
  })
  conversion(value: string) {
    return value;
  }
  @Option({ flags: '--rate <amount>', description: 'Of returns: what a minute of sales costs, "1.50 EUR".' })
  rate(value: string) {
    return value;
  }
  @Option({
    flags: '--sales-time <which>',
    description: 'Of returns: all minutes of the period (default), or won-only.',
  })
  salesTime(value: string) {
    return value;
  }
  @Option({ flags: '--top <n>', description: 'Of paths: how many to name; 20 by default.' })
  top(value: string) {
    return value;
  }
  @Option({ flags: '--definition <version>', description: 'attribution@3 instead of the version in force.' })
  definition(value: string) {
    return value;
  }
  @Option({ flags: '--channel-rules <version>', description: 'channel-rules@2 instead of the version in force.' })
  channelRules(value: string) {
    return value;
  }
  @Option({ flags: '--order <k>', description: 'Of markov: how many channels a state remembers, 1 to 4.' })
  order(value: string) {
    return Number(value);
  }
  @Option({ flags: '--seed <number>', description: 'Of data-driven models: the seed of what is sampled.' })
  seed(value: string) {
    return Number(value);
  }
  @Option({ flags: '--bootstrap <count>', description: 'Of data-driven models: resamples for intervals.' })
  bootstrap(value: string) {
    return Number(value);
  }
  @Option({
    flags: '--happened-by <day>',
    description: 'As of the end of that day, or an instant: leave out what occurred later.',
  })
  happenedBy(value: string) {
    return value;
  }
  @Option({
    flags: '--known-by <day>',
    description: 'As of the end of that day, or an instant: leave out what was recorded later.',
  })
  knownBy(value: string) {
    return value;
  }
  @Option({
    flags: '--filter <field=values>',
    description: 'Only these: owner=ann,bob; of deals owner, product, source, account, of sla rep, queue. Repeatable.',
  })
  filter(value: string, before: Record<string, string[]> = {}) {
    const [field, ...values] = value.split('=');
    return { ...before, [field!]: values.join('=').split(',') };
  }
  @Option({ flags: '--none <field>', description: 'Only those without a value of this field, or also. Repeatable.' })
  none(value: string, before: string[] = []) {
    return [...before, value];
  }
  @Option({ flags: '--json', description: 'Answer as JSON.' })
  json() {
    return true;
  }
  @Help('after')
  example() {
    return '\nExample: baton report attribution --model linear --by campaign --from 2024-01-01';
  }
}
