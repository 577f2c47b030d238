import { projection } from '@baton/kernel';
import { MemoryDocuments, ReadModels } from '.';

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
