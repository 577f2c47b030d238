import type { Field, Fields } from '@baton/kernel';
import {
  attributionModels,
  conversionKinds,
  figuresOf,
  isIntact,
  periodDelta,
  periods,
  salesTimes,
  type AttributionReport,
  type ConversionKind,
  type MoneyRatio,
  type PathsReport,
  type PeriodDelta,
  type RoasReport,
} from '@baton/attribution';
import { askAttribution } from '@baton/attribution/attribution.module';
import { action } from './command';
import {
  countOf,
  duration,
  fixed,
  keyText,
  line,
  money,
  pathOf,
  period,
  printJson,
  printTable,
  terminalWidth,
  time,
} from './output';
import { answerFrom } from './sources';
import type { View } from './view';

const rateText = ({ value }: { readonly value: number | null }): string => fixed(value, 4);
/** One rate per currency; the currency is printed if there are several. */
const rateTexts = (ratios: readonly MoneyRatio[]): string =>
  ratios
    .filter(({ value }) => value !== null)
    .map((ratio) => (ratios.length === 1 ? rateText(ratio) : `${rateText(ratio)} ${ratio.currency}`))
    .join(', ');

/** The unit that a kind of conversion is counted in. */
export const unitOf = (kind: ConversionKind): string =>
  kind === 'opportunity' || kind === 'won' || kind === 'lost' ? 'deals' : 'leads';

/** Lines on the credit outside the look-back; none without a look-back. */
export const outsideLines = (
  reports: readonly { readonly model?: string; readonly outsideWindow: AttributionReport['outsideWindow'] }[],
): string[] =>
  reports.flatMap(({ model, outsideWindow }) => {
    if (!outsideWindow) return [];
    const { touches, conversions, revenue } = outsideWindow;
    const credit = [`${fixed(conversions, 2)} conversions`, money(revenue)].filter((part) => part !== '').join(', ');
    return [
      `The look-back left out ${countOf(touches, 'touch', 'touches')} with credit of ${credit}${model ? ` (${model})` : ''}`,
    ];
  });

/** A field of which only some words are taken. */
const withWords = (field: Field, words: readonly string[]): Field => ({
  ...field,
  enumeration: { ...field.enumeration!, values: words },
});
const withOptions = (field: Field, options: Field['options']): Field => ({
  ...field,
  options: { ...field.options, ...options },
});
/** Resamples of one question; a server takes fewer. */
const RESAMPLES = 2_000;

interface AttributionQuestion {
  readonly by: string;
  readonly conversion: ConversionKind;
}
/** Conversions and revenue by channel, two columns per model. */
export const printAttribution = (
  reports: readonly AttributionReport[],
  { by, conversion }: AttributionQuestion,
): void => {
  const keys = [...new Set(reports.flatMap(({ rows }) => rows.map((row) => row.key)))].sort((a, b) =>
    (a ?? '') < (b ?? '') ? -1 : 1,
  );
  line(`Attribution by ${by}: ${conversion} and revenue of each model (look-back ${period(reports[0]!.lookback)})`);
  const cells = (pick: (report: (typeof reports)[number]) => (typeof reports)[number]['total'] | undefined) =>
    reports.flatMap((report) => {
      const none = { conversions: 0, revenue: report.total.revenue.map(({ currency }) => ({ minor: 0, currency })) };
      const { conversions, revenue } = pick(report) ?? none;
      return [fixed(conversions, 2), money(revenue)];
    });
  printTable(
    [by, ...reports.flatMap(({ model }) => [`${model} (${unitOf(conversion)})`, `${model} (revenue)`])],
    [
      ...keys.map((one) => [keyText(one), ...cells(({ rows }) => rows.find((row) => row.key === one))]),
      ['unattributed', ...cells(({ unattributed }) => unattributed)],
      ['total', ...cells(({ total }) => total)],
    ],
  );
  for (const warning of [...outsideLines(reports), ...new Set(reports.flatMap(({ warnings }) => warnings))])
    line(warning);
};

const attributionView: View = {
  arguments: ({ model, bootstrap, ...others }: Fields) => ({
    ...others,
    model: withOptions(model!, { list: true }),
    bootstrap: {
      ...withOptions(bootstrap!, { max: RESAMPLES }),
      description: 'Of data-driven models: how often to resample for 95 % intervals; 0 by default.',
    },
  }),
  ask: async ({ model: models, ...question }: Parameters<typeof askAttribution>[0] & { model?: string[] }, context) =>
    askAttribution({ ...question, models }, context),
  json: (reports: readonly AttributionReport[]) => (reports.length === 1 ? reports[0] : reports),
  print: printAttribution,
};

