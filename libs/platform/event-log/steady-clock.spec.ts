import { fromMs, toMs } from '@baton/kernel';
import { anEvent, FixedClock } from '@baton/kernel/testing';
import { EmbeddedEventLog } from './embedded-event-log';
import { SteadyClock } from './steady-clock';

const HOUR = 3_600_000;
const T0 = '2024-05-01T00:00:00.000Z';

describe('a log whose clock jumps', () => {
  const clock = new FixedClock(T0);
  let steadyMs = 0;
  const set = (ms: number) => void (clock.instant = fromMs(toMs(T0) + ms));
  const append = (log: EmbeddedEventLog) => log.append('a-1', [anEvent()], 'any').catch((error: unknown) => error);

  it('refuses writes while it is more than an hour ahead, and accepts them when it is correct again', async () => {
    const log = EmbeddedEventLog.open(':memory:', new SteadyClock(clock, () => steadyMs));
    const times = async () => (await log.read('a-1')).map(({ recordedAt }) => toMs(recordedAt) - toMs(T0));
    await append(log);
    set(HOUR);
    await append(log);
    expect(await log.appendRefusal()).toBeUndefined();
    set(3 * HOUR);
    expect(await append(log)).toMatchObject({ name: 'Conflict', code: 'log/clock-jumped' });
    expect(await log.appendRefusal()).toBe('log/clock-jumped');
    set(30 * 24 * HOUR);
    expect(await append(log)).toMatchObject({ code: 'log/clock-jumped' });
    set(HOUR + 1);
    expect(await log.appendRefusal()).toBeUndefined();
    await append(log);
    expect(await times()).toEqual([0, HOUR, HOUR + 1]);
    steadyMs += 5 * HOUR; // time that has passed on the timer is no jump
    set(6 * HOUR);
    await append(log);
    set(0); // set back: recordedAt stays
    await append(log);
    expect(await times()).toEqual([0, HOUR, HOUR + 1, 6 * HOUR, 6 * HOUR]);
    await log.close();
  });

  it('reports that it refuses writes while its disk is full', async () => {
    const log = EmbeddedEventLog.open(':memory:', clock);
    const { database } = log as unknown as { database: { exec: (sql: string) => void } };
    await append(log);
    database.exec('PRAGMA max_page_count = 1'); // SQLite answers as on a full disk
    const large = anEvent({ text: 'x'.repeat(200_000) });
    await expect(log.append('a-1', [large], 'any')).rejects.toMatchObject({ code: 'log/unavailable' });
    expect(await log.appendRefusal()).toBe('log/unavailable');
    expect(await log.read('a-1')).toHaveLength(1);
    database.exec('PRAGMA max_page_count = 1000000');
    expect(await log.appendRefusal()).toBeUndefined();
    await append(log);
    await log.close();
  });
});
