import { touchFactOf } from './lead.model';
import { TouchLog } from './touch-log.model';

const touch = (id: string) => touchFactOf(id, '2024-01-02T00:00:00.000Z', { action: 'page-view' });

describe('the touches of a lead', () => {
  it('are found by id, in each log only its own, even if a longer log shares the history', () => {
    const one = TouchLog.empty().with(touch('a'));
    const two = one.with(touch('b')).with(touch('a'));
    expect([two.has('a'), two.has('b'), two.has('c')]).toEqual([true, true, false]);
    expect([one.has('a'), one.has('b'), TouchLog.empty().has('a')]).toEqual([true, false, false]);
    const three = two.with(touch('c'));
    expect([three.has('c'), two.has('c'), three.without((id) => id === 'a').has('a')]).toEqual([true, false, false]);
  });
});
