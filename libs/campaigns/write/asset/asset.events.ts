import { commands, events, optional, ref, text, To, type CommandOf, type EventOf } from '@baton/kernel';

const assetId = ref('asset', 'The asset.');
const content = text('How touches name it in `content`, in whatever spelling: pricing-guide.', { min: 1, max: 500 });
const kind = optional(text('What it is: guide, case study, webinar, form …', { min: 1, max: 100 }));

export const assetEvents = events({
  AssetRegistered: {
    version: 1,
    description: 'A piece of content: touches that name it are about it. A later one of the same asset replaces it.',
    sentence: 'Content {content} was registered[ as {kind}]',
    assetId,
    content,
    kind,
  },
  AssetRemoved: {
    version: 1,
    description: 'What was registered is no content after all, or is not counted any more.',
    sentence: 'Content {content} is not counted any more',
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
      'Register a piece of content. What touches of marketing name in `content` and nobody registered counts as the advertisement (utm_content).',
    allow: ['marketing', 'sales', 'revops'],
    assetId,
    content,
    kind,
  },
  RemoveAsset: {
    about: 'state',
    description: 'Count it as content no more, also in touches so far.',
    allow: ['marketing', 'sales', 'revops'],
    assetId,
  },
});
export type AssetCommand = CommandOf<typeof assetCommands>;
export class ToAsset extends To<AssetCommand> {}
