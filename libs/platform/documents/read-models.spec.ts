import { projection } from '@baton/kernel';
import { collectionOf, MemoryDocuments, ReadModels, type ColumnsOf, type PackedColumns } from '.';

const coins = projection({ name: 'coins', version: 1, keys: () => ['all'], initial: () => ({}), on: {} });

describe('the read models', () => {
  it('refuse one that nobody folds: it would answer that there is nothing', async () => {
    const models = new ReadModels(new MemoryDocuments(), undefined, new Set(['tills']));
    await expect(models.get(coins, 'all')).rejects.toThrow('The read model coins is not registered');
  });
  it('answer from one that is registered', async () => {
    const models = new ReadModels(new MemoryDocuments(), undefined, new Set(['coins']));
    expect(await models.get(coins, 'all')).toBeUndefined();
  });
});

interface Coin {
  readonly worth: number;
}
const worths = projection<Coin, never>({
  ...{ name: 'worths', version: 1, columns: { worth: 'integer' } },
  ...{ keys: () => [], initial: () => ({ worth: 0 }), on: {} },
});

describe('a read model that is rebuilt while it is read', () => {
  /** Its generation is replaced and dropped when the store has answered so many times. */
  const rebuiltAfter = async (answers: number) => {
    const documents = new MemoryDocuments();
    const write = async (generation: string) => {
      const rows = Array.from({ length: 2500 }, (_, n) => ({ id: `c${10_000 + n}`, doc: { worth: 1 }, position: '1' }));
      await documents.commit({
        writes: { collection: collectionOf(worths, generation), documents: rows },
        ...{ follower: generation, checkpoint: { position: '1', count: 1, digest: 'd' } },
        fence: { lease: 'worths', token: 1 },
      });
      await documents.activate('worths', generation);
    };
    await write('worths-v1');
    let left = answers;
    const find = documents.find.bind(documents);
    documents.find = async (...asked) => {
      if (left-- !== 0) return find(...asked);
      await write('worths-v1-2');
      await documents.drop('worths-v1');
      return find(...asked);
    };
    const [count, aggregate] = [documents.count.bind(documents), documents.aggregate.bind(documents)];
    documents.count = async (...asked) => (await documents.find(asked[0], { limit: 0 }), count(...asked));
    documents.aggregate = async (...asked) => (await documents.find(asked[0], { limit: 0 }), aggregate(...asked));
    return new ReadModels(documents);
  };
  class Worths implements PackedColumns<Coin> {
    readonly bytes = 1;
    sum = 0;
    put(_: string, { worth }: Coin): void {
      this.sum += worth;
    }
  }
  const columns: ColumnsOf<Coin, Worths> = { of: worths, empty: () => new Worths() };

  it.each([0, 1, 2])('is packed as a whole, also when it is replaced at page %s', async (page) => {
    expect((await (await rebuiltAfter(page)).columns(columns)).sum).toBe(2500);
  });
  it('is not read in part: who walks it is told', async () => {
    const models = await rebuiltAfter(1);
    const walk = async () => {
      let read = 0;
      for await (const found of models.pages(worths)) read += found.length;
      return read;
    };
    await expect(walk()).rejects.toMatchObject({ code: 'read/rebuilt' });
    expect(await walk()).toBe(2500);
  });
  it('is not empty', async () => {
    expect(await (await rebuiltAfter(0)).find(worths, { limit: 10 })).toHaveLength(10);
    expect(await (await rebuiltAfter(0)).count(worths)).toBe(2500);
    const [all] = await (await rebuiltAfter(0)).aggregate(worths, { by: [], measures: { sum: { sum: 'worth' } } });
    expect(all!.values['sum']).toBe(2500);
  });
});
