import { specFor } from '@baton/kernel/testing';
import { campaignDecider } from './campaign.decider';

const given = specFor(campaignDecider);
const plan = { campaignId: 'spring', name: 'Spring webinar' };
const created = { type: 'CampaignCreated', data: plan } as const;
const spend = {
  campaignId: 'spring',
  day: '2024-03-01',
  channel: 'webinar',
  amount: { minor: 120_00, currency: 'EUR' },
};

describe('a campaign', () => {
  it('is planned once', () => given().when({ type: 'CreateCampaign', data: plan }).then(created));
  it('is not planned twice', () =>
    given(created).when({ type: 'CreateCampaign', data: plan }).thenRefused('campaign/already-created'));
  it('does not end before it starts', () =>
    given()
      .when({ type: 'CreateCampaign', data: { ...plan, startsOn: '2024-02-02', endsOn: '2024-02-01' } })
      .thenRefused('campaign/ends-before-start', 'endsOn'));

  it('records spend', () =>
    given(created).when({ type: 'RecordSpend', data: spend }).then({ type: 'CampaignSpendRecorded', data: spend }));
  it('records no spend before it exists', () =>
    given().when({ type: 'RecordSpend', data: spend }).thenRefused('campaign/unknown'));
  it('writes no event for a repeated record', () =>
    given(created, { type: 'CampaignSpendRecorded', data: spend }).when({ type: 'RecordSpend', data: spend }).then());
  it('ignores the spelling of a channel', () =>
    given(created, { type: 'CampaignSpendRecorded', data: spend })
      .when({ type: 'RecordSpend', data: { ...spend, channel: ' Webinar' } })
      .then());
  it('records a day of credit notes, and another source of the same day', () => {
    const credited = { ...spend, amount: { minor: -20_00, currency: 'EUR' } };
    given(created)
      .when({ type: 'RecordSpend', data: credited })
      .then({ type: 'CampaignSpendRecorded', data: credited });
    const other = { ...spend, source: 'partner' };
    given(created, { type: 'CampaignSpendRecorded', data: spend })
      .when({ type: 'RecordSpend', data: other })
      .then({ type: 'CampaignSpendRecorded', data: other });
  });
  it('refuses an unknown currency with the path of the fault', () =>
    given(created)
      .when({ type: 'RecordSpend', data: { ...spend, amount: { minor: 1, currency: 'EURO' } } })
      .thenRefused('command/invalid', 'amount.currency'));
});
