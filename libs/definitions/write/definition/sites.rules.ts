import { type Origin, originOf, tidy } from '@baton/kernel';

/** How a site is written, in the words that follow "must be". */
export const SITE_SAYS =
  'a host (partner.com), a host with all below it (*.partner.com), a name under any public suffix (google.*, *.google.*), a word (fb) or the id of an app (com.slack)';

interface Site {
  /** The host, the word, the id of an app; of `google.*` what stands before the suffix. */
  readonly name: string;
  /** `*.` in front: all that lies below it too. */
  readonly below: boolean;
  /** `.*` behind: under any public suffix. */
  readonly anySuffix: boolean;
}

/** @returns undefined for what is no way to write a site */
const siteOf = (text: string): Site | undefined => {
  const parts = /^(\*\.)?([^\s*/?#@\\:]+?)(\.\*)?$/u.exec(tidy(text));
  const name = parts && originOf(parts[2]!)?.name;
  return name ? { name, below: parts[1] !== undefined, anySuffix: parts[3] !== undefined } : undefined;
};
export const isSite = (text: string): boolean => siteOf(text) !== undefined;

const keyOfSite = ({ name, below, anySuffix }: Site): string => `${below ? '*.' : ''}${name}${anySuffix ? '.*' : ''}`;

/** Every way in which a site can be written that means this origin, the closest first. */
const writingsOf = ({ name, beforeSuffix }: Origin): string[] => {
  const exact = [name, ...(beforeSuffix === undefined ? [] : [`${beforeSuffix}.*`])];
  const labels = name.split('.');
  const before = beforeSuffix?.split('.') ?? [];
  const below = labels.flatMap((_, place) => [
    `*.${labels.slice(place).join('.')}`,
    ...(place < before.length ? [`*.${before.slice(place).join('.')}.*`] : []),
  ]);
  return [...exact, ...below];
};

const REMEMBERED = 10_000;

/**
 * Compiles lists of sites.
 * @returns which list has a text (a source or a referrer: URL, host, app, word). Of several the closest entry decides:
 *   `mail.google.*` before `*.google.*`. Hosts are compared label by label, never by a part of one. Undefined for none.
 */
export const siteFinder = <V>(
  lists: readonly (readonly [value: V, sites: readonly string[]])[],
): ((text: string) => V | undefined) => {
  const known = new Map<string, V>();
  for (const [value, sites] of lists)
    for (const text of sites) {
      const site = siteOf(text);
      if (site && !known.has(keyOfSite(site))) known.set(keyOfSite(site), value);
    }
  const answers = new Map<string, V | undefined>();
  return (text) => {
    if (answers.has(text)) return answers.get(text);
    const origin = originOf(text);
    const written = origin && writingsOf(origin).find((each) => known.has(each));
    const answer = written === undefined ? undefined : known.get(written);
    if (answers.size >= REMEMBERED) answers.clear();
    answers.set(text, answer);
    return answer;
  };
};

/** Are these two writings of one site? For lists that may name a site once. */
export const siteKey = (text: string): string => {
  const site = siteOf(text);
  return site ? keyOfSite(site) : text;
};
