import type { Instant } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import type { ReportOptions } from '../../models/data-driven.model';
import type { DataDrivenModel } from '@baton/attribution/models/data-driven.rules';
import type { Dimension, Method } from '../attribution/attribution.rules';
import { journeysOf, openJourneys } from '../conversions/conversions.query';
import type { ConversionKind } from '../conversions/conversions.rules';
import { conversionsOf } from '../credit/earlier-conversions.query';
import { journeyColumns } from '../journeys/journeys.columns';
import { CreditCollector, type DataDrivenAttribution } from './data-driven.rules';

/** The parameters of a data-driven model besides the period. */
export interface LearningOptions extends ReportOptions {
  /** Deals that are open at this instant count as journeys that did not convert (yet). */
  readonly openAt?: Instant;
}

const withoutFailures = (report: DataDrivenAttribution, conversion: ConversionKind): DataDrivenAttribution => ({
  ...report,
  warnings: [
    ...report.warnings,
    `learnt from conversions alone: journeys without the conversion ${conversion} are not recorded`,
  ],
});

/**
 * Credits under data-driven models, learnt from the deals won and lost in [from, to), or from the conversions of
 * another kind; the journeys are read once.
 * @returns one report per model, in the given order
 * @throws Refused as `CreditCollector`
 */
export const fittedAttribution = async (
  models: ReadModels,
  learnt: readonly DataDrivenModel[],
  question: Method & {
    readonly by: Dimension;
    readonly from?: Instant;
    readonly to?: Instant;
    readonly currency?: string;
    /** Won deals by default; only for these are failures recorded: the lost deals. */
    readonly conversion?: Exclude<ConversionKind, 'lost'>;
  },
  { openAt, ...options }: LearningOptions = {},
): Promise<readonly DataDrivenAttribution[]> => {
  const { by, from, to, currency, conversion = 'won', ...method } = question;
  const period = { ...(from && { from }), ...(to && { to }), ...(currency !== undefined && { currency }) };
  const gathered = new CreditCollector(by, method, await conversionsOf(models, method, to));
  if (conversion !== 'won') {
    for await (const journey of journeysOf(models, conversion, period)) gathered.add(journey, 'won');
    return learnt.map((model) => withoutFailures(gathered.report(model, options), conversion));
  }
  const columns = await models.columns(journeyColumns);
  const conversions = gathered.ready.restart ? columns.conversions(to) : undefined;
  for (const outcome of ['won', 'lost'] as const)
    gathered.addColumns(columns, columns.closed(outcome, period), outcome, conversions);
  if (openAt !== undefined)
    for await (const journey of openJourneys(models, openAt, currency)) gathered.add(journey, 'open');
  return learnt.map((model) => gathered.report(model, options));
};
