import { NotFound, Refused, type DefinitionSource, type Instant, type Money, type Where } from '@baton/kernel';
import { settled } from '@baton/definitions';
import type { ReadModels } from '@baton/platform/documents';
import { attributionModels } from '../../models';
import { creditsOf, type Credit, type Milestone, type Model } from '../../models/credit.model';
import { journeys, type JourneyDocument } from '../journeys/journeys.projection';
import {
  applied,
  modelJourney,
  revenueOf,
  tally,
  type AttributionReport,
  type ClassifiedTouch,
  type Dimension,
  type Method,
} from './attribution.rules';

/** What a report is asked for; the definitions come from `methodAt`. */
export interface AttributionQuestion extends Method {
  readonly by: Dimension;
  /** Deals that closed at or after this instant … */
  readonly from?: Instant;
  /** … and before this one. */
  readonly to?: Instant;
  /** Won deals by default; credits of lost ones carry no revenue. */
  readonly outcome?: 'won' | 'lost';
  /** Only deals in this currency. */
  readonly currency?: string;
}

/** @throws Refused `attribution/unknown-model` */
export const modelOf = (code: string): Model => {
  const model = attributionModels.find((one) => one.code === code);
  if (model) return model;
  const codes = attributionModels.map((one) => one.code).join(', ');
  throw new Refused('attribution/unknown-model', `There is no model "${code}"; there are ${codes}.`, 'model');
};

/** The definitions of attribution and channels in force at an instant, the built-in ones where none is agreed. */
export const methodAt = async (
  definitions: DefinitionSource,
  at: Instant,
): Promise<Pick<Method, 'definition' | 'channelRules'>> => {
  const find = await definitions.at(['attribution', 'channel-rules']);
  return {
    definition: settled('attribution', find('attribution', at)),
    channelRules: settled('channel-rules', find('channel-rules', at)),
  };
};

/**
 * Credited conversions and revenue of the deals that closed in [from, to), under several models side by side; the
 * journeys are read once.
 * @returns one report per model, in the order asked
 * @throws Refused `attribution/unknown-model`, `attribution/unknown-time-zone`, `time/not-a-duration`
 */
export const compareModels = async (
  models: ReadModels,
  {
    models: codes,
    by,
    from,
    to,
    outcome = 'won',
    currency,
    ...method
  }: AttributionQuestion & { models: readonly string[] },
): Promise<readonly AttributionReport[]> => {
  const sums = tally(codes.map(modelOf), by, method);
  const where: Where = {
    status: { eq: 'closed' },
    outcome: { eq: outcome },
    ...(currency !== undefined && { currency: { eq: currency } }),
    ...((from ?? to) !== undefined && {
      closedAt: { ...(from !== undefined && { gte: from }), ...(to !== undefined && { lt: to }) },
    }),
  };
  for await (const page of models.pages(journeys, where)) for (const { doc } of page) sums.add(doc);
  return sums.reports();
};

/**
 * Credited conversions and revenue under one model, by default that of the definition. See `compareModels`.
 */
export const attribution = async (
  models: ReadModels,
  { model, ...question }: AttributionQuestion & { readonly model?: string },
): Promise<AttributionReport> =>
  (await compareModels(models, { ...question, models: [model ?? question.definition.body.model] }))[0]!;

/** What each touch of one deal earns under one model, and why. */
export interface ExplainedCredits {
  readonly model: string;
  readonly unattributed: boolean;
  /** Milestones that the model pays and no touch holds; their share was renormalised. */
  readonly missing: readonly Milestone[];
  /** One per touch of the journey, in its order. */
  readonly credits: readonly (Omit<Credit, 'minor'> & { readonly touchId: string; readonly revenue: Money | null })[];
}
export interface ExplainedJourney {
  readonly journey: JourneyDocument;
  /** The journey's touches with their channel by the rules. */
  readonly touches: readonly ClassifiedTouch[];
  readonly lookback: string;
  readonly definitions: AttributionReport['definitions'];
  /** Empty while the deal is reopened: its close earns nothing. */
  readonly models: readonly ExplainedCredits[];
}

/**
 * The journey of one deal with its credits explained; they are those that the reports sum.
 * @throws NotFound `journey/unknown` for a deal that never closed; Refused as `compareModels`
 */
export const explainJourney = async (
  models: ReadModels,
  journeyId: string,
  { models: codes, ...method }: Method & { readonly models: readonly string[] },
): Promise<ExplainedJourney> => {
  const asked = codes.map(modelOf);
  const { lookback, lookbackMs, parameters, classify } = applied(method);
  const doc = await models.get(journeys, journeyId);
  if (!doc || doc.status === 'gathering')
    throw new NotFound('journey/unknown', 'No deal of this id has closed.', 'journeyId');
  const journey = modelJourney(doc, classify);
  const amount = revenueOf(doc);
  return {
    journey: doc,
    touches: journey.touches,
    lookback,
    definitions: { attribution: method.definition.ref, channelRules: method.channelRules.ref },
    models: (doc.status === 'closed' ? asked : []).map((model) => {
      const { credits, ...rest } = creditsOf(model, journey, parameters, lookbackMs, amount);
      return {
        model: model.code,
        ...rest,
        credits: credits.map(({ minor, ...credit }, index) => ({
          ...credit,
          touchId: journey.touches[index]!.touchId,
          revenue: minor === null ? null : { minor, currency: amount!.currency },
        })),
      };
    }),
  };
};
