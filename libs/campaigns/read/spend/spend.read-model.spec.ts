import { recorded } from '@baton/kernel/testing';
import { modelsOf } from '../../../../test/support/read-models';
import type { CampaignEvent } from '../../write/campaign/campaign.events';
import type { SpendEvent } from '../../write/spend/spend.events';
import { recordedSpend, spentOn } from './spend.query';
import { spend } from './spend.read-model';

const on = (campaignId: string, day: string, channel: string, minor: number, currency: string) =>
  recorded<CampaignEvent>({
    type: 'CampaignSpendRecorded',
    data: { campaignId, day, channel, amount: { minor, currency } },
  });
const without = (spendId: string, minor: number) =>
  recorded<SpendEvent>({
    type: 'SpendRecorded',
    data: { spendId, day: '2024-01-01', source: 'google', amount: { minor, currency: 'EUR' } },
  });

describe('spend', () => {
  it('of a campaign is one amount a currency: of each day and channel the newest record, in whatever spelling', async () => {
    const models = await modelsOf(
      [spend],
      [
        on('spring', '2024-01-01', 'Paid Search', 100, 'USD'),
        on('spring', '2024-01-01', 'paid search ', 70, 'EUR'),
        on('spring', '2024-01-02', 'paid search', 5, 'EUR'),
        on('spring', '2024-01-01', 'social', 3, 'USD'),
        on('autumn', '2024-01-01', 'social', 8, 'EUR'),
      ],
    );
    const spent = await spentOn(models, ['spring', 'winter']);
    expect([...spent]).toEqual([
      [
        'spring',
        [
          { minor: 75, currency: 'EUR' },
          { minor: 3, currency: 'USD' },
        ],
      ],
    ]);
  });

  it('without a campaign is the newest record of its id, and never one of a campaign', async () => {
    const first = await modelsOf([spend], [on('spring', '2024-01-01', 'social', 3, 'USD')]);
    const { id } = (await first.find(spend))[0]!;
    const models = await modelsOf(
      [spend],
      [
        on('spring', '2024-01-01', 'social', 3, 'USD'),
        ...[without('line-1', 20), without('line-1', 25)],
        ...[without(id, 1), without(id.slice('campaign:'.length), 2)],
      ],
    );
    const amounts: [string | null, number][] = [];
    for await (const { campaignId, amount } of recordedSpend(models)) amounts.push([campaignId, amount.minor]);
    expect(amounts.sort()).toEqual([
      [null, 1],
      [null, 2],
      [null, 25],
      ['spring', 3],
    ]);
  });
});
