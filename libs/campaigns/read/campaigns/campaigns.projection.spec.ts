import { recorded } from '@baton/kernel/testing';
import type { CampaignEvent } from '../../write/campaign/campaign.events';
import { campaignList, spentIn, type CampaignDocument } from './campaigns.projection';

const campaign = (...records: readonly [day: string, channel: string, minor: number, currency: string][]) =>
  ({
    spend: Object.fromEntries(
      records.map(([day, channel, minor, currency]) => [
        `${day} ${channel}`,
        { day, channel, amount: { minor, currency } },
      ]),
    ),
  }) as CampaignDocument;

describe('the spend of a campaign', () => {
  const spend = campaign(
    ['2024-01-01', 'search', 100, 'EUR'],
    ['2024-01-01', 'social', 20, 'EUR'],
    ['2024-01-02', 'search', 3, 'USD'],
    ['2024-01-03', 'search', 4_000, 'EUR'],
  );

  it('has one amount per currency, sorted by code', () =>
    expect(spentIn(spend)).toEqual([
      { minor: 4_120, currency: 'EUR' },
      { minor: 3, currency: 'USD' },
    ]));
  it('includes the first day of the period, and excludes its end', () => {
    expect(spentIn(spend, '2024-01-01', '2024-01-03')).toEqual([
      { minor: 120, currency: 'EUR' },
      { minor: 3, currency: 'USD' },
    ]);
    expect(spentIn(spend, '2024-01-02', '2024-01-02')).toEqual([]);
    expect(spentIn(spend, '2024-01-03')).toEqual([{ minor: 4_000, currency: 'EUR' }]);
  });
  it('is the newest record of a day and channel, ignoring spelling', () => {
    const spent = (channel: string, minor: number) =>
      recorded<CampaignEvent>({
        type: 'CampaignSpendRecorded',
        data: { campaignId: 'spring', day: '2024-01-01', channel, amount: { minor, currency: 'EUR' } },
      });
    const known = [spent('Paid Search', 100), spent('paid search ', 70), spent('social', 5)].reduce(
      (doc, event) => campaignList.fold(doc, event, 'spring'),
      campaignList.initial('spring'),
    );
    expect(spentIn(known)).toEqual([{ minor: 75, currency: 'EUR' }]);
  });
});
