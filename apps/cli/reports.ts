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
import { oneOfThese, someOfThese } from './arguments';
import { filtersOf } from './filters';

/** What a report of the command line takes. */
export interface ReportTakes {
  readonly does: string;
  /** By their long names. */
  readonly options: readonly string[];
  readonly example: string;
  /** What it may be broken down by; `severalBy`: by several of them at once, with commas between. */
  readonly by?: readonly string[];
  readonly severalBy?: boolean;
  /** The fields that it may be filtered by. */
  readonly filters?: readonly string[];
  /** The models that it may be asked for; `severalModels`: side by side. */
  readonly models?: readonly string[];
  readonly severalModels?: boolean;
  readonly conversions?: readonly string[];
  /** Which definition it takes a version of, and what for. */
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

/** Every report: its help, and what it refuses, come from here. */
export const reportTable = {
  attribution: {
    does: 'What each channel earned, under one model or several.',
    options: ['by', 'model', 'conversion', ...method, 'order', 'seed', 'bootstrap'],
    definition: 'attribution@3, instead of the one in force.',
    example: 'attribution --model linear,u-shaped --by campaign --from 2024-01-01',
    by: dimensions,
    models: [...rules, ...dataDrivenModels.map(({ code }) => code)],
    severalModels: true,
    conversions: conversionKinds,
  },
  roas: {
    does: 'What marketing spent, and what came of it: ROAS, CAC, cost of a lead.',
    options: ['by', 'model', ...method, 'rate', 'sales-time'],
    definition: 'attribution@3, instead of the one in force.',
    example: 'roas --by campaign --rate "1.50 USD"',
    by: roasDimensions,
    models: rules,
  },
  paths: {
    does: 'The ways that people take, their length and the time they need.',
    options: ['conversion', 'top', ...method],
    definition: 'attribution@3, instead of the one in force.',
    example: 'paths --conversion sql --top 10',
    conversions: conversionKinds.filter((kind) => kind !== 'lost'), // lost deals are told beside the won ones
  },
  periods: { does: 'Frozen periods, and what became of them since.', options: [], example: 'periods' },
  'marketing-sla': {
    does: 'What marketing promised to sales, and delivered.',
    options: ['period', ...cuts],
    example: 'marketing-sla --period 2024-Q1',
  },
  sla: {
    does: 'What sales owed to marketing’s leads, and did.',
    options: ['by', ...period, 'definition', ...filters],
    definition: 'mql@2, for the handoffs that it decided alone.',
    example: 'sla --by rep --from 2024-01-01',
    by: reportBreakdowns,
    severalBy: true,
    filters: handoffFields,
  },
  rejections: {
    does: 'What sales refused, and why.',
    options: ['by', ...period, 'definition', ...filters],
    definition: 'mql@2, for the handoffs that it decided alone.',
    example: 'rejections --by rep,month',
    by: reportBreakdowns,
    severalBy: true,
    filters: handoffFields,
  },
  lift: {
    does: 'What the rules of the scoring model had to do with becoming a customer.',
    options: [...period, 'definition'],
    definition: 'scoring-model@1, instead of the one in force.',
    example: 'lift --definition scoring-model@1',
  },
  velocity: {
    does: 'What the pipeline is worth a day, and its four parts.',
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
    does: 'How long a deal takes from the first contact.',
    options: ['by', ...period, ...filters],
    example: 'sales-cycle --by product',
    by: dealBreakdowns,
    filters: cycleFields,
  },
} as const satisfies Readonly<Record<string, ReportTakes>>;
export type ReportName = keyof typeof reportTable;

/**
 * Looks at options that depend on the report or on each other, before any work is done.
 * @throws Refused `cli/unknown-value`, `cli/unknown-filter`, and as `boundsOf`
 */
export const checkReport = (name: ReportName, { by, model, conversion, ...asked }: ReportOptions): void => {
  const takes: ReportTakes = reportTable[name];
  if (by !== undefined && takes.by) (takes.severalBy ? someOfThese : oneOfThese)(by, takes.by, 'by');
  if (model !== undefined && takes.models)
    (takes.severalModels ? someOfThese : oneOfThese)(model, takes.models, 'model');
  if (conversion !== undefined && takes.conversions) oneOfThese(conversion, takes.conversions, 'conversion');
  filtersOf(asked, takes.filters ?? []);
  boundsOf(asked);
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
