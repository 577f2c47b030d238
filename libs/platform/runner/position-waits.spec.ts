import { Conflict, type Position } from '@baton/kernel';
import { PositionWaits, type FollowerSelection } from './position-waits';
import type { Timers } from './timers';

/** Time that stands still; a pause ends when it is told to, or when what it waits for wakes it. */
class StillTimers implements Timers {
  ms = 0;
  private ends: (() => void)[] = [];
  now = () => this.ms;
  delay = (_ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      this.ends.push(resolve);
      if (signal?.aborted) reject(signal.reason as Error);
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  /** Ends the pauses after some time. */
  pass(ms: number) {
    this.ms += ms;
    for (const end of this.ends.splice(0)) end();
  }
}
const turns = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};
const CALLERS = 384;

describe('those who wait for followers', () => {
  let timers: StillTimers;
  let calls: string[];
  let here: Map<string, Position>;
  let elsewhere: Map<string, Position>;
  let arrivals: PositionWaits;
  const names = Array.from({ length: 25 }, (_, n) => `model-${n}`);
  const all: FollowerSelection = () => names;
  const documents = {
    actives: async () => (calls.push('actives'), new Map<string, string>()),
    checkpoint: async (name: string) => {
      calls.push(name);
      const position = elsewhere.get(name);
      return position === undefined ? undefined : { position, count: 0, digest: '0' };
    },
  };
  beforeEach(() => {
    timers = new StillTimers();
    calls = [];
    here = new Map();
    elsewhere = new Map();
    arrivals = new PositionWaits(documents, (name) => here.get(name), timers);
  });
  /** Many who wait, and how many of them have their answer. */
  const many = (position: Position, timeoutMs = 10_000) => {
    const answers: unknown[] = [];
    for (let n = 0; n < CALLERS; n++)
      void arrivals.waitUntil(position, all, timeoutMs).then(
        () => answers.push('there'),
        (error: unknown) => answers.push(error),
      );
    return answers;
  };
  const stand = (where: Map<string, Position>, position: Position) => {
    for (const name of names) where.set(name, position);
  };

  it('are looked after all at once, and woken when a follower of this process has moved', async () => {
    stand(here, '1');
    const answers = many('2');
    await turns();
    expect([calls, answers]).toEqual([['actives'], []]); // and nobody looks again by itself
    stand(here, '2');
    arrivals.wake();
    await turns();
    expect([calls, answers.length]).toEqual([['actives', 'actives'], CALLERS]);
  });

  it('share the looks for followers of another process; who is there is not looked for again', async () => {
    stand(elsewhere, '2');
    elsewhere.set('model-7', '1');
    const answers = many('2');
    await turns();
    expect(calls).toHaveLength(1 + names.length);
    calls = [];
    timers.pass(50);
    await turns();
    expect([calls, answers]).toEqual([['actives', 'model-7'], []]);
    elsewhere.set('model-7', '2');
    timers.pass(50);
    await turns();
    expect(answers).toHaveLength(CALLERS);
  });

  it('are told after their time, each after its own, without the name of anything', async () => {
    stand(here, '1');
    const [short, long] = [many('2', 100), many('2', 10_000)];
    await turns();
    timers.pass(101);
    await turns();
    expect([short.length, long.length]).toEqual([CALLERS, 0]);
    expect(short[0]).toMatchObject({ name: 'Conflict', code: 'read/too-far-behind', path: 'atLeast' });
    expect((short[0] as Error).message).not.toMatch(/model-/);
    stand(here, '3');
    arrivals.wake();
    await turns();
    expect(new Set(long)).toEqual(new Set(['there']));
  });

  it('are told what the documents say, and the next ones are looked after again', async () => {
    const away = new Conflict('documents/unavailable', 'Later.');
    const actives = jest.spyOn(documents, 'actives').mockRejectedValueOnce(away);
    await expect(arrivals.waitUntil('1', all, 100)).rejects.toBe(away);
    stand(here, '1');
    await expect(arrivals.waitUntil('1', all, 100)).resolves.toBeUndefined();
    actives.mockRestore();
  });
});
