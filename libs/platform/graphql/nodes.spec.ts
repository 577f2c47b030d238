import { field, type Contribution } from '@baton/kernel';
import { keyList } from '../access/keys.read-model';
import type { AsOf, ReadModels } from '../documents';
import { limits } from './limits';
import { NodeLoader } from './nodes';
import { nodeOf, nodeTypes } from './object-types';

const clock = { now: () => '2024-01-01T00:00:00.000Z' };

it('loads no more nodes for one request than an answer may have fields', async () => {
  nodeTypes.of(keyList);
  const models = { asOf: () => models, getMany: () => Promise.resolve(new Map()) };
  const loader = new NodeLoader(models as unknown as ReadModels, clock);
  const load = () => loader.load('Key', 'k', {}, { actor: 'ann', roles: ['admin'] } as never);
  const loaded = Array.from({ length: limits.cost.max }, load);
  await expect(load()).rejects.toMatchObject({ code: 'graphql/too-costly' });
  expect(new Set(await Promise.all(loaded))).toEqual(new Set([null]));
});

describe('what contexts contribute to nodes', () => {
  const asked: unknown[] = [];
  const contribution = {
    ...{ to: keyList, fields: { rank: field.number('A rank.') } },
    some: async (models: string, documents: ReadonlyMap<string, { readonly size: number }>, at: string) => {
      asked.push([models, [...documents.keys()], at]);
      const known = [...documents].filter(([id]) => id !== 'none');
      return new Map(known.map(([id, { size }]) => [id, id === 'bad' ? new Error('no rank') : { rank: size }]));
    },
  } as unknown as Contribution;

  it('is loaded with one call for all nodes of a level, as of the cut of each', async () => {
    const models = { asOf: (cut?: object) => (cut ? 'past' : 'present') };
    const loader = new NodeLoader(models as unknown as ReadModels, clock);
    const cut = { happenedBy: '2023-05-01T00:00:00.000Z' };
    const ask = (id: string, at?: AsOf) =>
      loader.contributed(contribution, nodeOf(keyList, id, { keyId: id, size: id.length } as never, clock.now(), at));
    const found = await Promise.all([ask('a'), ask('bb'), ask('a'), ask('none'), ask('a', cut)]);
    expect(found).toEqual([{ rank: 1 }, { rank: 2 }, { rank: 1 }, undefined, { rank: 1 }]);
    await expect(ask('bad')).rejects.toThrow('no rank');
    expect(asked).toEqual([
      ['present', ['a', 'bb', 'none'], clock.now()],
      ['past', ['a'], cut.happenedBy],
      ['present', ['bad'], clock.now()],
    ]);
  });

  it('must be declared before the lists are made, each name once', () => {
    nodeTypes.contribute([contribution]);
    nodeTypes.contribute([contribution]);
    expect(() => nodeTypes.contribute([{ ...contribution }])).toThrow('Two fields of Key are called rank');
    expect(nodeTypes.contributionsTo(keyList)).toEqual([contribution]);
    const late = { ...contribution, fields: { other: field.number('Another.') } };
    expect(() => nodeTypes.contribute([late])).toThrow('The lists of Key are made already');
  });
});
