import { leadStageStays, type LeadStageStay } from '@baton/leads';
import { dealStageStays, type DealStageStay } from '@baton/opportunities';
import { fact, instantOf, numberOf, textOf } from '../fact.rules';
import { ofColleague } from './colleagues.fact';
import { ofDeal } from './deals.fact';
import { ofFirstTouch } from './first-touches.fact';
import { ofPerson } from './people.fact';

/** Every stay of a lead in a lifecycle stage. */
export const leadStayFact = fact<LeadStageStay, LeadStageStay>({
  name: 'stays of leads',
  description: 'Every stay of a lead in a lifecycle stage, from one move to the next.',
  entity: 'Lead',
  of: leadStageStays,
  rows: (stay) => [{ id: stay.stayId, entity: stay.leadId, row: stay }],
  columns: {
    enteredAt: instantOf(({ enteredAt }) => enteredAt),
    leftAt: instantOf(({ leftAt }) => leftAt),
    leadId: textOf(({ leadId }) => leadId),
    stage: textOf(({ stage }) => stage),
    nextStage: textOf(({ nextStage }) => nextStage),
    rep: textOf(({ rep }) => rep),
    source: textOf(({ source }) => source),
    place: numberOf(({ place }) => place),
    visit: numberOf(({ visit }) => visit),
    stayMs: numberOf(({ stayMs }) => stayMs),
  },
  dimensions: {
    ...{ stage: 'stage', nextStage: 'nextStage', rep: 'rep', source: 'source' },
    ...{ manager: ofColleague('rep', ['enteredAt'], 'manager'), team: ofColleague('rep', ['enteredAt'], 'team') },
    ...{ region: ofPerson('region'), industry: ofPerson('industry'), size: ofPerson('size') },
  },
});

/** Every stay of a deal in a pipeline stage. */
export const dealStayFact = fact<DealStageStay, DealStageStay>({
  name: 'stays of deals',
  description: 'Every stay of a deal in a pipeline stage, from one move to the next.',
  entity: 'Opportunity',
  of: dealStageStays,
  rows: (stay) => [{ id: stay.stayId, entity: stay.opportunityId, row: stay }],
  columns: {
    enteredAt: instantOf(({ enteredAt }) => enteredAt),
    leftAt: instantOf(({ leftAt }) => leftAt),
    opportunityId: textOf(({ opportunityId }) => opportunityId),
    exit: textOf(({ exit }) => exit),
    stage: textOf(({ stage }) => stage),
    nextStage: textOf(({ nextStage }) => nextStage),
    owner: textOf(({ owner }) => owner),
    product: textOf(({ product }) => product),
    source: textOf(({ source }) => source),
    place: numberOf(({ place }) => place),
    visit: numberOf(({ visit }) => visit),
    stayMs: numberOf(({ stayMs }) => stayMs),
  },
  dimensions: {
    ...{ stage: 'stage', nextStage: 'nextStage', owner: 'owner', product: 'product', recordSource: 'source' },
    ...{ rep: 'owner', manager: ofColleague('owner', ['enteredAt'], 'manager') },
    ...{ channel: ofFirstTouch('channel'), campaign: ofFirstTouch('campaign') },
    ...{ source: ofFirstTouch('source', 'source'), team: ofFirstTouch('team') },
    account: ofDeal('account'),
  },
});
