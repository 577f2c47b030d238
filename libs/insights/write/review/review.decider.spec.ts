import { specFor } from '@baton/kernel/testing';
import { reviewDecider } from './review.decider';
import type { ReviewEvent } from './review.events';

const given = specFor(reviewDecider);
const facts = {
  reviewId: 'r1',
  kind: 'weekly-pipeline' as const,
  from: '2024-01-01',
  to: '2024-01-07',
  timeZone: 'Europe/Berlin',
  startsAt: '2023-12-31T23:00:00.000Z',
  endsAt: '2024-01-07T23:00:00.000Z',
  notes: 'Deal d1 slips.',
  figures: { pipeline: { open: { deals: 3 } } },
  position: '000042',
  definitions: ['mql@3'],
  hash: 'a'.repeat(64),
};
const hold = { type: 'HoldReview' as const, data: facts };
const held: ReviewEvent = { type: 'ReviewHeld', data: facts };
const { timeZone } = facts;
const action = { reviewId: 'r1', what: 'Call d1.', owner: 'rita', dueOn: '2024-01-12' };
const agreed: ReviewEvent = { type: 'ReviewActionAgreed', data: { ...action, number: 1, timeZone } };
const done: ReviewEvent = { type: 'ReviewActionCompleted', data: { reviewId: 'r1', number: 1, outcome: 'Called.' } };

describe('holding a review', () => {
  it('keeps the figures that were shown', () => given().when(hold).then(held));
  it('is safe to send twice', () => given(held).when(hold).then());
  it('is refused under an id with another review', () =>
    given(held)
      .when({ ...hold, data: { ...facts, hash: 'b'.repeat(64) } })
      .thenRefused('review/already-held', 'reviewId'));
  it('is refused for an invalid day', () =>
    given()
      .when({ ...hold, data: { ...facts, to: '2024-01-07T00:00:00Z' } })
      .thenRefused('command/invalid', 'to'));
});

describe('agreeing on an action', () => {
  const agree = { type: 'AgreeReviewAction' as const, data: action };
  it('numbers it', () => given(held).when(agree).then(agreed));
  it('numbers the next one', () =>
    given(held, agreed)
      .when({ ...agree, data: { ...action, owner: 'mia' } })
      .then({ type: 'ReviewActionAgreed', data: { ...action, owner: 'mia', number: 2, timeZone } }));
  it('is safe to send twice', () => given(held, agreed).when(agree).then());
  it('needs a review, an owner and a valid day', () => {
    given().when(agree).thenRefused('review/unknown', 'reviewId');
    given(held)
      .when({ ...agree, data: { ...action, owner: '' } })
      .thenRefused('command/invalid', 'owner');
    given(held)
      .when({ ...agree, data: { ...action, dueOn: '2024-02-30' } })
      .thenRefused('command/invalid', 'dueOn');
  });
  it('is limited in number', () => {
    const many = Array.from({ length: 200 }, (_, n): ReviewEvent => ({
      type: 'ReviewActionAgreed',
      data: { ...action, what: `${n}`, number: n + 1, timeZone },
    }));
    given(held, ...many)
      .when(agree)
      .thenRefused('review/too-many-actions', 'what');
  });
});

describe('completing an action', () => {
  const complete = { type: 'CompleteReviewAction' as const, data: { reviewId: 'r1', number: 1, outcome: 'Called.' } };
  it('records the outcome', () => given(held, agreed).when(complete).then(done));
  it('is safe to send twice', () => given(held, agreed, done).when(complete).then());
  it('is refused for an unknown action', () => {
    given(held).when(complete).thenRefused('review/unknown-action', 'number');
    given(held, agreed)
      .when({ ...complete, data: { reviewId: 'r1', number: 2 } })
      .thenRefused('review/unknown-action');
    given(held, agreed)
      .when({ ...complete, data: { reviewId: 'r1', number: 0 } })
      .thenRefused('command/invalid');
    given().when(complete).thenRefused('review/unknown', 'reviewId');
  });
});
