import { START, type EventToAppend } from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { EmbeddedEventLog } from './event-log';
import { positionsOf, SharedReading, SharedReadings } from './snapshots';

const event = (type: string, n: number): EventToAppend => ({
  id: `00000000-0000-5000-8000-${String(n).padStart(12, '0')}`,
  type,
  data: {},
  meta: { occurredAt: '2024-01-01T00:00:00.000Z', actor: 'tester', origin: 'person', mode: 'live', schema: 1 } as never,
});

describe('a subscription that goes on', () => {
  it('finds what it is about, however much else stands between', async () => {
    const log = EmbeddedEventLog.open(':memory:', new FixedClock());
    const others = Array.from({ length: 20_001 }, (_, n) => event('Other', n));
    for (let from = 0; from < others.length; from += 2_000)
      await log.append('others', others.slice(from, from + 2_000), 'any');
    const { position } = await log.append('wanted', [event('Wanted', 30_000)], 'none');
    const leaving = new AbortController();
    const positions = positionsOf(log, { after: START, types: ['Wanted'], signal: leaving.signal });
    expect(await positions.next()).toEqual({ done: false, value: position });
    leaving.abort();
    await positions.return(undefined);
    await log.close();
  });
});

describe('a reading that is shared', () => {
  it('is made once for a position, and anew for a later one', async () => {
    let reads = 0;
    const reading = new SharedReading(async () => ++reads);
    expect(await Promise.all(['1', '1', '2', '1', '2'].map((position) => reading.at(position)))).toEqual([
      1, 1, 2, 2, 2,
    ]);
    expect(await reading.at('3')).toBe(3);
  });

  it('that failed is made again', async () => {
    const read = jest.fn().mockRejectedValueOnce(new Error('away')).mockResolvedValue('there');
    const reading = new SharedReading<string>(read);
    await expect(reading.at('1')).rejects.toThrow('away');
    expect(await reading.at('1')).toBe('there');
  });
});

describe('states that several watch', () => {
  it('are read once for those who ask the same, and sent again when they have changed', async () => {
    const log = EmbeddedEventLog.open(':memory:', new FixedClock());
    await log.append('wanted', [event('Wanted', 1)], 'none');
    const readings = new SharedReadings();
    const leaving = new AbortController();
    const reads: string[] = [];
    let value = 1;
    const watch = (question: string) =>
      readings.snapshots(
        question,
        log,
        { waitFor: () => Promise.resolve() },
        { types: ['Wanted'], signal: leaving.signal },
        async () => {
          reads.push(question);
          return { value };
        },
      );
    const [one, two, other] = [watch('a'), watch('a'), watch('b')];
    const first = await Promise.all([one.next(), two.next(), other.next()]);
    const position = await log.tip();
    expect(first.map((answer) => answer.value)).toEqual(Array(3).fill({ value: 1, position }));
    expect(reads).toEqual(['a', 'b']);
    value = 2;
    const next = [one.next(), two.next()];
    const { position: later } = await log.append('wanted', [event('Wanted', 2)], 'any');
    expect((await Promise.all(next)).map((answer) => answer.value)).toEqual(
      Array(2).fill({ value: 2, position: later }),
    );
    expect(reads).toEqual(['a', 'b', 'a']);
    leaving.abort();
    await Promise.all([one, two, other].map((all) => all.return(undefined)));
    await log.close();
  });
});
