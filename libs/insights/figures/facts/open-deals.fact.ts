import { fromMs } from '@baton/kernel';
import { instantOf, madeFact, numberOf, textIn, textOf } from '../fact.rules';
import { ofColleague } from './colleagues.fact';
import { dealFact } from './deals.fact';
import { ofFirstTouch } from './first-touches.fact';
import { ofPerson } from './people.fact';
import { openDealsAt, openDealSources, type OpenDeal } from './open-deals.rules';

const isStuck = ({ isLong, isSilent }: OpenDeal): boolean => isLong === true || isSilent === true;
/** Why a deal is stuck; undefined for one that is not. */
export const stuckReasonOf = ({ isLong, isSilent }: OpenDeal): string | undefined => {
  if (isLong) return isSilent ? 'too long in stage, and silent' : 'too long in stage';
  return isSilent ? 'silent' : undefined;
};

/** An open deal, with what is known of it as it stands now. */
type OpenDealRow = OpenDeal & Readonly<Record<'source' | 'product' | 'account' | 'leadId', string | undefined>>;

/** Every deal that is open at the end of a period, as it stood then. */
export const openDealFact = madeFact<OpenDealRow>({
  name: 'open deals',
  description:
    'Every deal that is open at the end of a period, as it stood then; its people, product and company are those of today.',
  entity: 'Opportunity',
  from: openDealSources,
  definitions: ['pipeline'],
  begins: { fact: dealFact, column: 'openedAt' },
  *rows(from) {
    const known = from.rowsOf(dealFact);
    for (const { deals } of openDealsAt(from))
      for (const open of deals) {
        const text = (column: string) => (open.deal === undefined ? undefined : textIn(known, column, open.deal));
        const its = {
          source: text('source'),
          product: text('product'),
          account: text('account'),
          leadId: text('leadId'),
        };
        yield { id: `${open.opportunityId}:${open.takenAt}`, entity: open.opportunityId, row: { ...open, ...its } };
      }
  },
  columns: {
    takenAt: instantOf(({ takenAt }) => fromMs(takenAt)),
    openedAt: instantOf(({ openedAt }) => fromMs(openedAt)),
    opportunityId: textOf(({ opportunityId }) => opportunityId),
    pipeline: textOf(({ pipeline }) => pipeline),
    stage: textOf(({ stage }) => stage),
    category: textOf(({ category }) => category),
    owner: textOf(({ owner }) => owner),
    source: textOf(({ source }) => source),
    product: textOf(({ product }) => product),
    account: textOf(({ account }) => account),
    leadId: textOf(({ leadId }) => leadId),
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
    ...{ pipeline: 'pipeline', stage: 'stage', category: 'category', stuckReason: 'stuckReason' },
    ...{ owner: 'owner', product: 'product', account: 'account', currency: 'currency' },
    ...{ rep: 'owner', manager: ofColleague('owner', ['takenAt'], 'manager') },
    ...{ channel: ofFirstTouch('channel'), campaign: ofFirstTouch('campaign') },
    ...{ source: ofFirstTouch('source', 'source'), team: ofFirstTouch('team') },
    ...{ region: ofPerson('region'), industry: ofPerson('industry') },
    ...{ segment: ofPerson('industry'), size: ofPerson('size') },
  },
});
