import {
  attributionModels,
  conversionKinds,
  dataDrivenModels,
  dimensions,
  roasDimensions,
  type SalesTimeScope,
  type ConversionKind,
} from '@baton/attribution';
import { dealBreakdowns } from '@baton/insights';
import { boundsOf, type Money } from '@baton/kernel';
import { reportBreakdowns } from '@baton/sales-sla';
import { parseOneOf, parseListOf } from './arguments';
import { filtersOf } from './filters';

/** The arguments of a report. */
export interface ReportDefinition {
  readonly does: string;
  /** Long names of the options. */
  readonly options: readonly string[];
  readonly example: string;
  /** Breakdowns; `severalBy`: several at once, comma-separated. */
  readonly by?: readonly string[];
  readonly severalBy?: boolean;
  /** Fields that it may be filtered by. */
  readonly filters?: readonly string[];
  /** Models that it may be computed with; `severalModels`: several at once. */
  readonly models?: readonly string[];
  readonly severalModels?: boolean;
  readonly conversions?: readonly string[];
  /** The kind of definition that `--definition` names, and its effect. */
  readonly definition?: string;
}

const cuts = ['time-zone', 'happened-by', 'known-by'];
const period = ['from', 'to', ...cuts];
const method = [...period, 'lookback', 'currency', 'definition', 'channel-rules'];
const filters = ['filter', 'none'];
export const dealFields = ['owner', 'product', 'source', 'account'] as const;
export const cycleFields = ['owner', 'product', 'source'] as const;
export const handoffFields = ['rep', 'queue'] as const;
const rules = attributionModels.map(({ code }) => code);

/** Every report: its help and the check of its options are made from this table. */
export const reportTable = {
  attribution: {
    does: 'Conversions and revenue credited to each channel, under one or several models.',
    options: ['by', 'model', 'conversion', ...method, 'order', 'seed', 'bootstrap'],
    definition: 'attribution@3, instead of the one in force.',
    example: 'attribution --model linear,u-shaped --by campaign --from 2024-01-01',
    by: dimensions.values,
    models: [...rules, ...dataDrivenModels.map(({ code }) => code)],
    severalModels: true,
    conversions: conversionKinds.values,
  },
  roas: {
    does: 'Marketing spend and its return: ROAS, CAC, cost per lead.',
    options: ['by', 'model', ...method, 'rate', 'sales-time'],
    definition: 'attribution@3, instead of the one in force.',
    example: 'roas --by campaign --rate "1.50 USD"',
    by: roasDimensions.values,
    models: rules,
  },
  paths: {
    does: 'The most frequent paths to a conversion, their length and duration.',
    options: ['conversion', 'top', ...method],
    definition: 'attribution@3, instead of the one in force.',
    example: 'paths --conversion sql --top 10',
    conversions: conversionKinds.values.filter((kind) => kind !== 'lost'), // lost deals are listed with the won ones
  },
  periods: { does: 'Frozen periods, and their restatements since.', options: [], example: 'periods' },
  'marketing-sla': {
    does: 'The SLA commitment of marketing, and what it delivered.',
    options: ['period', ...cuts],
    example: 'marketing-sla --period 2024-Q1',
  },
  sla: {
    does: 'The SLA obligations of sales, met and breached.',
    options: ['by', ...period, 'definition', ...filters],
    definition: 'mql@2, only the handoffs that this version decided.',
    example: 'sla --by rep --from 2024-01-01',
    by: reportBreakdowns,
    severalBy: true,
    filters: handoffFields,
  },
  rejections: {
    does: 'Rejected leads and the reasons.',
    options: ['by', ...period, 'definition', ...filters],
    definition: 'mql@2, only the handoffs that this version decided.',
    example: 'rejections --by rep,month',
    by: reportBreakdowns,
    severalBy: true,
    filters: handoffFields,
  },
  lift: {
    does: 'Conversion to SQL and customer, with and without each rule of the scoring model.',
    options: [...period, 'definition'],
    definition: 'scoring-model@1, instead of the one in force.',
    example: 'lift --definition scoring-model@1',
  },
  velocity: {
    does: 'Pipeline velocity per day, and its four factors.',
    options: ['by', ...period, 'currency', ...filters],
    example: 'velocity --by month --from 2024-01-01',
    by: dealBreakdowns,
    filters: dealFields,
  },
  pipeline: {
    does: 'Open deals and leads by stage.',
    options: [...cuts, ...filters],
    example: 'pipeline --filter owner=ann,bob',
    filters: dealFields,
  },
  'sales-cycle': {
    does: 'Time from the first touch to the won deal.',
    options: ['by', ...period, ...filters],
    example: 'sales-cycle --by product',
    by: dealBreakdowns,
    filters: cycleFields,
  },
} as const satisfies Readonly<Record<string, ReportDefinition>>;
export type ReportName = keyof typeof reportTable;

/**
 * Checks options that depend on the report or on each other, before any work.
 * @throws Refused `cli/unknown-value`, `cli/unknown-filter`, and as `boundsOf`
 */
export const checkReport = (name: ReportName, { by, model, conversion, ...options }: ReportOptions): void => {
  const takes: ReportDefinition = reportTable[name];
  if (by !== undefined && takes.by) (takes.severalBy ? parseListOf : parseOneOf)(by, takes.by, 'by');
  if (model !== undefined && takes.models)
    (takes.severalModels ? parseListOf : parseOneOf)(model, takes.models, 'model');
  if (conversion !== undefined && takes.conversions) parseOneOf(conversion, takes.conversions, 'conversion');
  filtersOf(options, takes.filters ?? []);
  boundsOf(options);
};
export interface ReportOptions {
  readonly by?: string;
  readonly from?: string;
  readonly to?: string;
  readonly timeZone?: string;
  readonly period?: string;
  readonly model?: string;
  readonly lookback?: string;
  readonly currency?: string;
  readonly conversion?: ConversionKind;
  readonly rate?: Money;
  readonly salesTime?: SalesTimeScope;
  readonly top?: number;
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
