import { deals, type Deal } from '@baton/opportunities';
import { fact, instantOf, numberOf, textOf } from '../fact.rules';
import { ofPerson } from './people.fact';

/** Every deal as it stands, with its primary contact: whoever got a role first. */
export const dealFact = fact<Deal, Deal>({
  name: 'deals',
  description: 'Every deal. Its region, industry and size are those of its primary contact, who got a role first.',
  entity: 'Opportunity',
  of: deals,
  rows: (deal) => (deal.openedAt === '' ? [] : [{ id: deal.opportunityId, entity: deal.opportunityId, row: deal }]),
  columns: {
    openedAt: instantOf(({ openedAt }) => openedAt),
    closedAt: instantOf(({ closedAt }) => closedAt),
    status: textOf(({ status }) => status),
    pipeline: textOf(({ pipeline }) => pipeline),
    stage: textOf(({ stage }) => stage),
    amount: numberOf(({ amountMinor }) => amountMinor),
    currency: textOf(({ currency }) => currency),
    cycleMs: numberOf(({ cycleMs }) => cycleMs),
    proposals: numberOf(({ proposals }) => proposals),
    lastProposalAt: instantOf(({ lastProposalAt }) => lastProposalAt),
    reopenings: numberOf(({ reopenings }) => reopenings),
    owner: textOf(({ owner }) => owner),
    source: textOf(({ source }) => source),
    product: textOf(({ product }) => product),
    account: textOf(({ account }) => account),
    lossReason: textOf(({ lossReason }) => lossReason),
    competitor: textOf(({ competitor }) => competitor),
    leadId: textOf(({ roles }) => roles[0]?.leadId),
  },
  dimensions: {
    ...{ owner: 'owner', source: 'source', product: 'product', account: 'account', currency: 'currency' },
    ...{ pipeline: 'pipeline', stage: 'stage', lossReason: 'lossReason', competitor: 'competitor' },
    ...{ region: ofPerson('region'), industry: ofPerson('industry'), size: ofPerson('size') },
  },
});
