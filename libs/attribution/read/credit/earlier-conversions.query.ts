import { fromMs, type Instant } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { applyMethod, type Conversions, type Method } from '../attribution/attribution.rules';
import { journeyColumns } from '../journeys/journeys.columns';

/**
 * When people converted before, for a method whose journeys restart after a conversion; undefined if journeys continue.
 * A conversion is a won deal up to the given close, and counts for everybody on the deal.
 */
export const conversionsOf = async (
  models: ReadModels,
  method: Method,
  before?: Instant,
): Promise<Conversions | undefined> => {
  if (!applyMethod(method).restart) return undefined;
  const columns = await models.columns(journeyColumns);
  return new Map(
    [...columns.conversions(before)].map(([lead, closes]) => [columns.leads.texts[lead]!, closes.map(fromMs)]),
  );
};
