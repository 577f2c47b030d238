import type { ChannelRules } from './channel.rules';

type Rule = ChannelRules['rules'][number];
const rule = (channel: string, when: Rule['when']): Rule => ({ when, channel });

/** A site by name, and by host with all subdomains. */
const site = (...hosts: readonly string[]): string[] =>
  hosts.flatMap((host) => [host.slice(0, host.indexOf('.')), `*.${host}`]);
/** Search engines and shops have one host per country; subdomains may be mail, documents or maps. */
const inEachCountry = (...names: readonly string[]): string[] => names.flatMap((name) => [name, `${name}.*`]);

const sites: ChannelRules['sites'] = [
  {
    name: 'search',
    members: [
      ...inEachCountry('google', 'yahoo', 'yandex', 'ask', 'aol', 'lycos', 'excite', 'naver', 'seznam', 'rambler'),
      ...['images', 'news', 'search', 'lens', 'cse', 'm', 'play'].map((below) => `${below}.google.*`),
      ...['google-play', '*.search.yahoo.*', 'ya.ru', 'm.yandex.*', 'search.yandex.*'],
      ...['com.google.android.googlequicksearchbox', 'go.mail.ru', 'search.aol.*', 'm.naver.com', '*.search.naver.com'],
      ...site('bing.com', 'duckduckgo.com', 'baidu.com', 'ecosia.org', 'qwant.com', 'startpage.com', 'sogou.com'),
      ...site('msn.com', 'dogpile.com', 'daum.net', 'onet.pl', 'virgilio.it', 'so.com', 'mojeek.com', 'kagi.com'),
      ...['search.brave.com', 'brave', '360.cn', 'startsiden.no', 'centrum.cz', 'websearch.rakuten.co.jp'],
    ],
  },
  {
    name: 'social',
    members: [
      ...site('facebook.com', 'instagram.com', 'linkedin.com', 'twitter.com', 'tiktok.com', 'reddit.com', 'quora.com'),
      ...site('snapchat.com', 'whatsapp.com', 'tumblr.com', 'xing.com', 'weibo.com', 'wechat.com', 'threads.net'),
      ...site('messenger.com', 'flickr.com', 'medium.com', 'meetup.com', 'stackoverflow.com', 'stackexchange.com'),
      ...site('vk.com', 'discord.com', 'yelp.com', 'tripadvisor.com', 'trustpilot.com', 'glassdoor.com', 'yammer.com'),
      ...site('slideshare.net', 'goodreads.com', 'digg.com', 'line.me', 'kakao.com', 'skype.com', 'douban.com'),
      ...[
        'fb',
        'fb.me',
        'ig',
        'x',
        '*.x.com',
        't.co',
        'lnkd.in',
        't.me',
        'telegram',
        'pinterest',
        '*.pinterest.*',
        'pin.it',
      ],
      ...['*.threads.com', 'news.ycombinator.com', 'bsky.app', 'go.bsky.app', 'bluesky', 'mastodon', 'mastodon.social'],
      ...['redd.it', 'groups.google.com', 'social', 'com.linkedin.android', 'com.twitter.android'],
      ...['com.facebook.katana', 'com.reddit.frontpage', 'com.instagram.android', 'org.telegram.messenger'],
    ],
  },
  {
    name: 'shopping',
    members: [
      ...inEachCountry('amazon', 'ebay', 'mercadolibre', 'alibaba', 'etsy', 'walmart'),
      ...['*.amazon-adsystem.com', '*.alibaba.com', 'shopify', '*.shopify.com', '*.shopping.yahoo.co.jp', 'shop.app'],
      ...['shopping.yahoo.com', '*.shopping.naver.com', 'igshopping', 'stripe', '*.stripe.com'],
      ...['shopzilla', '*.shopzilla.com', 'shopping.google.*'],
    ],
  },
  {
    name: 'video',
    members: [
      ...site('youtube.com', 'vimeo.com', 'dailymotion.com', 'twitch.tv', 'netflix.com', 'hulu.com', 'wistia.com'),
      ...site('ted.com', 'youku.com', 'iqiyi.com', 'disneyplus.com', 'veoh.com', 'crackle.com', 'curiositystream.com'),
      ...['youtu.be', '*.wistia.net', '*.youtube-nocookie.com', 'iq.com', 'video.ibm.com'],
      'com.google.android.youtube',
    ],
  },
  {
    name: 'mail',
    members: [
      ...[
        'mail.google.*',
        'mail.yahoo.*',
        '*.mail.yahoo.*',
        'mail.yandex.*',
        'mail.aol.*',
        '*.mail.aol.*',
        'mail.naver.com',
      ],
      ...['email.seznam.cz', 'mail.rambler.ru', 'e.mail.ru', 'gmail', '*.gmail.com', 'googlemail.com', 'outlook'],
      ...[
        '*.outlook.com',
        'outlook.live.com',
        'outlook.office.com',
        'outlook.office365.com',
        '*.mail.live.com',
        'hotmail',
      ],
      ...['*.hotmail.com', 'mail.proton.me', 'mail.zoho.*', 'com.google.android.gm', 'mail.163.com'],
      ...['com.microsoft.office.outlook', 'mail.qq.com', '*.gmx.*', 'navigator.web.de', '*.deref-mail.com'],
      ...['*.deref-gmx.net', '*.deref-web.de', 'com.yahoo.mobile.client.android.mail'],
    ],
  },
  {
    name: 'ai assistants',
    members: [
      ...['chatgpt', 'chatgpt.com', 'chat.openai.com', 'gemini', 'gemini.google.com', 'bard.google.com', 'claude'],
      ...['claude.ai', 'copilot', 'copilot.microsoft.com', 'copilot.cloud.microsoft', 'grok', 'grok.com', 'deepseek'],
      ...[
        '*.deepseek.com',
        'perplexity',
        '*.perplexity.ai',
        'meta.ai',
        'chat.mistral.ai',
        'poe.com',
        'com.openai.chatgpt',
      ],
    ],
  },
];

