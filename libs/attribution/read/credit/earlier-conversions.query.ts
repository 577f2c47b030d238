import type { Instant } from '@baton/kernel';
import type { ReadModels } from '@baton/platform/documents';
import { journeys } from '../journeys/journeys.projection';
import { applyMethod, type Conversions, type Method } from '../attribution/attribution.rules';

/**
 * When people converted before, for a method whose journeys restart after a conversion; undefined if journeys continue.
 * A conversion is a won deal, and counts for everybody on the deal. Reads every won deal up to the given close.
 */
export const conversionsOf = async (
  models: ReadModels,
  method: Method,
  before?: Instant,
): Promise<Conversions | undefined> => {
  if (!applyMethod(method).restart) return undefined;
  const conversions = new Map<string, Instant[]>();
  const where = {
    status: { eq: 'closed' },
    outcome: { eq: 'won' },
    ...(before !== undefined && { closedAt: { lt: before } }),
  };
  for await (const page of models.pages(journeys, where))
    for (const { doc } of page)
      for (const leadId of new Set([...doc.leadIds, ...doc.touches.map((touch) => touch.leadId)])) {
        const known = conversions.get(leadId);
        if (known) known.push(doc.closedAt);
        else conversions.set(leadId, [doc.closedAt]);
      }
  return conversions;
};
