import { hasText, wordKey } from '@baton/kernel';

/** Content that is registered, each as `keyOf` compares it. */
export type RegisteredContent = ReadonlySet<string>;

interface Named {
  readonly content?: string | undefined;
  readonly team?: string | undefined;
}

/** The content that a touch is about: what it names, where that is registered. */
export const contentOf = ({ content }: Named, registered: RegisteredContent): string | null =>
  hasText(content) && registered.has(wordKey(content)) ? content : null;

/**
 * The advertisement that a touch of marketing came from: what it names in `content` (utm_content) and nobody registered
 * as content. What sales names is never an advertisement.
 */
export const adOf = ({ content, team }: Named, registered: RegisteredContent): string | null =>
  hasText(content) && team !== 'sales' && !registered.has(wordKey(content)) ? content : null;
