import type { StoredEvent } from '@baton/kernel';
import { foldAll, recorded } from '@baton/kernel/testing';
import { modelsOf } from '../../../../test/support/read-models';
import type { OpportunityEvent } from '../../write/opportunity/opportunity.events';
import type { SupportRequestEvent } from '../../write/support-request/support-request.events';
import { deals } from '../deals/deals.read-model';
import { supportRequests } from './support-requests.projection';
import { servedDeals } from './support-requests.query';

const at = (day: string) => ({ occurredAt: `2024-${day}T00:00:00.000Z` });
const deal = (day: string, event: OpportunityEvent): StoredEvent => recorded(event, at(day));
const support = (day: string, event: SupportRequestEvent, actor = 'mia'): StoredEvent =>
  recorded(event, { ...at(day), meta: { actor } });
const asked = (supportId: string, opportunityId: string, takenOn: string): StoredEvent[] => [
  support(
    '01-02',
    { type: 'SupportRequested', data: { supportId, opportunityId, leadId: 'ada', kind: 'asset' } },
    'rita',
  ),
  support(takenOn, { type: 'SupportRequestTaken', data: { supportId, opportunityId, taker: 'mia' } }),
];
const sent = (
  supportId: string,
  opportunityId: string,
  day: string,
  delivered = 'story.pdf',
  actor?: string,
): StoredEvent => support(day, { type: 'SupportDelivered', data: { supportId, opportunityId, delivered } }, actor);
const won = (opportunityId: string, day: string): StoredEvent =>
  deal(day, { type: 'OpportunityWon', data: { opportunityId, leadIds: [] } });

const history = [
  ...['a', 'b', 'c', 'd'].map((opportunityId) =>
    deal('01-01', { type: 'OpportunityOpened', data: { opportunityId, stage: 'open' } }),
  ),
  ...asked('s1', 'a', '01-03'),
  ...asked('s2', 'a', '01-04'),
  ...asked('s3', 'b', '01-05'),
  ...asked('s4', 'c', '01-06'),
  sent('s2', 'a', '01-10'),
  sent('s1', 'a', '01-20'),
  sent('s1', 'a', '01-25', 'better.pdf', 'max'),
  won('a', '01-20'),
  won('b', '01-21'),
  won('d', '02-01'),
  sent('s3', 'b', '01-22'), // after the win
  sent('s4', 'c', '01-22'), // still open
];

describe('support for deals', () => {
  const models = modelsOf([deals, supportRequests], history);

  it('counts the won deals for which it was delivered by the win', async () =>
    expect(await servedDeals(await models)).toEqual({
      won: 3,
      served: 1,
      deals: [{ opportunityId: 'a', wonAt: at('01-20').occurredAt, supportIds: ['s2', 's1'] }],
    }));
  it('is counted for deals won in a period', async () => {
    const of = async (from: string, to: string) => {
      const { won, served } = await servedDeals(await models, {
        from: at(from).occurredAt,
        to: at(to).occurredAt,
      });
      return [won, served];
    };
    expect(await of('01-20', '01-21')).toEqual([1, 1]);
    expect(await of('01-21', '02-02')).toEqual([2, 0]);
    expect(await of('01-01', '01-20')).toEqual([0, 0]);
  });
  it('shows who took it, who first delivered and when, and the last delivery', () => {
    const requests = foldAll(supportRequests, history);
    expect(requests.get('s1')).toMatchObject({
      opportunityId: 'a',
      status: 'delivered',
      open: false,
      requestedBy: 'rita',
      taker: 'mia',
      takenAt: at('01-03').occurredAt,
      delivered: 'better.pdf',
      deliveredAt: at('01-20').occurredAt,
      deliveredBy: 'mia',
    });
    const closed = support('02-02', {
      type: 'SupportRequestClosed',
      data: { supportId: 's9', opportunityId: 'c', outcome: 'withdrawn', reason: 'paused' },
    });
    expect(foldAll(supportRequests, [...asked('s9', 'c', '01-05'), closed]).get('s9')).toMatchObject({
      status: 'withdrawn',
      open: false,
      closedAt: at('02-02').occurredAt,
      reason: 'paused',
      deliveredAt: null,
    });
  });
});
