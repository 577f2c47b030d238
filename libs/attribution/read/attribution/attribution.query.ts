import { Refused, type DefinitionSource, type Instant, type Where } from '@baton/kernel';
import { definitionsAt, inForceOrBuiltIn } from '@baton/definitions';
import type { ReadModels } from '@baton/platform/documents';
import { attributionModels } from '../../models/models.rules';
import type { Model } from '../../models/credit.model';
import { dataDrivenModel, dataDrivenModels } from '../../models/data-driven.model';
import { closedInPeriod, journeysOf, type Period } from '../conversions/conversions.query';
import type { ConversionKind } from '../conversions/conversions.rules';
import { conversionsOf } from '../credit/earlier-conversions.query';
import { fittedAttribution, type LearningOptions } from '../data-driven/data-driven.query';
import type { DataDrivenAttribution } from '../data-driven/data-driven.rules';
import { journeyColumns } from '../journeys/journeys.columns';
import { CreditSums, summarizeCredit, type AttributionReport, type Dimension, type Method } from './attribution.rules';
import { lookUpsFor } from './known.query';
import { sumColumns } from './packed-credit.rules';

/** The parameters of a report; the definitions come from `methodAt`. */
export interface AttributionQuestion extends Method {
  readonly by: Dimension;
  /** Deals that closed at or after this instant … */
  readonly from?: Instant;
  /** … and before this one. */
  readonly to?: Instant;
  /** Won deals by default; credits of lost ones carry no revenue. */
  readonly outcome?: 'won' | 'lost';
  /** The kind of conversion, instead of an outcome of deals; only won deals carry revenue. */
  readonly conversion?: ConversionKind;
  /** Only deals in this currency. */
  readonly currency?: string;
  /** Further parameters of data-driven models. */
  readonly learning?: LearningOptions;
}

/**
 * A model that credits each deal by itself.
 * @throws Refused `attribution/unknown-model`; `attribution/needs-a-period` for a model that learns from many journeys
 */
export const modelOf = (code: string): Model => {
  const model = attributionModels.find((one) => one.code === code);
  if (model) return model;
  if (dataDrivenModel(code))
    throw new Refused(
      'attribution/needs-a-period',
      `${code} learns from all deals of a period, not from one.`,
      'model',
    );
  const codes = [...attributionModels, ...dataDrivenModels].map((one) => one.code).join(', ');
  throw new Refused('attribution/unknown-model', `There is no model "${code}"; use one of ${codes}.`, 'model');
};

/** What counts where nothing is agreed. */
export const builtInMethod: Pick<Method, 'definition' | 'channelRules'> = {
  definition: inForceOrBuiltIn('attribution', undefined),
  channelRules: inForceOrBuiltIn('channel-rules', undefined),
};

/** The definitions of attribution and channels in force at an instant, the built-in ones if none are agreed. */
export const methodAt = async (
  definitions: DefinitionSource,
  at: Instant,
): Promise<Pick<Method, 'definition' | 'channelRules'>> => {
  const find = await definitionsAt(definitions, ['attribution', 'channel-rules'], { answering: true });
  return {
    definition: inForceOrBuiltIn('attribution', find('attribution', at)),
    channelRules: inForceOrBuiltIn('channel-rules', find('channel-rules', at)),
  };
};

/** The journeys of a report. */
export const closedDeals = ({
  outcome = 'won',
  ...period
}: Pick<AttributionQuestion, 'from' | 'to' | 'outcome' | 'currency'>): Where => closedInPeriod(outcome, period);

/**
 * Credited conversions and revenue of the deals that closed in [from, to), or of conversions of another kind, under
 * several models; the journeys are read once. Data-driven models also learn from the deals lost in the period; their
 * reports have `learntFrom`.
 * @returns one report per model, in the given order
 * @throws Refused `attribution/unknown-model`, `time/unknown-zone`, `time/not-a-duration`
 */
export const compareModels = async (
  models: ReadModels,
  {
    models: codes,
    by,
    from,
    to,
    outcome = 'won',
    conversion = outcome,
    currency,
    learning,
    ...settings
  }: AttributionQuestion & { models: readonly string[] },
): Promise<readonly (AttributionReport | DataDrivenAttribution)[]> => {
  const method = { ...settings, ...(await lookUpsFor(models, by)) };
  const dataDriven = codes.flatMap((code) => dataDrivenModel(code) ?? []);
  const rules = codes.filter((code) => !dataDrivenModel(code)).map(modelOf);
  const period = { ...(from && { from }), ...(to && { to }), ...(currency && { currency }) };
  const ruleBased = await creditOf(models, rules, by, method, conversion, period);
  const question = { ...method, ...period, by, conversion: dataDrivenConversionKind(conversion) };
  const reports = [
    ...ruleBased,
    ...(dataDriven.length > 0
      ? await fittedAttribution(models, dataDriven, question, { byPlace: codes.length === 1, ...learning })
      : []),
  ];
  return codes.map((code) => reports.find(({ model }) => model === code)!);
};

/** Reports of rule-based models; those of closed deals are made from packed columns. */
const creditOf = async (
  models: ReadModels,
  rules: readonly Model[],
  by: Dimension,
  method: Method,
  conversion: ConversionKind,
  period: Period,
): Promise<readonly AttributionReport[]> => {
  if (conversion === 'won' || conversion === 'lost') {
    const sums = new CreditSums(rules, by, method);
    if (rules.length > 0) {
      const columns = await models.columns(journeyColumns);
      sumColumns(sums, columns, columns.closed(conversion, period), {
        revenue: conversion === 'won',
        conversions: sums.ready.restart ? columns.conversions(period.to) : undefined,
      });
    }
    return sums.reports();
  }
  const sums = summarizeCredit(rules, by, method, await conversionsOf(models, method, period.to));
  for await (const journey of journeysOf(models, conversion, period)) sums.add(journey);
  return sums.reports();
};

/** Data-driven models of won deals also learn from the lost ones. */
const dataDrivenConversionKind = (conversion: ConversionKind): Exclude<ConversionKind, 'lost'> =>
  conversion === 'lost' ? 'won' : conversion;

/** Credited conversions and revenue under one model, by default that of the definition. See `compareModels`. */
export const attribution = async (
  models: ReadModels,
  { model, ...question }: AttributionQuestion & { readonly model?: string },
): Promise<AttributionReport | DataDrivenAttribution> =>
  (await compareModels(models, { ...question, models: [model ?? question.definition.body.model] }))[0]!;
