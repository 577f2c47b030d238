import { eventually } from '@baton/kernel/testing';
import { stopTime } from '../../test/support/stopped-time';
import { CALLS_AT_ONCE, Link } from './link';

const DEADLINES = { callMs: 4_000, totalMs: 5_000 };

describe('a link', () => {
  beforeEach(() => stopTime());
  afterEach(() => jest.useRealTimers());

  class Outage extends Error {}
  const linkTo = () =>
    new Link({
      isOutage: (error) => error instanceof Outage,
      unavailable: () => new Error('unavailable'),
      probe: () => Promise.resolve(),
    });

  it('has at most 64 calls under way', async () => {
    const link = linkTo();
    let [underWay, most] = [0, 0];
    let end: () => void = () => undefined;
    const answer = new Promise<void>((resolve) => (end = resolve));
    const call = async () => {
      most = Math.max(most, ++underWay);
      await answer;
      underWay--;
    };
    const calls = Array.from({ length: 400 }, () => link.callWithRetries(call, DEADLINES));
    end();
    await Promise.all(calls);
    expect(most).toBe(64);
  });

  it('starts the deadlines of a call when it is sent, not when it begins to wait', async () => {
    const link = linkTo();
    let end: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (end = resolve));
    const ahead = Array.from({ length: CALLS_AT_ONCE }, () => link.callWithRetries(() => first, DEADLINES));
    const given: number[] = [];
    const waiting = link.callWithRetries(async (ms) => {
      given.push(ms);
      if (given.length === 1) throw new Outage();
      return 'answered';
    }, DEADLINES);
    jest.advanceTimersByTime(60_000);
    expect(given).toEqual([]);
    end();
    await Promise.all(ahead);
    await eventually(() => given.length === 1);
    expect(given).toEqual([DEADLINES.callMs]);
    // The outage ends with the next probe, with time left to send the call again.
    await eventually(() => (jest.advanceTimersByTime(10), given.length === 2));
    expect(await waiting).toBe('answered');
  });
});
