import { field, MoneySums, objectFields, type EnumerationValue, type MoneySum, type ObjectOf } from '@baton/kernel';
import { leads, leadStages } from '@baton/leads';
import { deals } from '@baton/opportunities';
import type { ReadModels } from '@baton/platform/documents';
import { whereOf, type DealFilters } from '../../deals.rules';

const openDeals = {
  deals: field.integer('How many.', { unit: 'deals' }),
  amounts: field.money('Their total amounts, one per currency.', { list: true }),
  withoutAmount: field.integer('How many of them have no amount.', { unit: 'deals' }),
} as const;
export const pipelineAnswer = objectFields('Pipeline', 'Where open deals and leads stand now.', {
  stages: field.object(
    objectFields('PipelineStage', 'The open deals in a stage.', {
      stage: field.text('The stage, as the team names it.'),
      ...openDeals,
    }),
    'Open deals by stage, sorted.',
    { list: true },
  ),
  open: field.object(objectFields('OpenDeals', 'Some open deals together.', openDeals), 'All open deals.'),
  leads: field.object(
    objectFields('LeadStageCount', 'How many people are in a lifecycle stage.', {
      stage: field.enum(leadStages, 'The lifecycle stage or disposition.'),
      leads: field.integer('People; merged ones count once.', { unit: 'leads' }),
      erased: field.integer('How many of them are erased.', { unit: 'people' }),
    }),
    'People by lifecycle stage, sorted.',
    { list: true },
  ),
});
export type Pipeline = ObjectOf<typeof pipelineAnswer.fields>;

/**
 * The current stages of open deals and leads. The filters owner and source apply to both; product, account and currency
 * apply to deals only.
 */
export const pipeline = async (models: ReadModels, { filters }: { filters?: DealFilters } = {}): Promise<Pipeline> => {
  const peopleWhere = { ...whereOf(filters, ['owner', 'source']), mergedInto: { eq: null } };
  const [open, people, erased] = await Promise.all([
    models.aggregate(deals, {
      where: { ...whereOf(filters), status: { eq: 'open' } },
      by: ['stage', 'currency'],
      measures: { deals: 'count', minor: { sum: 'amountMinor' } },
    }),
    models.aggregate(leads, {
      where: peopleWhere,
      by: ['stage'],
      measures: { leads: 'count' },
    }),
    models.aggregate(leads, {
      where: { ...peopleWhere, erasedAt: { ne: null } },
      by: ['stage'],
      measures: { leads: 'count' },
    }),
  ]);
  const groups = open.map(({ keys: [stage, currency], values }) => ({
    stage: stage as string,
    currency: currency as string | null,
    deals: Number(values['deals']),
    minor: values['minor'] as MoneySum['minor'],
  }));
  return {
    stages: [...new Set(groups.map(({ stage }) => stage))]
      .sort()
      .map((stage) => ({ stage, ...sumOf(groups.filter((group) => group.stage === stage)) })),
    open: sumOf(groups),
    leads: people.map(({ keys: [stage], values }) => ({
      stage: stage as EnumerationValue<typeof leadStages>,
      leads: Number(values['leads']),
      erased: Number(erased.find(({ keys }) => keys[0] === stage)?.values['leads'] ?? 0),
    })),
  };
};

const sumOf = (
  groups: readonly { readonly currency: string | null; readonly deals: number; readonly minor: MoneySum['minor'] }[],
): Pipeline['open'] => {
  const amounts = new MoneySums();
  for (const { currency, minor } of groups) if (currency !== null) amounts.add({ minor, currency });
  const count = (of: typeof groups) => of.reduce((sum, { deals: some }) => sum + some, 0);
  return {
    deals: count(groups),
    amounts: amounts.list(),
    withoutAmount: count(groups.filter(({ currency }) => currency === null)),
  };
};
