import { isSaid, keyOf, list, object, optional, type Static, text } from '@baton/kernel';

export const pattern = optional(
  text('Exact text in any case, `*` for any characters, or `(none)` for absent.', { max: 300 }),
);

/**
 * What a touch counts as. The first rule wins whose conditions all hold. `$channel` as the answer passes the stated
 * channel through as it is; such a rule holds only for a touch that states one.
 */
export const channelRules = object({
  rules: list(
    object({
      when: object({ channel: pattern, source: pattern, medium: pattern, campaign: pattern, referrer: pattern }),
      channel: text('The channel, or `$channel` for the one stated.', { max: 100 }),
    }),
    'First match wins.',
  ),
  otherwise: text('The channel of a touch that no rule takes.', { max: 100 }),
});
export type ChannelRules = Static<typeof channelRules>;

/** What the rules see of a touch. An empty channel is a stated one; another field that is blank counts as absent. */
export interface Classifiable {
  readonly channel?: string;
  readonly source?: string;
  readonly medium?: string;
  readonly campaign?: string;
  readonly referrer?: string;
}
type Holds = (value: string | undefined) => boolean;

/** Compiles a pattern: exact text in any case, `*` for any characters, `(none)` for absent. Linear in the text. */
export const matcher = (pattern: string): Holds => {
  const wanted = keyOf(pattern);
  if (wanted === '(none)') return (value) => value === undefined;
  const parts = wanted.split('*');
  if (parts.length === 1) return (value) => value !== undefined && keyOf(value) === wanted;
  const [head, tail] = [parts[0]!, parts[parts.length - 1]!];
  return (value) => {
    if (value === undefined) return false;
    const seen = keyOf(value);
    if (seen.length < head.length + tail.length || !seen.startsWith(head) || !seen.endsWith(tail)) return false;
    // Each part at its first place: linear, where a regular expression of a user could take for ever.
    let at = head.length;
    for (const part of parts.slice(1, -1)) {
      const found = seen.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= seen.length - tail.length;
  };
};

/**
 * Compiles channel rules once.
 * @returns a function from the raw fields of a touch to its channel; it never throws
 */
export const channelClassifier = ({ rules, otherwise }: ChannelRules): ((touch: Classifiable) => string) => {
  const compiled = rules.map(({ when, channel }) => ({
    channel,
    conditions: Object.entries(when).map(([field, wanted]) => [field as keyof Classifiable, matcher(wanted)] as const),
  }));
  return (touch) => {
    const valueOf = (field: keyof Classifiable) =>
      field === 'channel' || isSaid(touch[field]) ? touch[field] : undefined;
    for (const { conditions, channel } of compiled) {
      if (!conditions.every(([field, holds]) => holds(valueOf(field)))) continue;
      if (channel !== '$channel') return channel;
      if (touch.channel !== undefined) return touch.channel;
    }
    return otherwise;
  };
};

/** Classifies one touch; for many touches keep a `channelClassifier`. */
export const classify = (rules: ChannelRules, touch: Classifiable): string => channelClassifier(rules)(touch);

type Rule = ChannelRules['rules'][number];
const rule = (channel: string, when: Rule['when']): Rule => ({ when, channel });
const socialSites = ['facebook', 'instagram', 'linkedin', 'twitter', 'tiktok', 'pinterest', 'reddit', 'youtube'];
const social = [...socialSites.map((site) => `*${site}*`), 'fb', 'ig', 'x', 't.co', 'lnkd.in'];
const search = ['google', 'bing', 'yahoo', 'duckduckgo', 'baidu', 'yandex', 'ecosia'];
const addressesOf = (sites: readonly string[]) => sites.map((site) => `*${site}.*`);
const noCampaign = { source: '(none)', medium: '(none)' };

/**
 * The rules that hold before any version is agreed (`channel-rules@0`). A stated channel – even an empty one – stays as
 * it is; otherwise the usual reading of source, medium and referrer.
 * Source: the default channel groups of Google Analytics 4, shortened.
 */
export const builtInChannelRules: ChannelRules = {
  rules: [
    rule('$channel', { channel: '*' }),
    rule('email', { medium: 'e*mail' }),
    rule('email', { source: 'e*mail' }),
    rule('email', { source: 'newsletter' }),
    rule('paid social', { medium: '*paid*social*' }),
    rule('paid social', { medium: '*social*paid*' }),
    ...social.flatMap((source) =>
      ['cpc', 'ppc', 'cpm', 'paid*'].map((medium) => rule('paid social', { source, medium })),
    ),
    ...['display', 'banner', 'cpm', 'expandable', 'interstitial'].map((medium) => rule('display', { medium })),
    ...['cpc', 'ppc', 'sem', 'paid*'].map((medium) => rule('paid search', { medium })),
    rule('affiliate', { medium: 'affiliate*' }),
    rule('sms', { medium: 'sms' }),
    rule('event', { medium: 'event*' }),
    rule('organic social', { medium: 'social*' }),
    rule('organic social', { medium: 'sm' }),
    rule('referral', { medium: 'referral' }),
    ...social.map((source) => rule('organic social', { source })),
    rule('organic search', { medium: 'organic' }),
    ...search.map((source) => rule('organic search', { source: `${source}*`, medium: '(none)' })),
    rule('direct', { source: 'direct' }),
    rule('direct', { source: '(direct)' }),
    ...addressesOf(search).map((referrer) => rule('organic search', { ...noCampaign, referrer })),
    ...[...addressesOf(socialSites), '*//t.co*', '*//lnkd.in*', 't.co', 'lnkd.in'].map((referrer) =>
      rule('organic social', { ...noCampaign, referrer }),
    ),
    rule('referral', { ...noCampaign, referrer: '*' }),
    rule('direct', noCampaign),
  ],
  otherwise: 'other',
};
