import { fromMs, type Day } from '@baton/kernel';
import { randomOf, type Random } from './random';
import { DAY, HOUR, MINUTE, storyWriter, type DemoStep, type Period, type Touch } from './story';

/** Where people of a channel come from: the UTM source of their links, and the referring page, if any. */
export interface Origin {
  readonly source: string;
  readonly referrer?: string;
  /** Relative number of people that come from here. */
  readonly share: number;
}

/** A marketing channel as the demo simulates it. */
export interface Channel {
  readonly name: string;
  /** Share of first contacts, and of later contacts of known people. */
  readonly first: number;
  readonly later: number;
  /** How likely people of this channel are to buy; 1 is average. */
  readonly appeal: number;
  /** Days between two contacts (median). */
  readonly gapDays: number;
  /** Share of people whose visits were recorded before they gave their name. */
  readonly tracked: number;
  readonly medium?: string;
  readonly origins?: readonly Origin[];
  readonly contents?: readonly string[];
  /** Cost per day or week, in US cents (median). */
  readonly spend?: { readonly each: 'day' | 'week'; readonly cents: number };
}

export const channels: readonly Channel[] = [
  {
    name: 'organic search',
    first: 22,
    later: 14,
    appeal: 1,
    gapDays: 5,
    tracked: 0.55,
    medium: 'organic',
    origins: [
      { source: 'google', referrer: 'https://www.google.com/', share: 6 },
      { source: 'bing', referrer: 'https://www.bing.com/', share: 3 },
      { source: 'duckduckgo', referrer: 'https://duckduckgo.com/', share: 2 },
    ],
    spend: { each: 'week', cents: 210_000 },
  },
  {
    name: 'paid search',
    first: 17,
    later: 8,
    appeal: 1.1,
    gapDays: 3,
    tracked: 0.55,
    medium: 'cpc',
    origins: [
      { source: 'google', referrer: 'https://www.google.com/', share: 2 },
      { source: 'bing', referrer: 'https://www.bing.com/', share: 1 },
    ],
    contents: ['ad-compare', 'ad-demo', 'ad-guide'],
    spend: { each: 'day', cents: 38_000 },
  },
  {
    name: 'paid social',
    first: 12,
    later: 7,
    appeal: 0.7,
    gapDays: 6,
    tracked: 0.4,
    medium: 'paid-social',
    origins: [
      { source: 'linkedin', referrer: 'https://www.linkedin.com/', share: 2 },
      { source: 'facebook', referrer: 'https://www.facebook.com/', share: 1 },
    ],
    contents: ['carousel', 'video', 'customer-quote'],
    spend: { each: 'day', cents: 26_000 },
  },
  {
    name: 'organic social',
    first: 7,
    later: 5,
    appeal: 0.75,
    gapDays: 7,
    tracked: 0.4,
    medium: 'social',
    origins: [
      { source: 'linkedin', referrer: 'https://www.linkedin.com/', share: 3 },
      { source: 'x', referrer: 'https://t.co/', share: 1 },
      { source: 'facebook', referrer: 'https://www.facebook.com/', share: 1 },
    ],
    spend: { each: 'week', cents: 45_000 },
  },
  {
    name: 'email',
    first: 5,
    later: 34,
    appeal: 0.85,
    gapDays: 6,
    tracked: 0.2,
    medium: 'email',
    origins: [
      { source: 'newsletter', share: 1 },
      { source: 'product-news', share: 1 },
    ],
    contents: ['button', 'headline', 'footer'],
    spend: { each: 'week', cents: 32_000 },
  },
  {
    name: 'referral',
    first: 8,
    later: 4,
    appeal: 1.35,
    gapDays: 3,
    tracked: 0.45,
    medium: 'referral',
    origins: [
      { source: 'reviews.example.net', referrer: 'https://reviews.example.net/analytics', share: 1 },
      { source: 'blog.example.org', referrer: 'https://blog.example.org/tools', share: 1 },
      { source: 'compare.example.com', referrer: 'https://compare.example.com/dashboards', share: 1 },
    ],
  },
  { name: 'direct', first: 10, later: 18, appeal: 1.05, gapDays: 3, tracked: 0.5 },
  {
    name: 'display',
    first: 5,
    later: 5,
    appeal: 0.45,
    gapDays: 9,
    tracked: 0.5,
    medium: 'display',
    origins: [{ source: 'adnetwork', share: 1 }],
    contents: ['banner-wide', 'banner-tall'],
    spend: { each: 'week', cents: 80_000 },
  },
  {
    name: 'webinar',
    first: 6,
    later: 7,
    appeal: 1.15,
    gapDays: 5,
    tracked: 0,
    medium: 'webinar',
    origins: [{ source: 'webinar', share: 1 }],
    contents: ['closing-the-month', 'forecast-clinic', 'data-without-tears'],
    spend: { each: 'week', cents: 110_000 },
  },
  {
    name: 'event',
    first: 5,
    later: 3,
    appeal: 1.25,
    gapDays: 4,
    tracked: 0,
    medium: 'event',
    origins: [
      { source: 'ops-summit', share: 1 },
      { source: 'data-days', share: 1 },
      { source: 'city-roadshow', share: 1 },
    ],
    spend: { each: 'week', cents: 260_000 },
  },
  {
    name: 'partner',
    first: 4,
    later: 2,
    appeal: 1.5,
    gapDays: 3,
    tracked: 0,
    medium: 'partner',
    origins: [
      { source: 'northwind-consulting', share: 1 },
      { source: 'fabrikam-integrators', share: 1 },
    ],
    spend: { each: 'week', cents: 90_000 },
  },
  {
    name: 'affiliates',
    first: 3,
    later: 1,
    appeal: 0.5,
    gapDays: 8,
    tracked: 0.4,
    medium: 'affiliate',
    origins: [{ source: 'deals.example.net', referrer: 'https://deals.example.net/software', share: 1 }],
    spend: { each: 'week', cents: 40_000 },
  },
];

