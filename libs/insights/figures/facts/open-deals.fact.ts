import { fromMs } from '@baton/kernel';
import { instantOf, madeFact, numberOf, textOf } from '../fact.rules';
import { dealFact, ofDeal } from './deals.fact';
import { openDealsAt, openDealSources, type OpenDeal } from './open-deals.rules';

const isStuck = ({ isLong, isSilent }: OpenDeal): boolean => isLong === true || isSilent === true;
/** Why a deal is stuck; undefined for one that is not. */
export const stuckReasonOf = ({ isLong, isSilent }: OpenDeal): string | undefined => {
  if (isLong) return isSilent ? 'too long in stage, and silent' : 'too long in stage';
  return isSilent ? 'silent' : undefined;
};

/** Every deal that is open at the end of a period, as it stood then. */
export const openDealFact = madeFact<OpenDeal>({
  name: 'open deals',
  description: 'Every deal that is open at the end of a period, as it stood then; its people are those of today.',
  entity: 'Opportunity',
  from: openDealSources,
  definitions: ['pipeline'],
  begins: { fact: dealFact, column: 'openedAt' },
  *rows(from) {
    for (const { deals } of openDealsAt(from))
      for (const row of deals) yield { id: `${row.opportunityId}:${row.takenAt}`, entity: row.opportunityId, row };
  },
  columns: {
    takenAt: instantOf(({ takenAt }) => fromMs(takenAt)),
    openedAt: instantOf(({ openedAt }) => fromMs(openedAt)),
    opportunityId: textOf(({ opportunityId }) => opportunityId),
    pipeline: textOf(({ pipeline }) => pipeline),
    stage: textOf(({ stage }) => stage),
    category: textOf(({ category }) => category),
    owner: textOf(({ owner }) => owner),
    amount: numberOf(({ minor }) => minor),
    currency: textOf(({ currency }) => currency),
    stageMs: numberOf(({ stageMs }) => stageMs),
    stuck: textOf(isStuck),
    stuckReason: textOf(stuckReasonOf),
    long: textOf(({ isLong }) => isLong),
    silent: textOf(({ isSilent }) => isSilent),
    quality: textOf(({ quality }) => quality),
    overdue: textOf(({ isOverdue }) => isOverdue),
    definition: textOf(({ definition }) => definition),
  },
  dimensions: {
    ...{ pipeline: 'pipeline', stage: 'stage', category: 'category', owner: 'owner', currency: 'currency' },
    ...{ stuckReason: 'stuckReason', product: ofDeal('product'), source: ofDeal('source'), account: ofDeal('account') },
  },
});
