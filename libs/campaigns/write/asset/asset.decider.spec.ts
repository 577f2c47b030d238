import { specFor } from '@baton/kernel/testing';
import { assetDecider } from './asset.decider';

const given = specFor(assetDecider);
const guide = { assetId: 'guide', content: 'Pricing guide', kind: 'guide' };
const registered = { type: 'AssetRegistered', data: guide } as const;
const removed = { type: 'AssetRemoved', data: { assetId: 'guide', content: 'Pricing guide' } } as const;
const register = { type: 'RegisterAsset', data: guide } as const;
const remove = { type: 'RemoveAsset', data: { assetId: 'guide' } } as const;

describe('a piece of content', () => {
  it('is registered', () => given().when(register).then(registered));
  it('is safe to register twice', () => given(registered).when(register).then());
  it('is registered again if something is different, or if it was removed', () => {
    const other = { ...guide, content: 'pricing-guide-2' };
    given(registered)
      .when({ ...register, data: other })
      .then({ ...registered, data: other });
    given(registered, removed).when(register).then(registered);
  });
  it('is removed, once', () => {
    given(registered).when(remove).then(removed);
    given(registered, removed).when(remove).then();
  });
  it('is not removed before it is registered', () => given().when(remove).thenRefused('asset/unknown', 'assetId'));
});
