import { decider, refuse } from '@baton/kernel';
import { spendRecordOf } from './spend-record.rules';
import { campaignCommands, campaignEvents, type CampaignCommand, type CampaignEvent } from './campaign.events';

type Campaign =
  { readonly stage: 'unknown' } | { readonly stage: 'planned'; readonly spend: ReadonlyMap<string, string> };

export const campaignDecider = decider<Campaign, CampaignCommand, CampaignEvent>({
  commands: campaignCommands,
  events: campaignEvents,
  initialState: () => ({ stage: 'unknown' }),
  decide: {
    CreateCampaign: (state, { data }) => {
      if (state.stage !== 'unknown')
        return refuse(
          'campaign/already-created',
          'A campaign with this id exists already; choose another campaignId.',
          'campaignId',
        );
      if (data.startsOn && data.endsOn && data.endsOn < data.startsOn)
        return refuse('campaign/ends-before-start', 'endsOn must not be before startsOn.', 'endsOn');
      return [{ type: 'CampaignCreated', data }];
    },
    RecordSpend: (state, { data }) => {
      if (state.stage === 'unknown')
        return refuse('campaign/unknown', 'There is no campaign with this id; create it first.', 'campaignId');
      const known = state.spend.get(spendRecordOf(data));
      if (known === `${data.amount.minor} ${data.amount.currency}`) return []; // the same amount is already recorded
      return [{ type: 'CampaignSpendRecorded', data }];
    },
  },
  evolve: {
    CampaignCreated: () => ({ stage: 'planned', spend: new Map() }),
    CampaignSpendRecorded: (state, { data }) =>
      state.stage === 'unknown'
        ? state
        : {
            ...state,
            spend: new Map(state.spend).set(spendRecordOf(data), `${data.amount.minor} ${data.amount.currency}`),
          },
  },
});
