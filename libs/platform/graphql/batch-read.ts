import DataLoader from 'dataloader';
import type { AsOf, ReadModels } from '../documents';
import { cutOf } from './object-types';

/**
 * Reads what a resolver adds to nodes: the keys that the nodes of one level ask for, at one cut, are read with one call.
 */
export class BatchRead<K, V> {
  private readonly loaders = new WeakMap<object, DataLoader<K, V>>();

  /** @param read the values of some different keys, by key, or why there is none; `absent` stands for the others */
  constructor(
    private readonly models: ReadModels,
    private readonly read: (
      models: ReadModels,
      keys: readonly K[],
      cut: AsOf | undefined,
    ) => Promise<ReadonlyMap<K, V | Error>>,
    private readonly absent: V,
  ) {}

  /** @param node whose field asks; it is read at the same cut */
  load(node: object, key: K): Promise<V> {
    const cut = cutOf(node);
    const known = this.loaders.get(cut ?? this) ?? this.loaderAt(cut);
    this.loaders.set(cut ?? this, known);
    return known.load(key);
  }

  private loaderAt(cut: AsOf | undefined): DataLoader<K, V> {
    const models = this.models.asOf(cut);
    return new DataLoader<K, V>(
      async (keys) => {
        const found = await this.read(models, [...new Set(keys)], cut);
        return keys.map((key) => found.get(key) ?? this.absent);
      },
      { cache: false }, // it lives as long as the server: what was read is not kept
    );
  }
}
