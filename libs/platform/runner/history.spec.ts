import { catalogueOf, events, integer, projection, ref, type EventOf } from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { EmbeddedEventLog, SealedJournal } from '../event-log';
import { MemoryKeyStore } from '../keys';
import { StreamStarts } from './stream-starts';
import { historyOf } from './history';

const tillEvents = events({
  CoinDropped: { version: 1, sentence: 'Coins were dropped', tillId: ref('till'), coins: integer() },
});
const sums = projection<{ readonly coins: number }, EventOf<typeof tillEvents>>({
  name: 'sums',
  version: 1,
  columns: { coins: 'integer' },
  keys: ({ stream }) => [stream],
  initial: () => ({ coins: 0 }),
  on: { CoinDropped: ({ coins }, { data }) => ({ coins: coins + data.coins }) },
});

/** A log of coin events and its as-of read models; `folds` counts how often the log was folded. */
const world = (keptBytes?: number) => {
  const clock = new FixedClock('2024-03-01T00:00:00.000Z');
  const log = EmbeddedEventLog.open(':memory:', clock);
  const journal = new SealedJournal(log, catalogueOf([tillEvents]), new MemoryKeyStore());
  let [dropped, folded] = [0, 0];
  const drop = async (occurredAt = '2024-01-01T00:00:00.000Z') => {
    const meta = { occurredAt, actor: 'tester', origin: 'person', mode: 'live' } as never;
    const id = `00000000-0000-5000-8000-${String(dropped).padStart(12, '0')}`;
    const data = { tillId: 'a', coins: 1 };
    const fact = { id, type: 'CoinDropped', data, meta };
    return (await journal.append('till-a', [fact], dropped++ === 0 ? 'none' : dropped - 2)).position;
  };
  const asOf = historyOf(log, journal, clock, {
    aroundFold: (_kind, _name, work) => (folded++, work(() => undefined)),
    keptBytes,
  });
  const coins = async (cut: Parameters<typeof asOf>[0]) => (await asOf(cut).get(sums, 'till-a'))?.coins;
  const position = async (cut: Parameters<typeof asOf>[0]) => (await asOf(cut).progress([sums])).position;
  return { clock, log, drop, coins, position, folds: () => folded };
};

describe('cuts of the log', () => {
  it.each([
    [{ happenedBy: '2024-02-01T00:00:00.000Z' }],
    [{ knownBy: '2024-01-31T00:00:00.000Z' }],
    [{ knownBy: '2030-01-01T00:00:00.000Z' }],
    [{ knownAt: '0000000000000001' }],
  ])('are folded once as long as the log does not grow: %j', async (cut) => {
    const { drop, coins, folds } = world();
    await drop();
    const first = await coins(cut);
    expect(await coins(cut)).toBe(first);
    expect(folds()).toBe(1);
  });

  it('say up to where they know the log', async () => {
    const { clock, drop, position } = world();
    await drop();
    clock.instant = '2024-03-02T00:00:00.000Z';
    await drop();
    await drop();
    clock.instant = '2024-03-03T00:00:00.000Z';
    expect(await position({ knownAt: '0000000000000002' })).toBe('0000000000000002');
    expect(await position({ knownBy: '2024-03-01T12:00:00.000Z' })).toBe('0000000000000001');
    expect(await position({ knownBy: '2024-02-01T00:00:00.000Z' })).toBe('');
    expect(await position({ happenedBy: '2024-01-01T00:00:00.000Z' })).toBe('0000000000000003');
  });

  it('leave out a stream that had not begun, even if a later event of it is dated earlier', async () => {
    const { drop, coins } = world();
    await drop('2024-02-10T00:00:00.000Z');
    await drop('2024-01-05T00:00:00.000Z');
    expect(await coins({ happenedBy: '2024-01-31T00:00:00.000Z' })).toBeUndefined();
    expect(await coins({ happenedBy: '2024-02-10T00:00:00.000Z' })).toBe(2);
  });

  it('by a position always have the instant at which its last event was recorded', async () => {
    const { drop, log, clock } = world();
    const streamStarts = new StreamStarts(log);
    expect(await streamStarts.recordedAt('0000000000000001')).toBeUndefined();
    for (const at of ['2024-03-01T00:00:00.000Z', '2024-03-02T00:00:00.000Z', '2024-03-03T00:00:00.000Z']) {
      clock.instant = at;
      await drop();
    }
    const recordedAt = (position: number) => streamStarts.recordedAt(String(position).padStart(16, '0'));
    expect(await Promise.all([recordedAt(1), recordedAt(2), recordedAt(3), recordedAt(9)])).toEqual([
      ...['2024-03-01T00:00:00.000Z', '2024-03-02T00:00:00.000Z', '2024-03-03T00:00:00.000Z'],
      '2024-03-03T00:00:00.000Z',
    ]);
    clock.instant = '2024-04-01T00:00:00.000Z';
    await drop();
    expect(await recordedAt(2)).toBe('2024-03-02T00:00:00.000Z');
  });

  it('that do not end at a position or an instant of the past grow with the log', async () => {
    const { drop, coins } = world();
    const cut = { happenedBy: '2024-02-01T00:00:00.000Z' };
    await drop();
    expect(await coins(cut)).toBe(1);
    await drop();
    expect(await coins(cut)).toBe(2);
  });

  it('beyond the end of the log include events that are appended later', async () => {
    const { drop, coins } = world();
    await drop();
    expect(await coins({ knownAt: '0000000000000005' })).toBe(1);
    for (let n = 0; n < 6; n++) await drop();
    expect(await coins({ knownAt: '0000000000000005' })).toBe(5);
  });

  it('by a recent knownBy include events that another machine records later', async () => {
    const { drop, coins, clock } = world();
    const knownBy = clock.now();
    await drop();
    clock.instant = '2024-03-01T00:00:10.000Z';
    expect(await coins({ knownBy })).toBe(1);
    clock.instant = knownBy;
    await drop();
    clock.instant = '2024-03-01T00:00:10.000Z';
    expect(await coins({ knownBy })).toBe(2);
  });

  it('are refused if the position is not one of this log', async () => {
    const { drop, coins } = world();
    await drop();
    await expect(coins({ knownAt: '17' })).rejects.toMatchObject({ code: 'log/not-a-position' });
  });

  it('are cached up to a number of bytes', async () => {
    const { drop, coins, folds } = world(2_000);
    for (let n = 0; n < 3; n++) await drop();
    for (const knownAt of ['0000000000000001', '0000000000000002', '0000000000000001'])
      expect(await coins({ knownAt })).toBe(Number(knownAt));
    expect(folds()).toBe(3);
  });
});