/** Themes of campaigns, each with its first and last day within the period. */
const themes = [
  { name: 'Clear numbers', first: 0, last: 180 },
  { name: 'One pipeline', first: 181, last: 364 },
  { name: 'Less guesswork', first: 365, last: 546 },
] as const;
type Theme = (typeof themes)[number];
const slug = (text: string): string => text.toLowerCase().replaceAll(' ', '-');
const campaignOf = (channel: Channel, theme: Theme): string => slug(`${theme.name} ${channel.name}`);
const dayOf = (ms: number): Day => fromMs(ms).slice(0, 10);
const themeAt = (ms: number, { begin }: Period): Theme =>
  themes.find(({ last }) => ms < begin + (last + 1) * DAY) ?? themes.at(-1)!;

/** Demand over the year: it grows; August, the turn of the year and weekends are quiet. */
export const demandOn = (ms: number, { begin, end }: Period): number => {
  const date = new Date(ms);
  const quiet = [1, 1, 1.1, 1.05, 1.05, 1, 0.8, 0.65, 1.1, 1.15, 1.1, 0.7][date.getUTCMonth()]!;
  return (1 + (0.8 * (ms - begin)) / (end - begin)) * quiet * ([0, 6].includes(date.getUTCDay()) ? 0.35 : 1);
};

const pages = [
  { page: '/', share: 18 },
  { page: '/product', share: 22 },
  { page: '/product/forecast', share: 12 },
  { page: '/product/dashboards', share: 12 },
  { page: '/customers', share: 10 },
  { page: '/blog/month-end-in-a-day', share: 14 },
  { page: '/pricing', share: 12 },
];
const downloads = ['pricing-guide', 'buyers-checklist', 'forecast-handbook', 'roi-calculator'];

/** The tracking values of a contact: a source and referrer that belong together, medium, campaign, content. */
const marksOf = (random: Random, channel: Channel, at: number, period: Period): Partial<Touch> => {
  const { medium, origins, contents, spend } = channel;
  const { source, referrer } = origins ? random.weighted(origins, ({ share }) => share) : {};
  return {
    ...(source && { source }),
    ...(medium && { medium }),
    ...(spend && channel.name !== 'organic search' && { campaign: campaignOf(channel, themeAt(at, period)) }),
    ...(contents && { content: random.pick(contents) }),
    ...(referrer && { referrer }),
  };
};

/** A contact of a person with marketing through a channel. */
export const marketingTouch = (random: Random, channel: Channel, at: number, period: Period): Touch => {
  const marks = { team: 'marketing' as const, direction: 'inbound' as const, ...marksOf(random, channel, at, period) };
  if (channel.name === 'webinar') return { action: 'webinar', ...marks, minutes: random.int(15, 60) };
  if (channel.name === 'event') return { action: 'event', ...marks, minutes: random.int(5, 40) };
  const { page } = random.weighted(pages, ({ share }) => share);
  if (channel.name === 'email') return { action: 'email-click', ...marks, page };
  if (random.chance(0.14)) return { action: 'download', ...marks, page: '/library', content: random.pick(downloads) };
  return { action: 'page-view', ...marks, page };
};