const nothing = ['(none)', '*(none)', '(not set)'];
const paid = ['*cp*', 'ppc', 'retargeting', 'paid*'];
const emails = ['email', 'e-mail', 'e_mail', 'e mail'];
/** "shop" at the start of a word (also in "e-shop"), or "shopping" anywhere; not "workshop". */
const shops = [
  ...['shop*', '*shopping*', '*eshop*'],
  ...[...' !"#$%&\'()+,-./0123456789:;<=>?@[\\]^_`{|}~'].map((before) => `*${before}shop*`),
];
/** Parameters that no source sets: with neither source nor medium, only the referring site is left to classify by. */
const unmarked = { medium: ['(none)', '*(none)', '(not set)', 'referral'] };

/** The rows of the table of Google Analytics 4, in its order. */
const publishedRules: readonly Rule[] = [
  rule('direct', { source: '(direct)', medium: nothing }),
  rule('cross-network', { campaign: '*cross-network*' }),
  rule('paid shopping', { site: 'shopping', medium: paid }),
  rule('paid shopping', { campaign: shops, medium: paid }),
  rule('paid search', { site: 'search', medium: paid }),
  rule('paid social', { site: 'social', medium: paid }),
  rule('paid video', { site: 'video', medium: paid }),
  rule('display', { medium: ['display', 'banner', 'expandable', 'interstitial', 'cpm'] }),
  rule('paid other', { medium: paid }),
  rule('organic shopping', { site: 'shopping' }),
  rule('organic shopping', { campaign: shops }),
  rule('organic social', { site: 'social' }),
  rule('organic social', {
    medium: ['social', 'social-network', 'social-media', 'sm', 'social network', 'social media'],
  }),
  rule('organic video', { site: 'video' }),
  rule('organic video', { medium: '*video*' }),
  rule('organic search', { site: 'search' }),
  rule('organic search', { medium: 'organic' }),
  rule('ai assistant', { medium: 'ai-assistant' }),
  // Beyond the table, which has no such sites: by their parameters alone they would be referrals.
  rule('ai assistant', { site: 'ai assistants', ...unmarked }),
  rule('email', { site: 'mail', ...unmarked }),
  rule('referral', { medium: ['referral', 'app', 'link'] }),
  rule('email', { source: emails }),
  rule('email', { medium: emails }),
  rule('affiliates', { medium: 'affiliate' }),
  rule('audio', { medium: 'audio' }),
  rule('sms', { source: 'sms' }),
  rule('sms', { medium: 'sms' }),
  rule('mobile push notifications', { medium: ['*push', '*mobile*', '*notification*'] }),
  rule('mobile push notifications', { source: 'firebase' }),
];

/**
 * The rules in force before any version is agreed (`channel-rules@0`). A stated channel is kept, even an empty one;
 * what Google's table leaves unassigned becomes event, e-mail, sales, referral or direct if the touch shows it, else
 * `other`. Source: the default channel group of Google Analytics 4 (support.google.com/analytics/answer/9756891), its
 * table for manually tagged traffic; its lists of sites reduced to those still in use.
 */
export const builtInChannelRules: ChannelRules = {
  sites,
  rules: [
    rule('$channel', { channel: '*' }),
    ...publishedRules,
    rule('affiliates', { medium: 'affiliates' }),
    rule('event', { medium: 'event*' }),
    rule('email', { source: ['newsletter', 'mail'] }),
    rule('email', { medium: 'newsletter' }),
    rule('sales', { team: 'sales' }),
    rule('direct', { source: ['direct', '(direct)'] }),
    rule('referral', { source: '(none)', medium: nothing, referrer: '*' }),
    rule('direct', { source: '(none)', medium: nothing }),
  ],
  otherwise: 'other',
};
