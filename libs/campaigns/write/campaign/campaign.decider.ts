import { decider, keyOf, refuse, type Day } from '@baton/kernel';
import { campaignCommands, campaignEvents, type CampaignCommand, type CampaignEvent } from './campaign.events';

type Campaign =
  { readonly stage: 'unknown' } | { readonly stage: 'planned'; readonly spend: ReadonlyMap<string, string> };

/** A day and a channel, in whatever spelling. */
const recordOf = ({ day, channel }: { readonly day: Day; readonly channel: string }) => `${day} ${keyOf(channel)}`;

export const campaign = decider<Campaign, CampaignCommand, CampaignEvent>({
  commands: campaignCommands,
  events: campaignEvents,
  initialState: () => ({ stage: 'unknown' }),
  decide: {
    CreateCampaign: (state, { data }) => {
      if (state.stage !== 'unknown') return refuse('campaign/already-created', 'Choose another id.', 'campaignId');
      if (data.startsOn && data.endsOn && data.endsOn < data.startsOn)
        return refuse('campaign/ends-before-start', 'The last day lies before the first.', 'endsOn');
      return [{ type: 'CampaignCreated', data }];
    },
    RecordSpend: (state, { data }) => {
      if (state.stage === 'unknown') return refuse('campaign/unknown', 'Create the campaign first.', 'campaignId');
      if (data.amount.minor < 0) return refuse('campaign/negative-spend', 'Record what was spent, not less.', 'amount');
      const known = state.spend.get(recordOf(data));
      if (known === `${data.amount.minor} ${data.amount.currency}`) return []; // the same figure again says nothing new
      return [{ type: 'CampaignSpendRecorded', data }];
    },
  },
  evolve: {
    CampaignCreated: () => ({ stage: 'planned', spend: new Map() }),
    CampaignSpendRecorded: (state, { data }) =>
      state.stage === 'unknown'
        ? state
        : { ...state, spend: new Map(state.spend).set(recordOf(data), `${data.amount.minor} ${data.amount.currency}`) },
  },
});
