import { enumeration, field, readModel, roles, type DocumentOf } from '@baton/kernel';
import type { AssetEvent } from '../../write/asset/asset.events';

const statuses = enumeration('AssetStatus', 'Whether touches that name an asset belong to it.', {
  registered: 'They belong to it.',
  removed: 'They do not belong to it any more.',
});

const fields = {
  assetId: field.id('Id of the asset.', { filter: true }),
  content: field.text('Value of `content` in touches of this asset; case is ignored.', {
    ...{ filter: true, anySpelling: true, sort: true },
  }),
  kind: field.text('Kind of content: guide, case study, webinar, form …', { nullable: true, filter: true, sort: true }),
  registeredAt: field.instant('When it was registered.', { filter: true, sort: true }),
  status: field.enum(statuses, 'Whether it is registered.', { column: true }),
} as const;
type AssetDocument = DocumentOf<typeof fields>;

/** One document per piece of content that was ever registered. */
export const assets = readModel<AssetDocument, AssetEvent>({
  name: 'assets',
  version: 3,
  node: 'Asset',
  description: 'A registered piece of content.',
  key: 'assetId',
  fields,
  lists: {
    assets: {
      description: 'Registered content, by name.',
      orderBy: 'contentKey',
      where: { status: { eq: 'registered' } },
    },
  },
  allow: roles,
  questions: [{ where: ['status'], orderBy: 'contentKey' }],
  keys: ({ data }) => [data.assetId],
  initial: { status: 'registered' }, // AssetRegistered is the first event of every asset
  on: {
    AssetRegistered: (doc, { data: { content, kind = null }, occurredAt: registeredAt }) => ({
      ...doc,
      content,
      kind,
      registeredAt,
      status: 'registered',
    }),
    AssetRemoved: (doc) => ({ ...doc, status: 'removed' }),
  },
});
