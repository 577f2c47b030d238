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
  it('is refused under a used id', () =>
    given(requested).when(request).thenRefused('support/already-requested', 'supportId'));
  it('refuses unknown kinds and days', () => {
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
  it('is done by the sender', () =>
    given(requested)
      .when(take())
      .then({ type: 'SupportRequestTaken', data: { ...ids, taker: 'tester' } }));
  it('may name another person', () =>
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
  it('may be replaced by an improved one', () =>
    given(requested, taken, delivered)
      .when(deliver('bank-story-2.pdf'))
      .then({ type: 'SupportDelivered', data: { ...ids, delivered: 'bank-story-2.pdf' } }));
  it('needs a person who has taken it', () =>
    given(requested).when(deliver()).thenRefused('support/not-taken', 'supportId'));
  it('is refused before the request and after the close', () => {
    given().when(deliver()).thenRefused('support/unknown');
    given(requested, taken, delivered, served).when(deliver('x')).thenRefused('support/closed');
  });
});

describe('closing a request', () => {
  const close = (data: object = {}) => ({ type: 'CloseSupportRequest' as const, data: { supportId: 's1', ...data } });
  it('marks it served after a delivery', () => given(requested, taken, delivered).when(close()).then(served));
  it('marks it withdrawn without one', () => {
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
