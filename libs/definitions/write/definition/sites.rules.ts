import { type Origin, originOf, tidy } from '@baton/kernel';

/** The forms of a site, phrased to follow "must be". */
export const SITE_SAYS =
  'a host (partner.com), a host with its subdomains (*.partner.com), a name under any public suffix (google.*, *.google.*), a word (fb) or the id of an app (com.slack)';

interface Site {
  /** The host, the word or the id of an app; for `google.*` the part before the suffix. */
  readonly name: string;
  /** Starts with `*.`: subdomains too. */
  readonly below: boolean;
  /** Ends with `.*`: under any public suffix. */
  readonly anySuffix: boolean;
}

/** @returns undefined for text that is not a valid site */
const siteOf = (text: string): Site | undefined => {
  const parts = /^(\*\.)?([^\s*/?#@\\:]+?)(\.\*)?$/u.exec(tidy(text));
  const name = parts && originOf(parts[2]!)?.name;
  return name ? { name, below: parts[1] !== undefined, anySuffix: parts[3] !== undefined } : undefined;
};
export const isSite = (text: string): boolean => siteOf(text) !== undefined;

const keyOfSite = ({ name, below, anySuffix }: Site): string => `${below ? '*.' : ''}${name}${anySuffix ? '.*' : ''}`;

/** Every way to write a site that matches this origin, the most specific first. */
const patternsMatching = ({ name, beforeSuffix }: Origin): string[] => {
  const exact = [name, ...(beforeSuffix === undefined ? [] : [`${beforeSuffix}.*`])];
  const labels = name.split('.');
  const before = beforeSuffix?.split('.') ?? [];
  const below = labels.flatMap((_, place) => [
    `*.${labels.slice(place).join('.')}`,
    ...(place < before.length ? [`*.${before.slice(place).join('.')}.*`] : []),
  ]);
  return [...exact, ...below];
};

const MAX_CACHED = 10_000;

/**
 * Compiles lists of sites.
 * @returns a function from a source or referrer (URL, host, app, word) to the list that contains it; undefined for none.
 *   If several entries match, the most specific decides: `mail.google.*` before `*.google.*`. Hosts are compared label by
 *   label, never by part of a label.
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
    const written = origin && patternsMatching(origin).find((each) => known.has(each));
    const answer = written === undefined ? undefined : known.get(written);
    if (answers.size >= MAX_CACHED) answers.clear();
    answers.set(text, answer);
    return answer;
  };
};

/** A key that is equal for all ways to write one site, to find repeated sites. */
export const siteKey = (text: string): string => {
  const site = siteOf(text);
  return site ? keyOfSite(site) : text;
};
