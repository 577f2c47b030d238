import type { EventLog, Journal, Page } from '@baton/kernel';
import { ManualTimers, turns } from '../../../test/support/manual-timers';
import type { Follower } from './fold';
import { FollowerGroup, type Audience } from './group';

const at = (position: number) => String(position).padStart(10, '0');

/** A log to which the test adds pages, a follower that changes something with each, and what was saved of it. */
const groupOf = (audience: () => Audience) => {
  const pages: Page[] = [];
  let added = new AbortController();
  async function* follow(_after: string, _filter: object, { signal }: { readonly signal: AbortSignal }) {
    for (let next = 0; ; next++) {
      while (next === pages.length) {
        if (signal.aborted) return;
        await new Promise((resolve) => AbortSignal.any([signal, added.signal]).addEventListener('abort', resolve));
      }
      yield pages[next]!;
    }
  }
  const timers = new ManualTimers();
  const saved: string[] = [];
  let handled = at(0);
  const flush = async () => void (saved.at(-1) !== handled && saved.push(handled));
  const follower: Follower = {
    ...{ name: 'model-v1', types: undefined, flush, saveChanges: flush },
    position: at(0),
    handled: at(0),
    take: async ({ position }) => void (handled = position),
  };
  const log = { follow } as unknown as EventLog;
  const fault = (error: unknown) => {
    throw error;
  };
  const open = async () => [follower];
  const aroundPage = (_: string, __: number, take: () => Promise<void>) => take();
  const group = new FollowerGroup(log, {} as Journal, open, () => 0, fault, aroundPage, timers, audience);
  const add = async (position: number, atTip = true) => {
    pages.push({ events: [{ stream: 'lead-1' } as Page['events'][number]], position: at(position), atTip });
    added.abort();
    added = new AbortController();
    await turns();
  };
  return { group, timers, saved, add };
};

describe('what followers change', () => {
  it('is saved at once, then once for all changes of the next tenth of a second', async () => {
    const { group, timers, saved, add } = groupOf(() => 'reading');
    group.start();
    await add(1);
    expect(saved).toEqual([at(1)]);
    for (const position of [2, 3, 4]) await add(position);
    expect(saved).toEqual([at(1)]);
    timers.elapse(100);
    await add(5);
    expect(saved).toEqual([at(1), at(5)]);
    await add(6);
    await timers.pass(100); // nothing follows
    expect(saved).toEqual([at(1), at(5), at(6)]);
    await group.stop();
  });

  it('is saved as soon as somebody waits for it', async () => {
    let audience: Audience = 'reading';
    const { group, saved, add } = groupOf(() => audience);
    group.start();
    for (const position of [1, 2, 3]) await add(position);
    expect(saved).toEqual([at(1)]);
    audience = 'waiting';
    group.wake();
    await turns();
    expect(saved).toEqual([at(1), at(3)]);
    for (const position of [4, 5]) await add(position);
    expect(saved).toEqual([at(1), at(3), at(4), at(5)]);
    await group.stop();
  });

  it.each([
    { audience: 'none', atTip: true },
    { audience: 'waiting', atTip: false },
  ] as const)('is saved every three seconds for $audience, at the end of the log: $atTip', async (one) => {
    const { group, timers, saved, add } = groupOf(() => one.audience);
    group.start();
    await add(1, one.atTip);
    for (let position = 2; position <= 62; position++) {
      timers.elapse(50);
      await add(position, one.atTip);
    }
    expect(saved).toEqual([at(1), at(61)]);
    await group.stop();
    expect(saved.at(-1)).toBe(at(62));
  });

  it('is saved when it stops', async () => {
    const { group, saved, add } = groupOf(() => 'reading');
    group.start();
    await add(1);
    await add(2);
    await group.stop();
    expect(saved).toEqual([at(1), at(2)]);
  });
});
