import { commands, events, optional, ref, text, To, type CommandOf, type EventOf } from '@baton/kernel';

const assetId = ref('asset', 'Registered piece of content.');
const content = text('Value of `content` in touches of this asset; case is ignored: pricing-guide.', {
  min: 1,
  max: 500,
});
const kind = optional(text('Kind of content: guide, case study, webinar, form …', { min: 1, max: 100 }));

export const assetEvents = events({
  AssetRegistered: {
    version: 1,
    description:
      'A piece of content was registered: touches with this `content` belong to it. Registering the asset again replaces it.',
    sentence: 'Content {content} was registered[ as {kind}]',
    assetId,
    content,
    kind,
  },
  AssetRemoved: {
    version: 1,
    description: 'The asset was removed; touches with this `content` no longer belong to it.',
    sentence: 'Content {content} was removed from the registered content',
    assetId,
    content,
  },
});
export type AssetEvent = EventOf<typeof assetEvents>;

export const assetCommands = commands('asset', {
  RegisterAsset: {
    about: 'state',
    creates: true,
    description:
      'Register a piece of content. A `content` of marketing touches that nobody registered counts as an advertisement (utm_content).',
    allow: ['marketing', 'sales', 'revops'],
    assetId,
    content,
    kind,
  },
  RemoveAsset: {
    about: 'state',
    description: 'Remove an asset from the registered content; this applies to earlier touches too.',
    allow: ['marketing', 'sales', 'revops'],
    assetId,
  },
});
export type AssetCommand = CommandOf<typeof assetCommands>;
export class ToAsset extends To<AssetCommand> {}
