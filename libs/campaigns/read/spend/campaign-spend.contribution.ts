import { field } from '@baton/kernel';
import { contribute } from '@baton/platform/contribution';
import { campaigns } from '../campaigns/campaigns.read-model';
import { spentOn } from './spend.query';

/** What a campaign cost, summed when it is asked for. */
export const campaignSpend = contribute(campaigns, {
  fields: { spend: field.money('Spend so far, one amount per currency.', { list: true }) },
  some: async (models, found) => {
    const spent = await spentOn(models, [...found.keys()]);
    return new Map([...spent].map(([campaignId, spend]) => [campaignId, { spend }]));
  },
});
