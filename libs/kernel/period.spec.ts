import { FIRST_DAY, LAST_DAY, LAST_INSTANT } from '.';
import { periodOfDays } from './period';

describe('a period of days', () => {
  it('begins with the first day in its zone and ends with the last day', () => {
    expect(periodOfDays({ from: '2024-01-01', to: '2024-03-31', timeZone: 'Europe/Berlin' })).toEqual({
      ...{ from: '2023-12-31T23:00:00.000Z', to: '2024-03-31T22:00:00.000Z' },
      timeZone: 'Europe/Berlin',
    });
    expect(periodOfDays({ from: '2024-02-29', to: '2024-02-29', timeZone: 'UTC' })).toMatchObject({
      ...{ from: '2024-02-29T00:00:00.000Z', to: '2024-03-01T00:00:00.000Z' },
    });
  });
  it('has days of 25 hours and skipped midnights where clocks change', () => {
    expect(periodOfDays({ from: '2024-10-27', to: '2024-10-27', timeZone: 'Europe/Berlin' })).toMatchObject({
      ...{ from: '2024-10-26T22:00:00.000Z', to: '2024-10-27T23:00:00.000Z' },
    });
    expect(periodOfDays({ from: '2018-11-04', to: '2018-11-04', timeZone: 'America/Sao_Paulo' })).toMatchObject({
      ...{ from: '2018-11-04T03:00:00.000Z', to: '2018-11-05T02:00:00.000Z' },
    });
  });
  it('can be the whole range of days', () =>
    expect(periodOfDays({ from: FIRST_DAY, to: LAST_DAY, timeZone: 'UTC' }).to).toBe(LAST_INSTANT));
  it.each([
    [{ to: '2023-12-31' }, 'time/empty-period', 'to'],
    [{ from: '2011-12-30', to: '2011-12-30', timeZone: 'Pacific/Apia' }, 'time/empty-period', 'to'], // a skipped day
    [{ from: '2024-02-30' }, 'time/not-a-day', 'from'],
    [{ to: '2024-02-01T00:00:00Z' }, 'time/not-a-day', 'to'],
    [{ to: '2201-01-01' }, 'time/out-of-range', 'to'],
    [{ timeZone: 'Mars/X' }, 'time/unknown-zone', 'timeZone'],
  ])('is refused for %j', (change, code, path) =>
    expect(() => periodOfDays({ from: '2024-01-01', to: '2024-01-31', timeZone: 'UTC', ...change })).toThrow(
      expect.objectContaining({ code, path }),
    ),
  );
});
