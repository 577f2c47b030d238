import { hasText, wordKey } from '@baton/kernel';

/** The registered content, as keys of `wordKey`. */
export type RegisteredContent = ReadonlySet<string>;

interface TouchContent {
  readonly content?: string | undefined;
  readonly team?: string | undefined;
}

/** The content of a touch, if it is registered. */
export const contentOf = ({ content }: TouchContent, registered: RegisteredContent): string | null =>
  hasText(content) && registered.has(wordKey(content)) ? content : null;

/**
 * The advertisement that a marketing touch came from: its `content` (utm_content), if that is not registered. A touch by
 * sales never has an advertisement.
 */
export const advertisementOf = ({ content, team }: TouchContent, registered: RegisteredContent): string | null =>
  hasText(content) && team !== 'sales' && !registered.has(wordKey(content)) ? content : null;
