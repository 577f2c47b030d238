import { CallerTurns } from './caller-turns';

describe('turns', () => {
  it('let one piece of work begin in each turn of the event loop', async () => {
    const turns = new CallerTurns();
    let begun = 0;
    const all = Promise.all(Array.from({ length: 5 }, () => turns.next('ann').then(() => begun++)));
    const seen: number[] = [];
    while (begun < 5) {
      await new Promise(setImmediate);
      seen.push(begun);
    }
    await all;
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  it('change between callers, each in its own order', async () => {
    const turns = new CallerTurns();
    const order: string[] = [];
    const work = (caller: string, n: number) => turns.next(caller).then(() => order.push(`${caller} ${n}`));
    await Promise.all([work('ann', 1), work('ann', 2), work('ann', 3), work('bob', 1), work('bob', 2)]);
    expect(order).toEqual(['ann 1', 'bob 1', 'ann 2', 'bob 2', 'ann 3']);
    await work('cem', 1);
    expect(order.at(-1)).toBe('cem 1');
  });
});
