import { MoneySums, type MoneySum } from '@baton/kernel';
import { leads } from '@baton/leads';
import { deals } from '@baton/opportunities';
import type { ReadModels } from '@baton/platform/documents';
import { whereOf, type DealFilters } from '../../deals.rules';

export interface StageOfPipeline {
  readonly stage: string;
  readonly deals: number;
  /** Their total amounts, one per currency, sorted by currency. */
  readonly amounts: readonly MoneySum[];
  readonly withoutAmount: number;
}
export interface Pipeline {
  /** Open deals by stage, sorted by stage. */
  readonly stages: readonly StageOfPipeline[];
  readonly open: Omit<StageOfPipeline, 'stage'>;
  /** People by lifecycle stage, sorted by stage; merged people count once, as their survivor. */
  readonly leads: readonly { readonly stage: string; readonly leads: number }[];
}

/**
 * The current stages of open deals and leads. The filters owner and source apply to both; product, account and currency
 * apply to deals only.
 */
export const pipeline = async (models: ReadModels, { filters }: { filters?: DealFilters } = {}): Promise<Pipeline> => {
  const [open, people] = await Promise.all([
    models.aggregate(deals, {
      where: { ...whereOf(filters), status: { eq: 'open' } },
      by: ['stage', 'currency'],
      measures: { deals: 'count', minor: { sum: 'amountMinor' } },
    }),
    models.aggregate(leads, {
      where: { ...whereOf(filters, ['owner', 'source']), mergedInto: { eq: null } },
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
    leads: people.map(({ keys: [stage], values }) => ({ stage: stage as string, leads: Number(values['leads']) })),
  };
};

const sumOf = (
  groups: readonly { readonly currency: string | null; readonly deals: number; readonly minor: MoneySum['minor'] }[],
): Omit<StageOfPipeline, 'stage'> => {
  const amounts = new MoneySums();
  for (const { currency, minor } of groups) if (currency !== null) amounts.add({ minor, currency });
  const count = (of: typeof groups) => of.reduce((sum, { deals: some }) => sum + some, 0);
  return {
    deals: count(groups),
    amounts: amounts.list(),
    withoutAmount: count(groups.filter(({ currency }) => currency === null)),
  };
};
