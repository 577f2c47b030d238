import { CallerTurns } from './caller-turns';

describe('turns', () => {
  it('let one piece of work begin in each turn of the event loop', async () => {
    const turns = new CallerTurns(1);
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

  it('let as many begin together as they are told, of all callers', async () => {
    const turns = new CallerTurns(4);
    const seen: string[][] = [[]];
    const wait = (caller: string) => turns.next(caller).then(() => seen.at(-1)!.push(caller));
    const all = Promise.all(['ann', 'ann', 'ann', 'ann', 'ann', 'bob'].map(wait));
    while (seen.flat().length < 6) {
      await new Promise(setImmediate);
      seen.push([]);
    }
    await all;
    expect(seen.filter(({ length }) => length > 0)).toEqual([
      ['ann', 'bob', 'ann', 'ann'],
      ['ann', 'ann'],
    ]);
  });

  it('change between callers, each in its own order', async () => {
    const turns = new CallerTurns(1);
    const order: string[] = [];
    const work = (caller: string, n: number) => turns.next(caller).then(() => order.push(`${caller} ${n}`));
    await Promise.all([work('ann', 1), work('ann', 2), work('ann', 3), work('bob', 1), work('bob', 2)]);
    expect(order).toEqual(['ann 1', 'bob 1', 'ann 2', 'bob 2', 'ann 3']);
    await work('cem', 1);
    expect(order.at(-1)).toBe('cem 1');
  });
});
