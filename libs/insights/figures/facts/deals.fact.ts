import { minorDigits } from '@baton/kernel';
import { deals, type Deal } from '@baton/opportunities';
import { fact, instantOf, numberOf, textOf, type JoinedDimension } from '../fact.rules';
import { ofColleague } from './colleagues.fact';
import { ofFirstTouch } from './first-touches.fact';
import { ofPerson } from './people.fact';

/** Ranges of amounts, by which deals are grouped; in the major unit of their currency. */
const priceBands = [
  [1_000, 'below 1,000'],
  [10_000, '1,000–9,999'],
  [100_000, '10,000–99,999'],
  [1_000_000, '100,000–999,999'],
  [Infinity, '1,000,000 and more'],
] as const;
/** The range that an amount in minor units is in. */
export const priceBandOf = ({
  minor,
  currency,
}: {
  readonly minor: number | null | undefined;
  readonly currency: string | null | undefined;
}): string | undefined => {
  if (typeof minor !== 'number' || typeof currency !== 'string') return undefined;
  const major = minor / 10 ** minorDigits(currency);
  return priceBands.find(([most]) => major < most)![1];
};

/** Every deal as it stands, with its primary contact: whoever got a role first. */
export const dealFact = fact<Deal, Deal>({
  name: 'deals',
  description:
    'Every deal. Its region, industry, segment and size are those of its primary contact, who got a role first; its channel, campaign, source and team those of the first eligible touch of its journey (without one, the source of the record); its manager that of the owner on the day of the close, or now.',
  entity: 'Opportunity',
  of: deals,
  rows: (deal) => (deal.openedAt === '' ? [] : [{ id: deal.opportunityId, entity: deal.opportunityId, row: deal }]),
  columns: {
    opportunityId: textOf(({ opportunityId }) => opportunityId),
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
    priceBand: textOf(({ amountMinor, currency }) => priceBandOf({ minor: amountMinor, currency })),
    competitor: textOf(({ competitor }) => competitor),
    leadId: textOf(({ roles }) => roles[0]?.leadId),
  },
  dimensions: {
    ...{ owner: 'owner', product: 'product', account: 'account', currency: 'currency', recordSource: 'source' },
    ...{ pipeline: 'pipeline', stage: 'stage', lossReason: 'lossReason', competitor: 'competitor' },
    priceBand: 'priceBand',
    ...{ rep: 'owner', manager: ofColleague('owner', ['closedAt'], 'manager') },
    ...{ channel: ofFirstTouch('channel'), campaign: ofFirstTouch('campaign') },
    ...{ source: ofFirstTouch('source', 'source'), team: ofFirstTouch('team') },
    ...{ region: ofPerson('region'), industry: ofPerson('industry') },
    ...{ segment: ofPerson('industry'), size: ofPerson('size') },
  },
});

/** A dimension of a fact whose column `opportunityId` names a deal: that of the deal. */
export const ofDeal = (column: string): JoinedDimension => ({
  ...{ through: 'opportunityId', fact: () => dealFact, column },
});