/** Spend, ROAS, CAC and cost per stage, by channel, campaign or month. */
const printRoas = (report: RoasReport): void => {
  const { by } = report;
  const cost = (ratios: readonly MoneyRatio[]): string =>
    money(ratios.flatMap(({ value, currency }) => (value === null ? [] : [{ minor: Math.round(value), currency }])));
  line(`Returns by ${by} (${report.model}, look-back ${period(report.lookback)})`);
  printTable(
    [
      ...[by, 'won (deals)', 'new (customers)', 'revenue', 'spend', 'ROAS (revenue/spend)', 'CAC (a new customer)'],
      ...['cost (a lead)', 'cost (an MQL)', 'cost (an SQL)', 'assisted (deals)', 'time of sales'],
    ],
    [...report.rows.map((row) => ({ ...row, name: keyText(row.key) })), { ...report.total, name: 'total' }].map(
      (row) => [
        row.name,
        fixed(row.conversions, 2),
        fixed(row.newCustomers, 2),
        money(row.revenue),
        money(row.spend),
        rateTexts(row.roas),
        cost(row.cac),
        cost(row.costPerLead),
        cost(row.costPerMql),
        cost(row.costPerSql),
        row.assisted,
        duration(row.salesMinutes === null ? null : row.salesMinutes * 60_000),
      ],
    ),
  );
  const { unattributed, salesTime: which } = report;
  line(`new: customers won for the first time. Time of sales: ${salesTimes.meanings[which]}`);
  printTable(
    ['won', 'deals', 'part (0–1)', 'revenue', 'part of revenue (0–1)'],
    [
      ...(['influenced', 'sourced'] as const).map((name) => [
        `${name} by marketing`,
        report[name].conversions,
        rateText(report[name].ofConversions),
        money(report[name].revenue),
        rateTexts(report[name].ofRevenue),
      ]),
      ['unattributed', unattributed.conversions, '', money(unattributed.revenue), ''],
    ],
  );
  const minutes = duration(unattributed.salesMinutes * 60_000);
  line(`unattributed: ${countOf(unattributed.newCustomers, 'new customer')}, ${minutes} of sales`);
  for (const warning of [...outsideLines([report]), ...report.warnings]) line(warning);
};

const roasView: View = {
  arguments: (declared) => ({
    ...declared,
    model: withWords(
      declared['model']!,
      attributionModels.map(({ code }) => code),
    ),
  }),
  print: printRoas,
};

/** Width of a table with four columns besides their content, in characters. */
const FRAME = 13;
/** The most frequent paths to a conversion, their length and duration. */
const printPaths = (report: PathsReport, { conversion }: Pick<AttributionQuestion, 'conversion'>): void => {
  type Outcomes = (typeof report)['total'];
  const cells = ({ conversions, nonConversions, revenue }: Outcomes) => [conversions, nonConversions, money(revenue)];
  const unit = unitOf(conversion);
  const head = [`${conversion} (${unit})`, conversion === 'won' ? 'lost (deals)' : `not (${unit})`, 'revenue'];
  // The path gets the width that the other columns leave.
  const beside = Math.max(
    ...[report.others, report.total].map((row) => cells(row).join('').length),
    head.join('').length,
  );
  const width = Math.max(30, terminalWidth() - beside - FRAME);
  line(`Paths to ${conversion} (look-back ${period(report.lookback)})`);
  printTable(
    ['path', ...head],
    [
      ...report.paths.map((path) => [pathOf(path.channels.map(keyText), width) || '(no touch)', ...cells(path)]),
      [countOf(report.others.paths, 'other'), ...cells(report.others)],
      ['total', ...cells(report.total)],
    ],
  );
  printTable(
    ['length (steps)', ...head],
    report.lengths.map((row) => [row.steps, ...cells(row)]),
  );
  printTable(
    ['from first touch (days)', ...head],
    report.lags.map((row) => [row.days, ...cells(row)]),
  );
  for (const warning of outsideLines([report])) line(warning);
};

const pathsView: View = {
  arguments: (declared) => ({
    ...declared,
    conversion: withWords(
      declared['conversion']!,
      conversionKinds.values.filter((kind) => kind !== 'lost'), // lost deals are listed with the won ones
    ),
  }),
  print: printPaths,
};

export const views: Readonly<Record<string, View>> = {
  attribution: attributionView,
  roas: roasView,
  paths: pathsView,
};

/** Every frozen period, its figures as of now, and its restatements. */
export const periodsAction = action({
  description: 'Frozen periods, and their restatements since.',
  example: '',
  run: (_, { json }) =>
    answerFrom(async (sources) => {
      const { live, journal, context } = sources;
      const deltas: PeriodDelta[] = [];
      for await (const page of live.pages(periods, {}, [{ column: 'frozenAt' }]))
        for (const { id } of page)
          deltas.push(await periodDelta(live, (knownAt) => live.asOf({ knownAt }), journal, context.definitions, id));
      if (json) printJson(deltas);
      else printPeriods(deltas);
    }),
});
const printPeriods = (deltas: readonly PeriodDelta[]): void => {
  printTable(
    [
      ...['period', 'from', 'to', 'zone', 'model', 'by', 'won (deals)', 'revenue', 'won now (deals)', 'revenue now'],
      ...['restated (journeys)', 'hash fits'],
    ],
    deltas.map(({ period: frozen, now, restatements }) => [
      frozen.periodId,
      frozen.from,
      frozen.to,
      frozen.timeZone,
      frozen.model,
      frozen.by,
      fixed(frozen.total.conversions, 2),
      money(figuresOf(frozen).total.revenue),
      fixed(now.total.conversions, 2),
      money(now.total.revenue),
      restatements.length,
      isIntact(frozen) ? 'yes' : 'NO',
    ]),
  );
  for (const { period: frozen, restatements, warnings } of deltas) {
    for (const { journeyId, reasons, at, difference } of restatements)
      line(
        `${frozen.periodId}: ${journeyId} ${reasons.join(', ')} ${time(at)} ${money(difference.total.revenue)}`.trimEnd(),
      );
    for (const warning of warnings) line(`${frozen.periodId}: ${warning}`);
  }
};
