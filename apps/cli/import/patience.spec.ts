import { Conflict, Refused } from '@baton/kernel';
import type { Timers } from '@baton/platform/timers';
import { OutageRetry } from './patience';

const away = () => new Conflict('log/unavailable', 'EventStoreDB does not answer; try again later.');

/** Time that passes only while the code waits. */
class WaitingTimers implements Timers {
  private ms = 0;
  now = () => this.ms;
  delay = (ms: number) => Promise.resolve(void (this.ms += ms));
}

describe('the retries of an import', () => {
  const messages: string[] = [];
  beforeEach(() => void messages.splice(0));
  const report = (sentence: string) => void messages.push(sentence);
  /** A call that fails this many times. */
  const after = (failures: number, error: () => Error = away) => {
    let made = 0;
    return async () => {
      if (made++ < failures) throw error();
      return `answer ${made}`;
    };
  };

  it('continue after an outage, and report it once for all calls, with its end', async () => {
    const patience = new OutageRetry(15, report, new WaitingTimers());
    expect(await Promise.all([after(4), after(3), after(0)].map((call) => patience.through(call)))).toEqual([
      'answer 5',
      'answer 4',
      'answer 1',
    ]);
    expect(messages).toEqual([
      'log/unavailable: EventStoreDB does not answer; try again later. The import waits up to 15 minutes and then continues by itself.',
      expect.stringMatching(/^The import continues after an outage of \d s\.$/),
    ]);
    await patience.through(after(1));
    expect(messages).toHaveLength(4); // another outage
  });

  it('end when the outage exceeds the limit, counted from its beginning', async () => {
    const timers = new WaitingTimers();
    const patience = new OutageRetry(1, report, timers);
    await patience.through(after(59));
    expect(timers.now()).toBe(59_000);
    await expect(patience.through(after(Infinity))).rejects.toMatchObject({
      code: 'import/outage',
      message: expect.stringContaining('after a minute of waiting: log/unavailable') as string,
    });
    expect(timers.now()).toBe(59_000 + 60_000);
  });

  it('do not wait if the limit is 0', async () => {
    await expect(new OutageRetry(0, report).through(after(1))).rejects.toMatchObject({ code: 'import/outage' });
    expect(messages).toEqual([]);
  });

  it.each(['documents/unavailable', 'keys/unavailable', 'log/clock-jumped', 'log/busy-stream'])(
    'cover %s too',
    async (code) => {
      const patience = new OutageRetry(1, report, new WaitingTimers());
      expect(await patience.through(after(1, () => new Conflict(code, 'Later.')))).toBe('answer 2');
    },
  );

  it.each([
    new Refused('lead/unknown', 'Capture it.'),
    new Conflict('read/too-far-behind', 'No.'),
    new Error('broken'),
  ])('do not cover permanent errors: %s', (error) =>
    expect(new OutageRetry(1, report).through(after(1, () => error))).rejects.toBe(error),
  );
});
