import { specFor } from '@baton/kernel/testing';
import { supportRequestDecider } from './support-request.decider';
import type { SupportRequestEvent } from './support-request.events';

const given = specFor(supportRequestDecider);
const ids = { supportId: 's1', opportunityId: 'd1' };
const facts = { ...ids, leadId: 'ada', kind: 'asset' as const, need: 'A case study from banking.' };
const requested: SupportRequestEvent = { type: 'SupportRequested', data: facts };
const taken: SupportRequestEvent = { type: 'SupportRequestTaken', data: { ...ids, taker: 'mia' } };
const delivered: SupportRequestEvent = { type: 'SupportDelivered', data: { ...ids, delivered: 'bank-story.pdf' } };
const served: SupportRequestEvent = { type: 'SupportRequestClosed', data: { ...ids, outcome: 'served' } };

describe('requesting support', () => {
  const request = { type: 'RequestSupport' as const, data: facts };
  it('names the deal and the need', () => given().when(request).then(requested));
  it('is refused under an id that is taken', () =>
    given(requested).when(request).thenRefused('support/already-requested', 'supportId'));
  it('refuses kinds and days that there are not', () => {
    given()
      .when({ ...request, data: { ...facts, kind: 'money' as never } })
      .thenRefused('command/invalid', 'kind');
    given()
      .when({ ...request, data: { ...facts, neededBy: '2024-02-30' } })
      .thenRefused('command/invalid', 'neededBy');
  });
});

describe('taking a request', () => {
  const take = (data: object = {}) => ({ type: 'TakeSupportRequest' as const, data: { supportId: 's1', ...data } });
  it('is done by whoever says so', () =>
    given(requested)
      .when(take())
      .then({ type: 'SupportRequestTaken', data: { ...ids, taker: 'tester' } }));
  it('may name another', () =>
    given(requested)
      .when(take({ taker: 'mia' }))
      .then(taken));
  it('is safe to send twice', () =>
    given(requested, taken)
      .when(take({ taker: 'mia' }))
      .then());
  it('is refused to a second person', () =>
    given(requested, taken)
      .when(take({ taker: 'max' }))
      .thenRefused('support/already-taken', 'supportId'));
  it('is refused before the request and after the delivery and the close', () => {
    given().when(take()).thenRefused('support/unknown');
    given(requested, taken, delivered)
      .when(take({ taker: 'mia' }))
      .thenRefused('support/already-delivered');
    given(requested, taken, delivered, served)
      .when(take({ taker: 'mia' }))
      .thenRefused('support/closed');
  });
});

describe('delivering support', () => {
  const deliver = (what = 'bank-story.pdf') => ({
    type: 'DeliverSupport' as const,
    data: { supportId: 's1', delivered: what },
  });
  it('names what was delivered', () => given(requested, taken).when(deliver()).then(delivered));
  it('is safe to send twice', () => given(requested, taken, delivered).when(deliver()).then());
  it('may be improved', () =>
    given(requested, taken, delivered)
      .when(deliver('bank-story-2.pdf'))
      .then({ type: 'SupportDelivered', data: { ...ids, delivered: 'bank-story-2.pdf' } }));
  it('needs somebody who has taken it', () =>
    given(requested).when(deliver()).thenRefused('support/not-taken', 'supportId'));
  it('is refused before the request and after the close', () => {
    given().when(deliver()).thenRefused('support/unknown');
    given(requested, taken, delivered, served).when(deliver('x')).thenRefused('support/closed');
  });
});

describe('closing a request', () => {
  const close = (data: object = {}) => ({ type: 'CloseSupportRequest' as const, data: { supportId: 's1', ...data } });
  it('settles what was delivered', () => given(requested, taken, delivered).when(close()).then(served));
  it('withdraws what was not', () => {
    const withdrawn = {
      type: 'SupportRequestClosed',
      data: { ...ids, outcome: 'withdrawn', reason: 'deal paused' },
    } as const;
    given(requested)
      .when(close({ reason: 'deal paused' }))
      .then(withdrawn);
    given(requested, taken)
      .when(close({ reason: 'deal paused' }))
      .then(withdrawn);
  });
  it('is safe to send twice', () => given(requested, taken, delivered, served).when(close()).then());
  it('is refused before the request', () => given().when(close()).thenRefused('support/unknown', 'supportId'));
});
