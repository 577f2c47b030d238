import { catalogueOf, DecisionContext, projection, type Projection } from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { drops, type Drop } from '../../../test/support/drops';
import { sendTo, tillEvents, ToTill, type TillEvent } from '../../../test/support/till';
import { MemoryDocuments, type ColumnsOf, type PackedColumns } from '../documents';
import { EmbeddedEventLog, SealedJournal } from '../event-log';
import { MemoryKeyStore } from '../keys';
import { columnKeeper } from './column-keeper';
import { followerEvents } from './parked.events';
import { Runner } from './runner';

interface Sum {
  readonly coins: number;
}
const sumsOf = (broken = false): Projection<Sum> =>
  projection<Sum, TillEvent>({
    name: 'sums',
    version: 1,
    keys: ({ stream }) => [stream],
    initial: () => ({ coins: 0 }),
    on: {
      CoinDropped: ({ coins }, { data }) => {
        if (broken && data.coins === 13) throw new Error('unlucky');
        return { coins: coins + data.coins };
      },
    },
  });

class Coins implements PackedColumns<Sum> {
  readonly coins = new Map<string, number>();
  readonly puts: string[] = [];
  constructor(readonly bytes = 100) {}
  put(id: string, { coins }: Sum): void {
    this.coins.set(id, coins);
    this.puts.push(id);
  }
}
const columnsOf = (of: Projection<Sum>, bytes?: number): ColumnsOf<Sum, Coins> => ({
  of,
  empty: () => new Coins(bytes),
});

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const setting = (options: { keptBytes?: number; maxEvents?: number } = {}) => {
  const clock = new FixedClock();
  const log = EmbeddedEventLog.open(':memory:', clock);
  open.push(() => log.close());
  const documents = new MemoryDocuments();
  const journal = new SealedJournal(log, catalogueOf([tillEvents, followerEvents]), new MemoryKeyStore());
  const dispatch = sendTo(journal, new DecisionContext(clock));
  const start = async (of: Projection) => {
    const runner = new Runner({
      ...{ log, documents, clock, journal, dispatch, projections: [of], policies: [], aggregates: [] },
      onFault: (fault) => {
        throw fault;
      },
    });
    open.push(() => runner.stop());
    await runner.start({ tick: false });
    await runner.catchUp();
    return runner;
  };
  let commands = 0;
  const drop = (tillId: string, coins: number) => {
    const meta = { commandId: `drop-${++commands}`, actor: 'tester', origin: 'person' as const };
    return dispatch(new ToTill(tillId, { type: 'DropCoin', data: { tillId, leadId: 'ada', coins, note: '' }, meta }));
  };
  const reading = { readAll: log.readAll.bind(log) };
  const keeper = columnKeeper({ documents, log: reading, journal, ...options });
  /** A read model that has followed one drop, with its columns. */
  const followed = async () => {
    const sums = sumsOf();
    const runner = await start(sums);
    await drop('a', 1);
    await runner.catchUp();
    return { declared: columnsOf(sums), runner };
  };
  return { start, drop, keeper, reading, followed };
};

