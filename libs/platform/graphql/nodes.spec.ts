import { keyList } from '../access/keys.read-model';
import type { ReadModels } from '../documents';
import { limits } from './limits';
import { NodeLoader } from './nodes';
import { nodeTypes } from './object-types';

it('loads no more nodes for one request than an answer may have fields', async () => {
  nodeTypes.of(keyList);
  const models = { asOf: () => models, getMany: () => Promise.resolve(new Map()) };
  const loader = new NodeLoader(models as unknown as ReadModels, { now: () => '2024-01-01T00:00:00.000Z' });
  const load = () => loader.load('Key', 'k', {}, { actor: 'ann', roles: ['admin'] } as never);
  const loaded = Array.from({ length: limits.cost.max }, load);
  await expect(load()).rejects.toMatchObject({ code: 'graphql/too-costly' });
  expect(new Set(await Promise.all(loaded))).toEqual(new Set([null]));
});
