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

  it('let the first piece of a turn begin at once, and the next in another turn, however soon it is asked for', async () => {
    const turns = new CallerTurns(1);
    const seen: string[] = [];
    const work = (name: string) => turns.next('ann').then(() => void seen.push(name));
    const turnsSeen = async (count: number): Promise<readonly string[]> => {
      for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
      return seen.splice(0);
    };
    const first = work('first').then(() => work('second'));
    await Promise.resolve().then(() => undefined);
    expect(seen.splice(0)).toEqual(['first']);
    expect(await turnsSeen(1)).toEqual([]); // the turn of the first one ends
    expect(await turnsSeen(1)).toEqual(['second']);
    await first;
    const third = work('third'); // the second one began in this turn
    await Promise.resolve().then(() => undefined);
    expect(seen).toEqual([]);
    expect(await turnsSeen(1)).toEqual(['third']);
    await third;
    await turnsSeen(1); // nothing waits, and nothing has begun
    const fourth = work('fourth');
    await Promise.resolve().then(() => undefined);
    expect(seen).toEqual(['fourth']);
    await fourth;
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
