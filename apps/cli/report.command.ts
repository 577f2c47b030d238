import { Command, CommandRunner, Help, Option } from 'nest-commander';
import { DefinitionSource, instantOf, isDay, Refused, startOfDay } from '@baton/kernel';
import { compareModels, dimensions, methodAt, modelOf, type Dimension } from '@baton/attribution';
import { pipeline, salesCycle, velocity, type DealBreakdown } from '@baton/insights';
import { conversionOf, pathsReport, periodsReport, returnsReport } from './attribution-reports';
import { fixed, line, money, printJson, printTable } from './output';
import { Session } from './session';

export interface ReportOptions {
  readonly by?: string;
  readonly from?: string;
  readonly to?: string;
  readonly timeZone?: string;
  readonly model?: string;
  readonly lookback?: string;
  readonly currency?: string;
  readonly conversion?: string;
  readonly rate?: string;
  readonly top?: string;
  readonly json?: boolean;
}

const instant = (text: string | undefined, path: string, zone = 'UTC') =>
  text === undefined ? undefined : isDay(text) ? startOfDay(text, zone) : instantOf(text, path);
const key = (value: string | null): string => (value === null ? '(not stated)' : value === '' ? '(blank)' : value);

/** Reports of attribution under some models, from the same function as GraphQL. */
const attributionReports = async (session: Session, models: readonly string[], options: ReportOptions) => {
  const by = (options.by ?? 'channel') as Dimension;
  if (!dimensions.includes(by))
    throw new Refused('cli/unknown-breakdown', `Break attribution down by ${dimensions.join(', ')}.`, 'by');
  const to = instant(options.to, 'to', options.timeZone);
  const from = instant(options.from, 'from', options.timeZone);
  const method = await methodAt(session.app.get(DefinitionSource), to ?? session.clock.now());
  const asked = models.length > 0 ? models : [method.definition.body.model];
  return compareModels(session.models, {
    ...method,
    models: asked.map((code) => modelOf(code).code),
    by,
    ...(from && { from }),
    ...(to && { to }),
    ...(options.lookback && { lookback: options.lookback }),
    ...(options.timeZone && { timeZone: options.timeZone }),
    ...(options.currency && { currency: options.currency }),
    ...(options.conversion && { conversion: conversionOf(options.conversion) }),
  });
};

/** Conversions and revenue by channel, one pair of columns a model. */
export const attributionTable = async (session: Session, models: readonly string[], options: ReportOptions) => {
  const reports = await attributionReports(session, models, options);
  const keys = [...new Set(reports.flatMap(({ rows }) => rows.map((row) => row.key)))].sort((a, b) =>
    (a ?? '') < (b ?? '') ? -1 : 1,
  );
  line(`Attribution by ${options.by ?? 'channel'} (look-back ${reports[0]!.lookback})`);
  const cells = (pick: (report: (typeof reports)[number]) => { conversions: number; revenue: unknown } | undefined) =>
    reports.flatMap((report) => {
      const credited = pick(report);
      return [fixed(credited?.conversions, 2), money(credited?.revenue as never)];
    });
  printTable(
    [options.by ?? 'channel', ...reports.flatMap(({ model }) => [model, 'revenue'])],
    [
      ...keys.map((one) => [key(one), ...cells(({ rows }) => rows.find((row) => row.key === one))]),
      ['unattributed', ...cells(({ unattributed }) => unattributed)],
      ['total', ...cells(({ total }) => total)],
    ],
  );
  for (const warning of new Set(reports.flatMap(({ warnings }) => warnings))) line(warning);
};

/** Pipeline velocity and its parts. */
export const velocityTable = async (session: Session, { by, from, to, timeZone, currency }: ReportOptions) => {
  const { total, rows, warnings } = await velocity(session.models, {
    ...(by && { by: by as DealBreakdown }),
    from,
    to,
    timeZone,
    ...(currency && { filters: { currency } }),
  });
  line(`\nPipeline velocity${by ? ` by ${by}` : ''}`);
  printTable(
    [by ?? '', 'open', 'won', 'lost', 'win rate', 'average won', 'cycle days', 'per day'],
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
  velocity: async (session, { json, ...options }) => {
    if (!json) return velocityTable(session, options);
    const { by, from, to, timeZone, currency } = options;
    printJson(
      await velocity(session.models, {
        ...(by && { by: by as DealBreakdown }),
        from,
        to,
        timeZone,
        ...(currency && { filters: { currency } }),
      }),
    );
  },
  pipeline: async (session, { json }) => {
    const answer = await pipeline(session.models);
    if (json) return printJson(answer);
    printTable(
      ['stage of open deals', 'deals', 'worth'],
      answer.stages.map(({ stage, deals, worth }) => [stage, deals, worth.map(money).join(', ')]),
    );
    printTable(
      ['stage of leads', 'leads'],
      answer.leads.map(({ stage, leads }) => [stage, leads]),
    );
  },
  'sales-cycle': async (session, { json, by, from, to, timeZone }) => {
    const answer = await salesCycle(session.models, { ...(by && { by: by as never }), from, to, timeZone });
    if (json) return printJson(answer);
    printTable(
      [by ?? '', 'deals', 'median days', 'p90', 'mean'],
      [...answer.rows, answer.total].map((row) => [
        row === answer.total ? 'total' : key(row.key),
        row.deals,
        fixed(row.medianDays, 3),
        fixed(row.p90Days, 3),
        fixed(row.meanDays, 3),
      ]),
    );
  },
};

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
    await Session.use(async (session) => {
      await session.catchUp();
      await report(session, options);
    });
  }

  @Option({ flags: '--by <breakdown>', description: 'channel, campaign, product, owner, source, month …' })
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
  @Option({ flags: '--model <models>', description: 'Attribution models, comma separated; by default the agreed one.' })
  model(value: string) {
    return value;
  }
  @Option({ flags: '--lookback <duration>', description: 'P90D, or none for unlimited.' })
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
  @Option({ flags: '--top <n>', description: 'Of paths: how many to name; 20 by default.' })
  top(value: string) {
    return value;
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
