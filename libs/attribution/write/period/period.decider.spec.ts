import { specFor } from '@baton/kernel/testing';
import { periodDecider } from './period.decider';
import type { PeriodEvent } from './period.events';

const given = specFor(periodDecider);
const facts: PeriodEvent['data'] = {
  periodId: '2024-Q1',
  from: '2024-01-01',
  to: '2024-03-31',
  timeZone: 'Europe/Berlin',
  startsAt: '2023-12-31T23:00:00.000Z',
  endsAt: '2024-03-31T22:00:00.000Z',
  model: 'linear',
  by: 'channel',
  lookback: 'P90D',
  attribution: 'attribution@0',
  channelRules: 'channel-rules@0',
  position: '000042',
  currencies: ['EUR'],
  rows: [{ key: 'email', conversions: 1, revenue: [{ minor: 5, currency: 'EUR' }] }],
  unattributed: { conversions: 0, revenue: [] },
  total: { conversions: 1, revenue: [{ minor: 5, currency: 'EUR' }] },
  hash: 'a'.repeat(64),
};
const freeze = { type: 'FreezePeriod' as const, data: facts };
const frozen: PeriodEvent = { type: 'PeriodFrozen', data: facts };

describe('freezing a period', () => {
  it('records its figures', () => given().when(freeze).then(frozen));
  it('is safe to send twice', () => given(frozen).when(freeze).then());
  it('is refused under an id with other figures', () =>
    given(frozen)
      .when({ ...freeze, data: { ...facts, hash: 'b'.repeat(64) } })
      .thenRefused('period/already-frozen', 'periodId'));
  it('is refused for an invalid day', () =>
    given()
      .when({ ...freeze, data: { ...facts, to: '2024-02-30' } })
      .thenRefused('command/invalid', 'to'));
});
