import {
  enumeration,
  enumField,
  idField,
  instantField,
  readModel,
  roles,
  textField,
  wordKey,
  type DocumentOf,
} from '@baton/kernel';
import type { AssetEvent } from '../../write/asset/asset.events';

const statuses = enumeration('AssetStatus', 'Whether touches that name an asset belong to it.', {
  registered: 'They belong to it.',
  removed: 'They do not belong to it any more.',
});

const fields = {
  assetId: idField('Id of the asset.', { filter: true }),
  content: textField('Value of `content` in touches of this asset; case is ignored.', {
    ...{ filter: true, filterBy: 'contentKey', sort: true },
  }),
  contentKey: textField('The same without regard to its spelling.', { column: true, hidden: true }),
  kind: textField('Kind of content: guide, case study, webinar, form …', { nullable: true, filter: true, sort: true }),
  registeredAt: instantField('When it was registered.', { filter: true, sort: true }),
  status: enumField(statuses, 'Whether it is registered.', { column: true }),
} as const;
type AssetDocument = DocumentOf<typeof fields>;

/** One document per piece of content that was ever registered. */
export const assets = readModel<AssetDocument, AssetEvent>({
  name: 'assets',
  version: 2,
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
