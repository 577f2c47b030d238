import { recorded } from '@baton/kernel/testing';
import { modelsOf } from '../../../../test/support/read-models';
import type { AssetEvent } from '../../write/asset/asset.events';
import { assets } from './assets.read-model';
import { registeredContent } from './assets.query';
import { advertisementOf, contentOf } from './content-of.rules';

describe('the field content of a touch', () => {
  const registered = new Set(['pricing guide']);
  it.each([
    [{ content: 'Pricing  Guide', team: 'marketing' }, 'Pricing  Guide', null],
    [{ content: 'pricing guide', team: 'sales' }, 'pricing guide', null],
    [{ content: 'banner-a', team: 'marketing' }, null, 'banner-a'],
    [{ content: 'banner-a', team: 'sales' }, null, null],
    [{ content: ' ', team: 'marketing' }, null, null],
    [{ team: 'marketing' }, null, null],
  ])('%j is content %s, and advertisement %s', (touch, content, ad) =>
    expect([contentOf(touch, registered), advertisementOf(touch, registered)]).toEqual([content, ad]),
  );
  it('is content if it is registered, under its latest name', async () => {
    const register = (assetId: string, content: string) =>
      recorded<AssetEvent>({ type: 'AssetRegistered', data: { assetId, content } });
    const removed = recorded<AssetEvent>({ type: 'AssetRemoved', data: { assetId: 'b', content: 'b' } });
    const models = await modelsOf([assets], [register('a', 'Old'), register('a', 'NEW '), register('b', 'b'), removed]);
    expect([...(await registeredContent(models))]).toEqual(['new']);
  });
});
