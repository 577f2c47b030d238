import { catalogueOf, UnknownType, type RawEvent } from '@baton/kernel';
import { anEvent } from '@baton/kernel/testing';
import { tillEvents } from '../../../test/support/till';
import { SealedJournal } from '../event-log';
import { MemoryKeyStore } from '../keys';
import { FollowedStreams } from './followed-streams';

const at = (position: number) => String(position).padStart(4, '0');
/** A log whose events have the given positions; `reads` are the streams that were read from it. */
const setting = (keptBytes?: number) => {
  const all: RawEvent[] = [];
  const reads: string[] = [];
  const log = {
    read: async (stream: string) => {
      reads.push(stream);
      return all.filter((event) => event.stream === stream);
    },
  };
  const journal = new SealedJournal(log as never, catalogueOf([tillEvents]), new MemoryKeyStore());
  const add = (stream: string, position: number, data: object = { tillId: 't', leadId: 'l', coins: position }) => {
    const revision = all.filter((event) => event.stream === stream).length;
    const event = { ...anEvent(data, 'CoinDropped'), stream, revision, position: at(position), recordedAt: '' };
    all.push(event);
    return event;
  };
  const streams = new FollowedStreams(log, journal, keptBytes);
  const take = (position: number, ...events: RawEvent[]) => streams.take({ events, position: at(position) });
  const seen = async (stream: string, upTo: number) =>
    (await streams.get(stream)).upTo(at(upTo)).map((event) => Number(event.stored.position));
  return { add, take, seen, streams, reads };
};

describe('followed streams', () => {
  it('that begin in a followed page are not read from the log, and end at the requested position', async () => {
    const { add, take, seen, reads } = setting();
    take(4, add('a', 1), add('b', 2), add('a', 3), add('a', 4));
    expect(await seen('a', 1)).toEqual([1]);
    expect(await seen('a', 3)).toEqual([1, 3]);
    take(6, add('a', 5), add('b', 6));
    expect(await seen('a', 6)).toEqual([1, 3, 4, 5]);
    expect(await seen('b', 5)).toEqual([2]);
    expect(reads).toEqual([]);
  });

  it('that began before are read once, and extended by the pages', async () => {
    const { add, take, seen, reads } = setting();
    for (const position of [1, 2]) add('a', position);
    const ahead = add('a', 5);
    expect(await seen('none', 3)).toEqual([]);
    expect(await seen('a', 3)).toEqual([1, 2]); // the read went further than the page
    take(5, ahead);
    take(5, ahead);
    take(7, add('a', 6), add('none', 7));
    expect(await seen('a', 7)).toEqual([1, 2, 5, 6]);
    expect(await seen('none', 7)).toEqual([7]);
    expect(reads).toEqual(['none', 'a']);
  });

  it('are read again after they were evicted', async () => {
    const { add, take, seen, reads } = setting(6_000);
    for (let n = 1; n <= 40; n++) take(n, add(`s${n}`, n));
    expect(await seen('s40', 40)).toEqual([40]);
    expect(reads).toEqual([]);
    take(41, add('s1', 41));
    expect(await seen('s1', 41)).toEqual([1, 41]);
    expect(reads).toEqual(['s1']);
  });

  it('are evicted as they grow, others before them', async () => {
    const { add, take, seen, reads } = setting(18_000); // nine events, or eight of one stream
    take(2, add('long', 1), add('other', 2));
    for (let n = 3; n <= 9; n++) take(n, add('long', n));
    expect(await seen('long', 9)).toHaveLength(8);
    expect(reads).toEqual([]);
    expect(await seen('other', 9)).toEqual([2]);
    expect(reads).toEqual(['other']);
  });

  it('are not cached from a read during which a page came', async () => {
    const { add, take, seen, reads } = setting();
    add('a', 1);
    const reading = seen('a', 1);
    take(2, add('a', 2));
    expect(await reading).toEqual([1]);
    expect(await seen('a', 2)).toEqual([1, 2]);
    expect(reads).toEqual(['a', 'a']);
  });

  it('give the events of some types, unless one up to there cannot be read', async () => {
    const { add, take, streams } = setting();
    const echo = (position: number) => ({ ...add('a', position, { tillId: 't', half: 1 }), type: 'CoinEchoed' });
    take(4, add('a', 1), echo(2), add('a', 3), echo(4));
    const followed = await streams.get('a');
    const found = (types: readonly string[], upTo: number) =>
      followed.ofTypes(types, at(upTo))?.map(({ type, position }) => [type, Number(position)]);
    expect(found(['CoinEchoed'], 4)).toEqual([
      ['CoinEchoed', 2],
      ['CoinEchoed', 4],
    ]);
    expect(found(['CoinEchoed', 'CoinDropped'], 3)).toEqual([
      ['CoinDropped', 1],
      ['CoinEchoed', 2],
      ['CoinDropped', 3],
    ]);
    expect(found(['CoinLost'], 4)).toEqual([]);
    take(6, add('a', 5, { odd: true }), echo(6));
    expect(found(['CoinEchoed'], 6)).toBeUndefined();
    expect(found(['CoinEchoed'], 3)).toEqual([['CoinEchoed', 2]]);
  });

  it('report an unreadable event only when it is decoded', async () => {
    const { add, take, streams } = setting();
    take(2, add('a', 1), add('a', 2, { odd: true }));
    const [first, second] = (await streams.get('a')).upTo(at(2));
    expect(first!.decoded()).toMatchObject({ data: { coins: 1 } });
    expect(first!.decoded()).toBe(first!.decoded());
    expect(() => second!.decoded()).toThrow(UnknownType);
  });
});
