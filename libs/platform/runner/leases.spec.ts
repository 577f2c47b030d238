import { hostname } from 'node:os';
import type { Documents } from '@baton/kernel';
import { MemoryDocuments } from '../documents';
import { Leases } from './leases';
import { ManualTimers } from '../../../test/support/manual-timers';

describe('leases', () => {
  let timers: ManualTimers;
  let documents: Documents;
  let calls: string[];
  const processes: Leases[] = [];
  const awake: (() => void)[] = [];
  beforeEach(() => {
    timers = new ManualTimers();
    documents = new MemoryDocuments();
    calls = [];
  });
  afterEach(async () => {
    awake.splice(0).forEach((wake) => wake());
    for (const one of processes.splice(0)) await one.releaseAll();
  });

  /** A process; while it is `asleep` its calls to the store are not answered. */
  const started = async (wanted = ['a', 'b']) => {
    const state = { asleep: false, changes: 0, faults: 0 };
    const woken: (() => void)[] = [];
    const store = new Proxy(documents, {
      get:
        (target, name: keyof Documents) =>
        async (...args: unknown[]) => {
          calls.push(name);
          if (state.asleep) await new Promise<void>((resolve) => woken.push(resolve));
          return (target[name] as (...given: unknown[]) => unknown).apply(target, args);
        },
    });
    const leases = new Leases(store, timers, () => void state.faults++);
    await leases.keep(
      wanted,
      () => void state.changes++,
      async () => undefined,
    );
    processes.push(leases);
    const wake = () => {
      state.asleep = false;
      for (const resume of woken.splice(0)) resume();
    };
    awake.push(wake);
    return { leases, state, wake, has: () => wanted.filter((lease) => leases.has(lease)) };
  };

  it('are kept while the process runs, and released when it stops', async () => {
    const [one, two] = [await started(), await started()];
    await timers.pass(60_000);
    expect([one.has(), two.has()]).toEqual([['a', 'b'], []]);
    await one.leases.releaseAll();
    await timers.pass(4_000);
    expect([one.has(), two.has()]).toEqual([[], ['a', 'b']]);
  });

  it('of a process that hangs go to another after a whole term, and it has dropped them before', async () => {
    const [one, two] = [await started(), await started()];
    await timers.pass(20_000);
    const fence = one.leases.fenceFor('a');
    one.state.asleep = true;
    let stoppedMs: number | undefined;
    let takenMs: number | undefined;
    const sinceMs = timers.now();
    while (takenMs === undefined) {
      await timers.pass(100);
      if (one.has().length === 0) stoppedMs ??= timers.now() - sinceMs;
      if (two.has().length > 0) takenMs = timers.now() - sinceMs;
      expect(one.has().length > 0 && two.has().length > 0).toBe(false);
    }
    expect(stoppedMs).toBeLessThanOrEqual(5_000);
    expect(takenMs).toBeGreaterThan(6_000);
    expect(takenMs).toBeLessThan(20_000);
    await expect((async () => fence())()).rejects.toThrow('lost the lease');
    expect(one.state.changes).toBe(2); // taken, then lost

    one.wake();
    await timers.pass(60_000);
    expect([one.has(), two.has()]).toEqual([[], ['a', 'b']]); // the first process does not get them back
    await expect((async () => fence())()).rejects.toThrow('lost the lease');
    await two.leases.releaseAll();
    await timers.pass(4_000);
    expect(one.has()).toEqual(['a', 'b']); // under a new name
    await expect((async () => fence())()).rejects.toThrow('lost the lease');
  });

  it('are kept by a process whose event loop was held up for longer than its term', async () => {
    const one = await started();
    await timers.hold(9_000);
    expect(one.has()).toEqual(['a', 'b']);
    expect(one.state.changes).toBe(1);
  });

  it('are renewed before a commit where that is due, because no timer runs between two long ones', async () => {
    const [one, two] = [await started(), await started()];
    const fence = one.leases.fenceFor('a');
    for (let commit = 0; commit < 5; commit++) {
      calls.length = 0;
      expect(await fence()).toMatchObject({ lease: 'a' });
      await fence();
      expect(calls).toEqual(commit === 0 ? [] : ['renewLeases']);
      timers.elapse(8_000);
    }
    expect(two.has()).toEqual([]);
    await documents.endHeartbeat((await documents.leases()).get('a')!.holder);
    await expect((async () => fence())()).rejects.toThrow('lost the lease');
  });

  it('are taken again by a process that could not renew for a while, if nobody has ended its heartbeat', async () => {
    const one = await started();
    const before = await documents.leases();
    one.state.asleep = true;
    await timers.pass(9_000);
    expect(one.has()).toEqual([]);
    one.wake();
    await timers.pass(8_000);
    expect(one.has()).toEqual(['a', 'b']);
    expect((await documents.leases()).get('a')!.holder).toBe(before.get('a')!.holder);
  });

  it('are lost by a process whose heartbeat was ended, at its next renewal', async () => {
    const [one, two] = [await started(), await started()];
    const { holder } = (await documents.leases()).get('a')!;
    await documents.endHeartbeat(holder);
    await timers.pass(7_000);
    expect([one.has(), two.has()].sort()).toEqual([[], ['a', 'b']]);
    const [kept] = one.has().length > 0 ? [one, two] : [two, one];
    for (const { holder: now } of (await documents.leases()).values()) expect(now).not.toBe(holder);
    expect((await documents.leases()).size).toBe(2);
    await timers.pass(30_000);
    expect(kept.has()).toEqual(['a', 'b']);
  });

  it('last from when the renewal was sent, not from its answer', async () => {
    const one = await started();
    await timers.pass(20_000);
    one.state.asleep = true;
    calls.length = 0;
    while (!calls.includes('renewLeases')) await timers.pass(100);
    await timers.pass(4_000);
    one.wake();
    await timers.pass(100);
    expect(one.has()).toEqual(['a', 'b']);
    one.state.asleep = true;
    await timers.pass(1_000);
    expect(one.has()).toEqual([]);
    one.wake();
  });

  it('are not taken from a process that still renews, even if its calls are slow', async () => {
    const [one, two] = [await started(), await started()];
    for (let round = 0; round < 20; round++) {
      one.state.asleep = true;
      await timers.pass(4_000);
      one.wake();
      await timers.pass(3_500);
      expect(two.has()).toEqual([]);
    }
  });

  it('of a process of this machine that was killed are free at once', async () => {
    const dead = `${hostname()}:999999999:x`;
    await documents.renewLeases(dead, true);
    await documents.lease('a', dead);
    const one = await started();
    expect(one.has()).toEqual(['a', 'b']);
    expect(await one.leases.take('rebuild-a')).toMatchObject({ lease: 'rebuild-a' });
    expect([...(await documents.leases()).keys()].sort()).toEqual(['a', 'b', 'rebuild-a']);
  });

  it('cost an idle process, and one that waits for them, at most one call a second', async () => {
    const many = Array.from({ length: 40 }, (_, index) => `lease-${index}`);
    await started(many);
    calls.length = 0;
    await timers.pass(60_000);
    expect(calls.length).toBeGreaterThan(10);
    expect(calls.length).toBeLessThanOrEqual(60);
    await started(many);
    calls.length = 0;
    await timers.pass(60_000);
    expect(calls.length).toBeLessThanOrEqual(120);
  });
});