describe('packed columns of a read model', () => {
  it('follow it: only documents that changed are put again', async () => {
    const { start, drop, keeper } = setting();
    const sums = sumsOf();
    const declared = columnsOf(sums);
    const runner = await start(sums);
    await drop('a', 1);
    await drop('b', 2);
    await runner.catchUp();
    const columns = await keeper(declared);
    expect(Object.fromEntries(columns.coins)).toEqual({ 'till-a': 1, 'till-b': 2 });
    await drop('b', 5);
    await drop('c', 7);
    await runner.catchUp();
    expect(await keeper(declared)).toBe(columns);
    expect(Object.fromEntries(columns.coins)).toEqual({ 'till-a': 1, 'till-b': 7, 'till-c': 7 });
    expect(columns.puts).toEqual(['till-a', 'till-b', 'till-b', 'till-c']);
    await keeper(declared);
    expect(columns.puts).toHaveLength(4);
  });

  it('of a history have the rows of the subjects that changed, without those that were dropped', async () => {
    const { start, drop, keeper } = setting();
    class DropRows implements PackedColumns<Drop> {
      readonly bytes = 100;
      readonly rows = new Map<string, number>();
      put(id: string, { coins }: Drop): void {
        this.rows.set(id, coins);
      }
      retain(subject: string, ids: ReadonlySet<string>): void {
        for (const id of this.rows.keys()) if (id.startsWith(`${subject}/`) && !ids.has(id)) this.rows.delete(id);
      }
    }
    const declared: ColumnsOf<Drop, DropRows> = { of: drops, empty: () => new DropRows() };
    const runner = await start(drops);
    await drop('a', 1);
    await drop('b', 2);
    await runner.catchUp();
    const columns = await keeper(declared);
    expect(Object.fromEntries(columns.rows)).toEqual({ 'ada/1': 1, 'ada/2': 2 });
    await drop('a', 9); // takes the last row back
    await runner.catchUp();
    expect(await keeper(declared)).toBe(columns);
    expect(Object.fromEntries(columns.rows)).toEqual({ 'ada/1': 1 });
    await drop('b', 5);
    await runner.catchUp();
    await keeper(declared);
    expect(Object.fromEntries(columns.rows)).toEqual({ 'ada/1': 9, 'ada/2': 5 }); // drops write the row before anew
  });

  it('take in a parked sequence that is retried', async () => {
    const { start, drop, keeper } = setting();
    const [broken, mended] = [sumsOf(true), sumsOf(false)];
    const declared = columnsOf(mended);
    const runner = await start(broken);
    await drop('a', 13);
    await drop('b', 1);
    await runner.catchUp();
    expect(Object.fromEntries((await keeper(declared)).coins)).toEqual({ 'till-b': 1 });
    await runner.stop();
    const next = await start(mended);
    await next.retryParked('sums-v1', 'till-a', 'tester');
    await next.catchUp();
    expect(Object.fromEntries((await keeper(declared)).coins)).toEqual({ 'till-a': 13, 'till-b': 1 });
  });

  it.each([
    ['many events came', { maxEvents: 1 }],
    ['they take too many bytes', { keptBytes: 50 }],
  ])('are packed anew when %s', async (_, options) => {
    const { followed, drop, keeper } = setting(options);
    const { declared, runner } = await followed();
    const first = await keeper(declared);
    await drop('a', 1);
    await drop('b', 1);
    await runner.catchUp();
    const second = await keeper(declared);
    expect(second).not.toBe(first);
    expect(Object.fromEntries(second.coins)).toEqual({ 'till-a': 2, 'till-b': 1 });
  });

  it('are packed anew from the documents while the log does not answer', async () => {
    const { followed, drop, keeper, reading } = setting();
    const { declared, runner } = await followed();
    await keeper(declared);
    await drop('a', 1);
    await runner.catchUp();
    reading.readAll = () => Promise.reject(new Error('away'));
    expect(Object.fromEntries((await keeper(declared)).coins)).toEqual({ 'till-a': 2 });
  });

  it('are packed anew when the read model was rebuilt', async () => {
    const { followed, keeper } = setting();
    const { declared, runner } = await followed();
    const before = await keeper(declared);
    await runner.rebuild('sums');
    const columns = await keeper(declared);
    expect(columns).not.toBe(before);
    expect(Object.fromEntries(columns.coins)).toEqual({ 'till-a': 1 });
  });

  it('are read once for questions that come at the same time', async () => {
    const { followed, keeper } = setting();
    const { declared } = await followed();
    const [one, two] = await Promise.all([keeper(declared), keeper(declared)]);
    expect(one).toBe(two);
    expect(one.puts).toEqual(['till-a']);
  });
});
