import { asOfBoundOf, DefinitionSource, moneyOf, zoneOf, type Instant } from '@baton/kernel';
import {
  figuresOf,
  isIntact,
  methodForPeriod,
  paths,
  periodDelta,
  periods,
  roas,
  salesTimes,
  type AttributionReport,
  type ConversionKind,
  type MoneyRatio,
  type PeriodDelta,
  type RoasDimension,
} from '@baton/attribution';
import type { ReadModels } from '@baton/platform/documents';
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
import type { ReportOptions } from './reports';
import type { Session } from './session';

/** The day or instant of an as-of option; a day counts to its end in the zone. */
export const instantOfCut = (text: string | undefined, path: string, timeZone?: string): Instant | undefined =>
  text === undefined ? undefined : asOfBoundOf(text, zoneOf(timeZone), path);
const rateText = ({ value }: { readonly value: number | null }): string => fixed(value, 4);
/** One rate per currency; the currency is printed if there are several. */
const rateTexts = (ratios: readonly MoneyRatio[]): string =>
  ratios
    .filter(({ value }) => value !== null)
    .map((ratio) => (ratios.length === 1 ? rateText(ratio) : `${rateText(ratio)} ${ratio.currency}`))
    .join(', ');

/** Read models as of now, or as of the instants in the options. */
export const modelsOf = ({ models }: Session, { happenedBy, knownBy, timeZone }: ReportOptions): ReadModels =>
  models.asOf({
    happenedBy: instantOfCut(happenedBy, 'happenedBy', timeZone),
    knownBy: instantOfCut(knownBy, 'knownBy', timeZone),
  });

/** The definitions and the period given by the options. */
export const methodOf = async (session: Session, options: ReportOptions) => {
  const { lookback, timeZone, currency, definition, channelRules } = options;
  const cut = instantOfCut(options.happenedBy ?? options.knownBy, 'happenedBy', timeZone);
  const latest = [cut, session.clock.now()].flatMap((one) => one ?? []).sort()[0]!;
  const versions = { ...(definition && { definition }), ...(channelRules && { channelRules }) };
  return {
    ...(await methodForPeriod(session.app.get(DefinitionSource), modelsOf(session, options), latest, {
      ...versions,
      from: options.from,
      to: options.to,
      timeZone,
    })),
    ...(lookback && { lookback }),
    ...(currency && { currency }),
  };
};

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

/** `2.50 EUR` @throws Refused as `moneyOf` */
export const rateOf = (text: string) => {
  const [amount, currency] = text.trim().split(/\s+/);
  return moneyOf(amount ?? '', currency ?? '', 'rate');
};

/** Spend, ROAS, CAC and cost per stage, by channel, campaign or month. */
export const roasReport = async (session: Session, options: ReportOptions): Promise<void> => {
  const by = (options.by ?? 'channel') as RoasDimension;
  const report = await roas(modelsOf(session, options), {
    ...(await methodOf(session, options)),
    by,
    ...(options.salesTime && { salesTime: options.salesTime }),
    ...(options.model && { model: options.model }),
    ...(options.rate && { ratePerMinute: options.rate }),
  });
  if (options.json) return printJson(report);
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

/** Width of a table with four columns besides their content, in characters. */
const FRAME = 13;
/** The most frequent paths to a conversion, their length and duration. */
export const pathsReport = async (session: Session, options: ReportOptions): Promise<void> => {
  const { conversion = 'won' } = options;
  const report = await paths(modelsOf(session, options), {
    ...(await methodOf(session, options)),
    conversion: conversion as Exclude<ConversionKind, 'lost'>,
    ...(options.top && { top: options.top }),
  });
  if (options.json) return printJson(report);
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
  for (const warning of [...outsideLines([report]), ...report.warnings]) line(warning);
};

/** Every frozen period, its figures as of now, and its restatements. */
export const periodsReport = async (session: Session, { json }: ReportOptions): Promise<void> => {
  const deltas: PeriodDelta[] = [];
  for await (const page of session.models.pages(periods, {}, [{ column: 'frozenAt' }]))
    for (const { id } of page)
      deltas.push(
        await periodDelta(
          session.models,
          (knownAt) => session.models.asOf({ knownAt }),
          session.journal,
          session.app.get(DefinitionSource),
          id,
        ),
      );
  if (json) return printJson(deltas);
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
