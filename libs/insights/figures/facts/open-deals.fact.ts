import { instantOf, madeFact, numberOf, textOf } from '../fact.rules';
import { ofColleague } from './colleagues.fact';
import { dealFact, priceBandOf } from './deals.fact';
import { ofFirstTouch } from './first-touches.fact';
import { ofPerson } from './people.fact';
import { openDealsAt, openDealSources, type OpenDeal } from './open-deals.rules';

/** Every deal that is open at the end of a period, as it stood then. */
export const openDealFact = madeFact<OpenDeal>({
  name: 'open deals',
  description:
    'Every deal that is open at the end of a period, as it stood then, with the manager of its owner on that day; its people, product, company and competitor are those of today.',
  entity: 'Opportunity',
  from: openDealSources,
  definitions: ['pipeline'],
  begins: { fact: dealFact, column: 'openedAt' },
  *rows(from) {
    for (const { deals } of openDealsAt(from))
      for (const row of deals) yield { id: `${row.opportunityId}:${row.takenAt}`, entity: row.opportunityId, row };
  },
  columns: {
    takenAt: instantOf(({ takenAt }) => takenAt),
    stoodAt: instantOf(({ stoodAt }) => stoodAt),
    openedAt: instantOf(({ openedAt }) => openedAt),
    opportunityId: textOf(({ opportunityId }) => opportunityId),
    pipeline: textOf(({ pipeline }) => pipeline),
    stage: textOf(({ stage }) => stage),
    category: textOf(({ category }) => category),
    owner: textOf(({ state }) => state.owner),
    source: textOf((deal) => deal.known('source')),
    product: textOf((deal) => deal.known('product')),
    account: textOf((deal) => deal.known('account')),
    competitor: textOf((deal) => deal.known('competitor')),
    leadId: textOf((deal) => deal.known('leadId')),
    amount: numberOf(({ state }) => state.minor),
    currency: textOf(({ state }) => state.currency),
    priceBand: textOf(({ state }) => priceBandOf(state)),
    stageMs: numberOf(({ stageMs }) => stageMs),
    stuck: textOf(({ stuckReason }) => stuckReason !== undefined),
    stuckReason: textOf(({ stuckReason }) => stuckReason),
    long: textOf(({ isLong }) => isLong),
    silent: textOf(({ isSilent }) => isSilent),
    quality: textOf(({ quality }) => quality),
    overdue: textOf(({ isOverdue }) => isOverdue),
    definition: textOf(({ definition }) => definition),
  },
  dimensions: {
    ...{ pipeline: 'pipeline', stage: 'stage', category: 'category', stuckReason: 'stuckReason' },
    ...{ owner: 'owner', product: 'product', account: 'account', currency: 'currency', recordSource: 'source' },
    ...{ competitor: 'competitor', priceBand: 'priceBand' },
    ...{ rep: 'owner', manager: ofColleague('owner', ['stoodAt'], 'manager') },
    ...{ channel: ofFirstTouch('channel'), campaign: ofFirstTouch('campaign') },
    ...{ source: ofFirstTouch('source', 'source'), team: ofFirstTouch('team') },
    ...{ region: ofPerson('region'), industry: ofPerson('industry') },
    ...{ segment: ofPerson('industry'), size: ofPerson('size') },
  },
});
