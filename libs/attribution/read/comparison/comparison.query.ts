import { type ReadModels, readPage, type Connection, type PageQuestion } from '@baton/platform/documents';

import { attributionModels } from '../../models/models.rules';
import { closedDeals, compareModels, type AttributionQuestion } from '../attribution/attribution.query';
import { applyMethod, type AttributionReport } from '../attribution/attribution.rules';
import { lookUpsFor } from '../attribution/known.query';
import { conversionsOf } from '../credit/earlier-conversions.query';
import { journeys } from '../journeys/journeys.projection';
import { compareDeal, compareReports, type ComparedDeal, type ComparedKey } from './comparison.rules';

export type ComparisonQuestion = AttributionQuestion & { readonly models: readonly string[] };

/** Several models side by side over the deals of a period. */
export interface Comparison {
  /** One per model, in the order asked. */
  readonly reports: readonly AttributionReport[];
  /** Every key that earned something under some model, with the difference to the first model. */
  readonly rows: readonly ComparedKey[];
}

/** See `compareModels`; the first model is what the others are compared with. */
export const comparison = async (models: ReadModels, question: ComparisonQuestion): Promise<Comparison> => {
  const reports = await compareModels(models, question);
  const zero = (reports[0]?.unattributed.revenue ?? []).map(({ currency }) => ({ minor: 0, currency }));
  const columns = reports.map(({ model, rows }) => ({
    model,
    keys: rows.map(({ key, ...row }) => [key, row] as const),
  }));
  return { reports, rows: compareReports(question.by, columns, zero) };
};

/**
 * The deals of the period one by one, in the order of their close, a page at a time. Models that share a whole period
 * out at once (Markov, Shapley) give no credit to a single deal and are left out.
 */
export const comparedDeals = async (
  models: ReadModels,
  question: ComparisonQuestion,
  page: PageQuestion,
): Promise<Connection<ComparedDeal>> => {
  const asked = question.models.flatMap((code) => attributionModels.filter((model) => model.code === code));
  const ready = applyMethod({ ...question, ...(await lookUpsFor(models, question.by)) });
  const conversions = await conversionsOf(models, question, question.to);
  return readPage(
    models,
    journeys,
    { ...page, where: closedDeals(question), orderBy: [{ column: 'closedAt' }] },
    (deal) => compareDeal(asked, question.by, deal, ready, conversions),
  );
};
