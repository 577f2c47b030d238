import { specFor } from '@baton/kernel/testing';
import { spendDecider } from './spend.decider';

const given = specFor(spendDecider);
const type = 'RecordSpendWithoutCampaign' as const;
const line = {
  spendId: 'inv-1-3',
  day: '2024-03-01',
  channel: 'Trade fair',
  amount: { minor: 120_00, currency: 'EUR' },
};
const recorded = { type: 'SpendRecorded', data: line } as const;

describe('spend without a campaign', () => {
  it('is recorded by its channel, or by source and medium', () => {
    given().when({ type, data: line }).then(recorded);
    const { channel: _, ...rest } = line;
    const data = { ...rest, source: 'google', medium: 'cpc' };
    given().when({ type, data }).then({ type: 'SpendRecorded', data });
  });
  it('is negative where it is a credit note', () => {
    const data = { ...line, amount: { minor: -20_00, currency: 'EUR' } };
    given(recorded).when({ type, data }).then({ type: 'SpendRecorded', data });
  });
  it('is safe to record twice', () => given(recorded).when({ type, data: line }).then());
  it('is refused if it cannot be matched to touches', () => {
    const { channel: _, ...rest } = line;
    given().when({ type, data: rest }).thenRefused('spend/no-channel', 'channel');
    given()
      .when({ type, data: { ...line, channel: ' \u200b' } })
      .thenRefused('command/invalid', 'channel');
  });
});
