import { wordKey, projection, type Instant } from '@baton/kernel';
import type { AssetEvent } from '../../write/asset/asset.events';

interface AssetDocument {
  readonly assetId: string;
  /** How touches name it. */
  readonly content: string;
  /** The same without regard to its spelling. */
  readonly contentKey: string;
  readonly kind: string | null;
  readonly registeredAt: Instant;
  /** `removed`: touches that name it are not about content any more. */
  readonly status: 'registered' | 'removed';
}

/** One document per piece of content that was ever registered. */
export const assets = projection<AssetDocument, AssetEvent>({
  name: 'assets',
  version: 1,
  columns: { status: 'text', contentKey: 'text' },
  keys: ({ data }) => [data.assetId],
  initial: (assetId) => ({
    assetId,
    content: '',
    contentKey: '',
    kind: null,
    registeredAt: '',
    status: 'registered', // AssetRegistered is the first event of every asset
  }),
  on: {
    AssetRegistered: (doc, { data: { content, kind }, occurredAt }) => ({
      ...doc,
      content,
      contentKey: wordKey(content),
      kind: kind ?? null,
      registeredAt: occurredAt,
      status: 'registered',
    }),
    AssetRemoved: (doc) => ({ ...doc, status: 'removed' }),
  },
});
