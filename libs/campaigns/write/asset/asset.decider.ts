import { decider, refuse } from '@baton/kernel';
import { assetCommands, assetEvents, type AssetCommand, type AssetEvent } from './asset.events';

type Asset =
  | { readonly stage: 'unknown' }
  | { readonly stage: 'removed' }
  | { readonly stage: 'registered'; readonly content: string; readonly kind: string | undefined };

export const assetDecider = decider<Asset, AssetCommand, AssetEvent>({
  commands: assetCommands,
  events: assetEvents,
  initialState: () => ({ stage: 'unknown' }),
  decide: {
    RegisterAsset: (state, { data }) =>
      state.stage === 'registered' && state.content === data.content && state.kind === data.kind
        ? []
        : [{ type: 'AssetRegistered', data }],
    RemoveAsset: (state, { data: { assetId } }) => {
      if (state.stage === 'unknown')
        return refuse('asset/unknown', 'There is no asset with this id; register it first.', 'assetId');
      return state.stage === 'removed' ? [] : [{ type: 'AssetRemoved', data: { assetId, content: state.content } }];
    },
  },
  evolve: {
    AssetRegistered: (_, { data: { content, kind } }) => ({ stage: 'registered', content, kind }),
    AssetRemoved: () => ({ stage: 'removed' }),
  },
});
