import { exactDifference, moneyDifference, type WordMap, type Instant, type Money, type MoneySum } from '@baton/kernel';
import type { Model } from '../../models/credit.model';
import {
  creditsByKey,
  rowsBy,
  revenueOf,
  selectJourneyTouches,
  type AttributionMethod,
  type Conversions,
  type Credited,
  type Dimension,
} from '../attribution/attribution.rules';
import type { JourneyDocument } from '../journeys/journeys.projection';

/** The credit of a key under one model, and its difference to the first model. */
export interface ComparedCredit extends Credited {
  readonly model: string;
  readonly difference: Credited;
}
export interface ComparedKey {
  readonly key: string | null;
  /** One per model, in the given order. */
  readonly credits: readonly ComparedCredit[];
}
/** The credits of one deal under several models. */
export interface ComparedDeal {
  readonly journeyId: string;
  readonly closedAt: Instant;
  readonly amount: Money | null;
  /** No touch is weighed: the deal is unattributed under every model. */
  readonly unattributed: boolean;
  /** Every key with credit under some model, sorted, null first. */
  readonly keys: readonly ComparedKey[];
}

/**
 * Joins the credits of several models by key, with the difference to the first model; a key without credit has zero.
 * @param columns one per model: its code, and its credits by key
 * @param zero    zero in each currency of the columns
 */
export const compareReports = (
  by: Dimension,
  columns: readonly { readonly model: string; readonly keys: readonly (readonly [string | null, Credited])[] }[],
  zero: readonly MoneySum[],
): ComparedKey[] => {
  const rows: WordMap<Map<string, Credited>> = rowsBy(by);
  for (const { model, keys } of columns)
    for (const [key, credited] of keys) rows.at(key, () => new Map()).set(model, credited);
  return rows.entries().map(([key, earned]) => {
    const credits = columns.map(({ model }) => ({
      model,
      ...(earned.get(model) ?? { conversions: 0, revenue: zero }),
    }));
    const [first] = credits;
    return {
      key,
      credits: credits.map(({ model, conversions, revenue }) => ({
        model,
        conversions,
        revenue,
        difference: {
          conversions: exactDifference(conversions, first!.conversions),
          revenue: moneyDifference(revenue, first!.revenue),
        },
      })),
    };
  });
};

/**
 * The credits of one deal by key under several models; under additive models the differences of each model sum to zero.
 */
export const compareDeal = (
  models: readonly Model[],
  by: Dimension,
  deal: JourneyDocument,
  ready: AttributionMethod,
  conversions?: Conversions,
): ComparedDeal => {
  const path = selectJourneyTouches(deal, ready, conversions);
  const amount = revenueOf(deal) ?? null;
  const columns = models.map((model) => ({
    model: model.code,
    keys: creditsByKey(model, path, ready, by, deal)
      .keys.entries()
      .map(([key, { conversions: share, minor }]) => {
        const revenue = amount && minor !== null ? [{ minor, currency: amount.currency }] : [];
        return [key, { conversions: share.value, revenue }] as const;
      }),
  }));
  return {
    journeyId: deal.journeyId,
    closedAt: deal.closedAt,
    amount,
    unattributed: path.selection.places.length === 0,
    keys: compareReports(by, columns, amount ? [{ minor: 0, currency: amount.currency }] : []),
  };
};