/** The contact by which a person gives its name: a form, a badge scan, a registration. */
export const askingTouch = (random: Random, channel: Channel, at: number, period: Period, buying: boolean): Touch => {
  const marks = { team: 'marketing' as const, direction: 'inbound' as const, ...marksOf(random, channel, at, period) };
  if (!buying && channel.name === 'webinar') return { action: 'webinar', ...marks, minutes: random.int(15, 60) };
  if (!buying && channel.name === 'event') return { action: 'event', ...marks, minutes: random.int(5, 40) };
  if (buying && random.chance(0.5)) return { action: 'form', ...marks, page: '/pricing', content: 'quote-request' };
  return buying
    ? { action: 'form', ...marks, page: '/demo', content: 'demo-request' }
    : { action: 'form', ...marks, page: '/library', content: random.pick(downloads) };
};

/** Content that reps attach to their e-mails. */
const sentContents = ['pricing-guide', 'case-study-month-end', 'security-answers'];

type SalesAction = 'call' | 'e-mail' | 'meeting' | 'linkedin-message';
/** How a contact ended: a short call reached nobody, a long e-mail was an answer to one. */
const outcomeOf = (action: SalesAction, minutes: number): Touch['outcome'] => {
  if (action === 'call') return minutes >= 8 ? 'connected' : minutes % 2 === 0 ? 'voicemail' : 'no-answer';
  if (action === 'meeting') return minutes >= 30 ? 'met' : 'no-show';
  return action === 'e-mail' && minutes >= 9 ? 'replied' : undefined;
};
/** A contact made by sales. */
export const salesTouch = (random: Random, action: SalesAction): Touch => {
  const touch = {
    action,
    team: 'sales' as const,
    direction: random.chance(action === 'e-mail' ? 0.15 : 0.05) ? ('inbound' as const) : ('outbound' as const),
    channel: 'outbound sales',
    ...(action === 'e-mail' && random.chance(0.3) && { content: random.pick(sentContents) }),
    minutes: {
      call: random.int(2, 30),
      'e-mail': random.int(3, 12),
      meeting: random.int(25, 75),
      'linkedin-message': 3,
    }[action],
  };
  const outcome = outcomeOf(action, touch.minutes);
  return outcome === undefined || touch.direction === 'inbound' ? touch : { ...touch, outcome };
};

/** Names that count as content; other names are those of advertisements. */
const registered: Readonly<Record<string, readonly string[]>> = {
  guide: downloads,
  'for a deal': sentContents,
  webinar: channels.find(({ name }) => name === 'webinar')!.contents!,
  form: ['quote-request', 'demo-request'],
};
export const assetSteps = (period: Period): DemoStep[] => {
  const steps: DemoStep[] = [];
  const { add, wait } = storyWriter(steps, period.begin + 8 * HOUR, period);
  for (const [kind, contents] of Object.entries(registered))
    for (const content of contents) {
      const [step] = steps.filter(({ id }) => id === content);
      if (step) continue; // a guide is sent as well
      add('asset', content, 'content-mara', 'RegisterAsset', { content, kind });
      wait(MINUTE);
    }
  return steps;
};

/** All campaigns and their cost: search and paid social per day, the others per week. */
export const campaignSteps = (seed: number, scale: number, period: Period): DemoStep[] => {
  const steps: DemoStep[] = [];
  for (const channel of channels)
    for (const theme of themes) {
      if (!channel.spend) continue;
      const id = campaignOf(channel, theme);
      const random = randomOf(seed, 'campaign', id);
      const [first, last] = [period.begin + theme.first * DAY, period.begin + theme.last * DAY];
      const planned = storyWriter(
        steps,
        Math.max(period.begin + 9 * HOUR, first - random.int(7, 20) * DAY + 9 * HOUR),
        period,
      );
      planned.add('campaign', id, 'demand-gen-pia', 'CreateCampaign', {
        name: `${theme.name}: ${channel.name}`,
        channel: channel.name,
        startsOn: dayOf(first),
        endsOn: dayOf(last),
      });
      const { each, cents } = channel.spend;
      for (let day = first; day <= last; day += each === 'day' ? DAY : 7 * DAY) {
        const minor = Math.round(random.skewed(cents * scale * demandOn(day, period), 0.2));
        const spend = { day: dayOf(day), channel: channel.name };
        const { add, wait } = storyWriter(steps, day + 20 * HOUR + random.int(0, 60) * MINUTE, period);
        add('campaign', id, 'ad-billing', 'RecordSpend', { ...spend, amount: { minor, currency: 'USD' } });
        if (!random.chance(0.02)) continue;
        wait(3 * DAY); // the invoice differs from the estimate; the latest figure counts
        const billed = Math.max(minor + 100, Math.round(minor * (0.9 + 0.3 * random.next())));
        add('campaign', id, 'ad-billing', 'RecordSpend', { ...spend, amount: { minor: billed, currency: 'USD' } });
      }
    }
  return steps;
};
