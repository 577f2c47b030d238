import { NotFound, Refused } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { modelOf } from '../attribution/attribution.query';
import {
  applyMethod,
  toModelJourney,
  type AttributionReport,
  type ClassifiedTouch,
  type Method,
} from '../attribution/attribution.rules';
import { journeys, type JourneyDocument } from '../journeys/journeys.projection';
import { conversionsOf } from './earlier-conversions.query';
import { explainedCredits, type ExplainedCredit, type ExplainedCredits } from './explanation.rules';

export interface ExplainedJourney {
  readonly journey: JourneyDocument;
  /** The journey's touches with their channel by the rules. */
  readonly touches: readonly ClassifiedTouch[];
  readonly lookback: string;
  readonly definitions: AttributionReport['definitions'];
  /** Empty while the deal is reopened: it gets no credit. */
  readonly models: readonly ExplainedCredits[];
}

/**
 * The journey of one deal with its credits explained; they are the ones summed in reports.
 * @throws NotFound `journey/unknown` for a deal that never closed; Refused as `compareModels`
 */
export const explainJourney = async (
  models: ReadModels,
  journeyId: string,
  { models: codes, ...method }: Method & { readonly models: readonly string[] },
): Promise<ExplainedJourney> => {
  const selected = codes.map(modelOf);
  const ready = applyMethod(method);
  const doc = await models.get(journeys, journeyId);
  if (!doc || doc.status === 'gathering')
    throw new NotFound('journey/unknown', 'There is no closed deal with this id.', 'journeyId');
  const conversions = await conversionsOf(models, method, doc.closedAt);
  return {
    journey: doc,
    touches: toModelJourney(doc, ready.classify).touches,
    lookback: ready.lookback,
    definitions: { attribution: method.definition.ref, channelRules: method.channelRules.ref },
    models: (doc.status === 'closed' ? selected : []).map((model) => {
      const { touches: _, ...credits } = explainedCredits(model, doc, ready, conversions);
      return credits;
    }),
  };
};

/** A credit with its touch, and the deal and definitions that determine it. */
export interface ExplainedDeal extends Omit<ExplainedCredits, 'credits'>, Omit<ExplainedJourney, 'models' | 'touches'> {
  readonly credits: readonly (ExplainedCredit & { readonly touch: ClassifiedTouch })[];
}

/**
 * The credits of one deal under one model, or the credit of one of its touches.
 * @throws NotFound `journey/unknown`, `journey/unknown-touch`; Refused `journey/reopened` while the deal is open again
 */
export const credit = async (
  models: ReadModels,
  journeyId: string,
  { model, touchId, ...method }: Method & { readonly model?: string; readonly touchId?: string },
): Promise<ExplainedDeal> => {
  const question = { ...method, models: [model ?? method.definition.body.model] };
  const { touches, models: explained, ...deal } = await explainJourney(models, journeyId, question);
  const [credits] = explained;
  if (!credits)
    throw new Refused(
      'journey/reopened',
      'The deal was reopened; it has no credit until it closes again.',
      'journeyId',
    );
  const found = credits.credits
    .map((one, place) => ({ ...one, touch: touches[place]! }))
    .filter((one) => touchId === undefined || one.touchId === touchId);
  if (touchId !== undefined && found.length === 0)
    throw new NotFound('journey/unknown-touch', 'The journey of this deal has no touch with this id.', 'touchId');
  return { ...deal, ...credits, credits: found };
};
