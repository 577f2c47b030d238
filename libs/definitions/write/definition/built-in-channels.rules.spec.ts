import { builtInChannelRules } from './built-in-channels.rules';
import { channelClassifier, type ClassifiableTouch } from './channel.rules';
import { validateBody, inForceOrBuiltIn } from './kinds.rules';

const classified = channelClassifier(inForceOrBuiltIn('channel-rules', undefined).body);
const touch = (source: string | undefined, medium?: string, campaign?: string): ClassifiableTouch => ({
  team: 'marketing',
  ...(source !== undefined && { source }),
  ...(medium !== undefined && { medium }),
  ...(campaign !== undefined && { campaign }),
});

/** The published table, row by row: what each row matches, and near misses. */
const published: readonly (readonly [channel: string, ...touches: ClassifiableTouch[]])[] = [
  ['direct', touch('(direct)', '(none)'), touch('(direct)', '(not set)'), touch('(direct)')],
  ['cross-network', touch('google', 'cpc', 'Spring Cross-Network 24'), touch('x', 'y', 'cross-network')],
  ['paid shopping', touch('amazon.de', 'cpc'), touch('ebay', 'paid_ads'), touch('google', 'ppc', 'e-shop spring')],
  ['paid shopping', touch('any', 'retargeting', 'eshop'), touch('any', 'cpc', 'our shopping week')],
  ['paid search', touch('google', 'cpc'), touch('Bing', 'PPC'), touch('duckduckgo.com', 'paid'), touch('yahoo', 'cpm')],
  ['paid social', touch('facebook', 'cpc'), touch('m.facebook.com', 'paid-social'), touch('linkedin', 'retargeting')],
  ['paid video', touch('youtube', 'cpv-cpc'), touch('vimeo.com', 'paid')],
  ...['display', 'banner', 'expandable', 'interstitial', 'cpm'].map(
    (medium) => ['display', touch('network', medium)] as const,
  ),
  ['paid other', touch('network', 'cpc'), touch('network', 'ppc'), touch('network', 'retargeting')],
  ['paid other', touch('network', 'paid-anything'), touch('network', 'ecpc')],
  ['organic shopping', touch('amazon'), touch('etsy.com', 'referral'), touch('letter', 'box', 'shop')],
  ['organic social', touch('facebook'), touch('l.instagram.com', 'referral'), touch('t.co')],
  ...['social', 'social-network', 'social-media', 'sm', 'social network', 'social media'].map(
    (medium) => ['organic social', touch('network', medium)] as const,
  ),
  ['organic video', touch('youtube.com', 'referral'), touch('any', 'my-video-ads')],
  ['organic search', touch('google', 'organic'), touch('bing.com'), touch('any', 'Organic'), touch('yandex.ru', 'x')],
  ...['referral', 'app', 'link'].map((medium) => ['referral', touch('partner.example', medium)] as const),
  ...['email', 'e-mail', 'e_mail', 'e mail', 'E-Mail'].map(
    (word) => ['email', touch('letter', word), touch(word, 'box')] as const,
  ),
  ['affiliates', touch('partner', 'affiliate')],
  ['audio', touch('podcast', 'audio')],
  ['sms', touch('sms', 'box'), touch('letter', 'sms')],
  ['mobile push notifications', touch('app', 'webpush'), touch('app', 'my-mobile-app'), touch('a', 'notifications')],
  ['mobile push notifications', touch('firebase', 'box')],
  ['ai assistant', touch('chatgpt.com', 'ai-assistant', '(ai-assistant)')],
  // Touches that no row matches are unassigned there.
  ['other', touch('mystery', 'box'), touch('any', 'ideo'), touch('any', 'pushed'), touch('a', 'emails')],
  ['other', touch('workbench', 'box', 'workshop'), touch('smsc', 'box')],
];

describe('the built-in channel rules', () => {
  it.each(published.flatMap(([channel, ...touches]) => touches.map((one) => [one, channel] as const)))(
    'assign to %j: %s, as Google Analytics 4 does',
    (one, channel) => expect(classified(one)).toBe(channel),
  );

  it.each([
    [{ channel: '', source: 'google', medium: 'cpc' }, ''],
    [{ channel: 'organic_search' }, 'organic_search'],
    [{ channel: 'Paid Search' }, 'paid search'],
    // By referrer alone.
    [{ referrer: 'https://www.google.com/' }, 'organic search'],
    [{ referrer: 'https://mail.google.com/mail/u/0/' }, 'email'],
    [{ referrer: 'android-app://com.google.android.gm/' }, 'email'],
    [{ referrer: 'https://mail.yahoo.com/' }, 'email'],
    [{ referrer: 'android-app://com.google.android.googlequicksearchbox/' }, 'organic search'],
    [{ referrer: 'https://t.co/abc' }, 'organic social'],
    [{ referrer: 'https://uk.pinterest.com/pin/1' }, 'organic social'],
    [{ referrer: 'https://www.microsoft.com/' }, 'referral'],
    [{ referrer: 'https://bing-plumbers.example/' }, 'referral'],
    [{ referrer: 'https://partner.example/?ref=facebook.com' }, 'referral'],
    [{ referrer: 'https://docs.google.com/document/d/1' }, 'referral'],
    [{ referrer: 'https://chatgpt.com/' }, 'ai assistant'],
    [{ referrer: 'https://gemini.google.com/app' }, 'ai assistant'],
    [{ source: 'mail.google.com', medium: 'referral' }, 'email'],
    // A stated source takes precedence over the referrer.
    [{ source: 'partner', medium: 'box', referrer: 'https://www.google.com/' }, 'other'],
    [{ source: '  ', medium: '', referrer: 'https://www.google.com/' }, 'organic search'],
    [{ source: 'facebook', medium: '(none)' }, 'organic social'],
    [{ source: 'fair', medium: 'event' }, 'event'],
    [{ source: 'newsletter' }, 'email'],
    [{ team: 'sales' }, 'sales'],
    [{ team: 'sales', source: 'google', medium: 'cpc' }, 'paid search'],
    [{}, 'direct'],
  ])('%j is %s', (one, channel) => expect(classified(one)).toBe(channel));

  it('are a valid body themselves', () => expect(validateBody('channel-rules', builtInChannelRules)).toBeUndefined());
});
