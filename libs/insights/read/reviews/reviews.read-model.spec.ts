import type { Instant } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { modelsOf } from '../../../../test/support/read-models';
import type { ReviewEvent } from '../../write/review/review.events';
import { reviewActions } from './reviews.read-model';

const agreed = (reviewId: string, timeZone: string) =>
  recorded<ReviewEvent>({
    type: 'ReviewActionAgreed',
    data: { reviewId, number: 1, what: 'Call.', owner: 'rita', dueOn: '2024-01-12', timeZone },
  });

describe('an action of a review', () => {
  it.each([
    ['Pacific/Auckland', '2024-01-12T11:00:00.000Z'],
    ['UTC', '2024-01-13T00:00:00.000Z'],
    ['America/New_York', '2024-01-13T05:00:00.000Z'],
  ])('is overdue from the end of its due day in the time zone of the review: %s', async (timeZone, overdueFrom) => {
    const models = await modelsOf([reviewActions], [agreed('r1', timeZone)]);
    const doc = (await models.get(reviewActions, 'r1 1'))!;
    const before = new Date(Date.parse(overdueFrom) - 1).toISOString();
    const list = reviewActions.shown.lists['overdueReviewActions']!;
    const overdueAt = async (at: Instant) => {
      const where = typeof list.where === 'function' ? await list.where(at, {}, models) : (list.where ?? {});
      return [reviewActions.shown.computed!['overdue']!.value(doc, at), await models.count(reviewActions, where)];
    };
    expect([await overdueAt(before), await overdueAt(overdueFrom)]).toEqual([
      [false, 0],
      [true, 1],
    ]);
  });
});
