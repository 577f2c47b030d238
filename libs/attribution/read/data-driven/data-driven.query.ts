import type { Instant } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import type { DataDrivenModel, ReportOptions } from '../../models/data-driven.model';
import type { Dimension, Method } from '../attribution/attribution.rules';
import { journeysOf, openJourneys } from '../conversions/conversions.query';
import { conversionsOf } from '../credit/earlier-conversions.query';
import { gathering, type DataDrivenAttribution } from './data-driven.rules';

/** What a data-driven model may be asked besides the period. */
export interface LearningOptions extends ReportOptions {
  /** Consecutive touches of one channel are several steps. */
  readonly keepRepeats?: boolean;
  /** Deals that are open at this instant count as journeys that did not convert (yet). */
  readonly openAt?: Instant;
}

/**
 * Credits under data-driven models, learnt from the deals won and lost in [from, to); the journeys are read once.
 * @returns one report per model, in the order asked
 * @throws Refused as `gathering`
 */
export const learntAttribution = async (
  models: ReadModels,
  learnt: readonly DataDrivenModel[],
  question: Method & {
    readonly by: Dimension;
    readonly from?: Instant;
    readonly to?: Instant;
    readonly currency?: string;
  },
  { keepRepeats, openAt, ...options }: LearningOptions = {},
): Promise<readonly DataDrivenAttribution[]> => {
  const { by, from, to, currency, ...method } = question;
  const period = { ...(from && { from }), ...(to && { to }), ...(currency !== undefined && { currency }) };
  const gathered = gathering(
    by,
    method,
    { keepRepeats: keepRepeats ?? false },
    await conversionsOf(models, method, to),
  );
  for (const outcome of ['won', 'lost'] as const)
    for await (const journey of journeysOf(models, outcome, period)) gathered.add(journey, outcome);
  if (openAt !== undefined)
    for await (const journey of openJourneys(models, openAt, currency)) gathered.add(journey, 'open');
  return learnt.map((model) => gathered.report(model, options));
};
