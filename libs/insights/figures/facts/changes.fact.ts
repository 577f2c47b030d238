import { DAY_MS } from '@baton/kernel';
import { daysMovedOf, dealChanges, previousAmountOf, type DealChange } from '@baton/opportunities';
import { fact, instantOf, numberOf, textOf } from '../fact.rules';
import { ofDeal } from './deals.fact';

/** By how much the amount grew, in minor units; undefined where one of the two is unknown, or of another currency. */
const growthOf = (change: DealChange): number | undefined => {
  const previous = previousAmountOf(change);
  return change.what !== 'amount' || change.amountMinor === null || previous?.currency !== change.currency
    ? undefined
    : change.amountMinor - previous!.minor;
};
/** The amount by which a number is above zero; undefined where it is not. */
const above = (number: number | null | undefined): number | undefined => (number && number > 0 ? number : undefined);

/** Every change of a deal, with its values after it. */
export const dealChangeFact = fact<DealChange, DealChange>({
  name: 'changes of deals',
  description:
    'Every change of a deal: of its stage, amount, close date, owner and status, and what else happened to it.',
  entity: 'Opportunity',
  of: dealChanges,
  rows: (change) => [{ id: change.changeId, entity: change.opportunityId, row: change }],
  columns: {
    at: instantOf(({ at }) => at),
    turn: numberOf(({ turn }) => turn),
    opportunityId: textOf(({ opportunityId }) => opportunityId),
    what: textOf(({ what }) => what),
    pipeline: textOf(({ pipeline }) => pipeline),
    stage: textOf(({ stage }) => stage),
    previousStage: textOf(({ what, previous }) => (what === 'stage' ? previous : null)),
    owner: textOf(({ owner }) => owner),
    status: textOf(({ status }) => status),
    amount: numberOf(({ amountMinor }) => amountMinor),
    currency: textOf(({ currency }) => currency),
    expectedCloseOn: textOf(({ expectedCloseOn }) => expectedCloseOn),
    increase: numberOf((change) => above(growthOf(change))),
    decrease: numberOf((change) => above(-(growthOf(change) ?? 0))),
    push: numberOf(({ push }) => push),
    pushedMs: numberOf((change) => above((daysMovedOf(change) ?? 0) * DAY_MS)),
    pulledInMs: numberOf((change) => above(-(daysMovedOf(change) ?? 0) * DAY_MS)),
  },
  dimensions: {
    ...{ what: 'what', pipeline: 'pipeline', stage: 'stage', previousStage: 'previousStage', owner: 'owner' },
    ...{ currency: 'currency', product: ofDeal('product'), source: ofDeal('source'), account: ofDeal('account') },
  },
});
