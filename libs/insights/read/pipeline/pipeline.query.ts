import { field, objectFields, type EnumerationValue, type Instant, type MoneySum, type ObjectOf } from '@baton/kernel';
import { leadStages } from '@baton/leads';
import type { ReadModels } from '@baton/platform/documents';
import { shownFigures } from '../../figures/shown-figures.query';

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

interface Counted {
  readonly value: string | null;
  readonly amount: MoneySum | null;
}
const openDealsOf = (deals: readonly Counted[], amounts: readonly (Counted & { readonly missing: number })[]) => ({
  deals: Number(deals[0]?.value ?? 0),
  amounts: amounts.flatMap(({ amount }) => amount ?? []),
  withoutAmount: Math.max(0, ...amounts.map(({ missing }) => missing)),
});
const byStage = (a: { readonly stage: string }, b: { readonly stage: string }): number => (a.stage < b.stage ? -1 : 1);

/** The figures of open deals and of people, by stage, as they stand. */
export const pipeline = async (models: ReadModels, at: Instant): Promise<Pipeline> => {
  const [deals, people] = [
    await shownFigures(models, ['open-deals', 'open-amount'], { by: 'stage' }, at),
    await shownFigures(models, ['captured-leads'], { by: 'stage' }, at),
  ];
  const [open, amounts] = deals.figures;
  return {
    stages: open!.groups
      .map(({ key, values }) => ({
        stage: key!,
        ...openDealsOf(values, amounts!.groups.find((group) => group.key === key)?.values ?? []),
      }))
      .sort(byStage),
    open: openDealsOf(open!.total, amounts!.total),
    leads: people.figures[0]!.groups.map(({ key, values, erased }) => ({
      stage: key as EnumerationValue<typeof leadStages>,
      leads: Number(values[0]!.value),
      erased,
    })).sort(byStage),
  };
};
