import {
  field,
  exactDifference,
  moneyDifference,
  objectFields,
  type MoneySum,
  type ObjectOf,
  type WordMap,
} from '@baton/kernel';
import { creditModels } from '../../models/models.rules';
import type { Model } from '../../models/credit.model';
import {
  credited,
  creditedFields,
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

export const comparedKey = objectFields('ComparedKey', 'What a key earned under each model.', {
  key: field.text('The channel, campaign, month …; null: not stated.', { nullable: true }),
  credits: field.object(
    objectFields('ComparedCredit', 'What a key earned under one model, and how that differs from the first model.', {
      model: field.enum(creditModels, 'The model.'),
      ...creditedFields,
      difference: field.object(credited, 'How much more than under the first model; negative: less.'),
    }),
    'One per model, in the order asked.',
    { list: true },
  ),
});
export type ComparedKey = ObjectOf<typeof comparedKey.fields>;
export const comparedDeal = objectFields('ComparedDeal', 'One deal under each model.', {
  journeyId: field.id('The deal’s id.', { entity: 'Opportunity', entityName: 'opportunity' }),
  closedAt: field.instant('When it closed.'),
  amount: field.amount('What it is worth.', { nullable: true }),
  unattributed: field.flag('No touch is weighed, under any model.'),
  keys: field.object(comparedKey, 'Every key that earned something under some model.', { list: true }),
});
/** `keys` are sorted, null first. */
export type ComparedDeal = ObjectOf<typeof comparedDeal.fields>;

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
