import fc from 'fast-check';
import { channelClassifier, classify, spendClassifier, touchClassifier, type ChannelRules } from './channel.rules';
import { validateBody } from './kinds.rules';
import { differencesBetween, inForceAt } from './versions.rules';

describe('channel rules', () => {
  const rules: ChannelRules = {
    rules: [
      { when: { channel: 'Search Ads' }, channel: 'paid search' },
      { when: { source: 'g*gle', medium: '(none)' }, channel: 'search' },
      { when: { referrer: '*.partner.com' }, channel: 'partner' },
      { when: { referrer: '\u200b*', medium: 'any' }, channel: 'referral' },
      { when: {}, channel: '$channel' },
    ],
    otherwise: 'unknown',
  };
  it.each([
    [{ channel: 'search ads', source: 'bing' }, 'paid search'],
    [{ source: 'Google' }, 'search'],
    [{ source: 'google', medium: '' }, 'search'],
    [{ source: 'google', medium: 'cpc' }, 'unknown'],
    [{ source: 'ggle' }, 'search'],
    [{ source: 'goggles' }, 'unknown'],
    [{ source: ' Google\u00a0' }, 'search'],
    [{ source: '\ufeffgoo\u00adgle\u200e', medium: '\u200b' }, 'search'],
    [{ referrer: '\u200ehttps://shop.part\u200bner.com/x' }, 'partner'],
    [{ referrer: 'https://shop.partner.com/x' }, 'partner'],
    [{ referrer: 'https://partner.com.example.org/' }, 'unknown'],
    [{ referrer: 'https://example.org/', medium: 'any' }, 'referral'],
    [{ channel: 'Webinar' }, 'Webinar'],
    [{ channel: '' }, ''],
    [{}, 'unknown'],
  ])('%j is %s', (touch, channel) => {
    expect(validateBody('channel-rules', rules)).toBeUndefined();
    expect(classify(rules, touch)).toBe(channel);
  });

  it('assign sales to a touch by sales without a matching rule', () => {
    expect(classify(rules, { team: 'sales' })).toBe('sales');
    expect(classify({ rules: [], otherwise: 'direct' }, { team: 'sales' })).toBe('sales');
    expect(classify({ rules: [], otherwise: 'direct' }, { team: 'marketing' })).toBe('direct');
  });
  it('spell a stated channel as in the rules, otherwise as it is stated', () => {
    const own: ChannelRules = {
      rules: [...rules.rules, { when: { source: 'x' }, channel: 'Café' }],
      otherwise: 'unknown',
    };
    expect(
      ['PAID  search ', 'cafe\u0301', ' Web  inar', 'UNKNOWN'].map((channel) => classify(own, { channel })),
    ).toEqual([...['paid search', 'Café', 'Web inar', 'unknown']]);
  });
  it('match one of several values, the action, the page and the team', () => {
    const own: ChannelRules = {
      rules: [
        { when: { medium: ['cpc', 'pp*'], direction: 'inbound' }, channel: 'ads' },
        { when: { action: 'call', team: 'sales' }, channel: 'phone' },
        { when: { page: '/partners/*' }, channel: 'partner' },
      ],
      otherwise: 'other',
    };
    expect(validateBody('channel-rules', own)).toBeUndefined();
    expect([
      classify(own, { medium: 'PPC', direction: 'inbound' }),
      classify(own, { medium: 'ppc', direction: 'outbound' }),
      classify(own, { action: 'Call', team: 'sales' }),
      classify(own, { page: '/partners/acme' }),
    ]).toEqual(['ads', 'other', 'phone', 'partner']);
  });

  it('test the landing page, and assign a sub-channel, their own or the stated one', () => {
    const own: ChannelRules = {
      rules: [
        { when: { landingPage: ['/brand', '/brand/*'] }, channel: 'paid search', subChannel: 'brand' },
        { when: { medium: 'cpc' }, channel: 'paid search', subChannel: '$source' },
        { when: { channel: '*' }, channel: '$channel', subChannel: '$campaign' },
      ],
      otherwise: 'other',
    };
    expect(validateBody('channel-rules', own)).toBeUndefined();
    const classified = touchClassifier(own);
    expect([
      classified({ landingPage: '/Brand/2024', page: '/pricing', medium: 'cpc', source: 'google' }),
      classified({ page: '/brand', medium: 'cpc', source: ' Google ' }),
      classified({ medium: 'cpc' }),
      classified({ channel: 'Fair', campaign: 'spring' }),
      classified({ team: 'sales' }),
    ]).toEqual([
      { channel: 'paid search', subChannel: 'brand' },
      { channel: 'paid search', subChannel: 'Google' },
      { channel: 'paid search', subChannel: null },
      { channel: 'Fair', subChannel: 'spring' },
      { channel: 'sales', subChannel: null },
    ]);
  });

  it('assign spend to the channel of the touches that it paid for', () => {
    const spent = spendClassifier({
      rules: [
        { when: { channel: 'Search Ads' }, channel: 'paid search' },
        { when: { campaign: 'brand-*' }, channel: 'brand' },
        { when: { source: '(none)' }, channel: 'direct' },
        { when: {}, channel: 'everything' },
      ],
      otherwise: 'other',
    });
    const of = (channel: string, campaignId = 'spring') =>
      spent({ channel, campaignId, source: null, medium: null }).channel;
    // No rule names a trade fair: touches that state it match the last rule, and so does their spend.
    expect([of('search ads'), of('any', 'Brand-2024'), of('PAID SEARCH '), of('Trade fair')]).toEqual([
      ...['paid search', 'brand', 'paid search', 'everything'],
    ]);
  });
  it('treat fields that spend does not state as unknown, not as absent', () => {
    const body: ChannelRules = {
      sites: [{ name: 'search', members: ['google'] }],
      rules: [
        { when: { source: '(none)', medium: '(none)' }, channel: 'direct' },
        { when: { site: 'search', medium: 'cpc' }, channel: 'paid search', subChannel: '$source' },
        { when: { source: 'google' }, channel: 'search' },
        { when: { team: 'marketing', medium: 'email' }, channel: 'mail' },
      ],
      otherwise: 'other',
    };
    const spent = spendClassifier(body);
    const unknown = { channel: null, source: null, medium: null, campaignId: null };
    expect([
      spent({ ...unknown, channel: 'Paid  Search' }),
      spent({ ...unknown, source: 'Google', medium: 'cpc' }),
      spent({ ...unknown, source: 'google' }),
      spent({ ...unknown, medium: 'email', source: ' ' }),
      spent({ ...unknown, channel: 'Fair' }),
      spent({ ...unknown, medium: 'banner' }),
    ]).toEqual([
      { channel: 'paid search', subChannel: null },
      { channel: 'paid search', subChannel: 'Google' },
      { channel: 'search', subChannel: null },
      { channel: 'mail', subChannel: null },
      { channel: 'other', subChannel: null },
      { channel: 'other', subChannel: null },
    ]);
  });
  it('assign spend with all fields of a touch to the channel of the touch', () => {
    const value = fc.constantFrom('a', 'b', '(none)', '*');
    const when = fc.record(
      { channel: value, source: value, medium: value, campaign: value, team: fc.constant('marketing') },
      { requiredKeys: [] },
    );
    const rule = fc.record({ when, channel: fc.constantFrom('one', 'two', '$channel', 'A') });
    const known = fc.constantFrom('a', 'b', 'c');
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 5 }),
        known,
        known,
        known,
        known,
        (rules, channel, source, medium, campaign) => {
          fc.pre(rules.every((one) => Object.keys(one.when).length > 0));
          const body: ChannelRules = { rules, otherwise: 'other' };
          const touch = touchClassifier(body)({ channel, source, medium, campaign, team: 'marketing' });
          const spend = spendClassifier(body)({ channel, source, medium, campaignId: campaign });
          const isItself = touch.channel === 'other' && rules.some((one) => one.channel.toLowerCase() === channel);
          expect(spend.channel).toBe(isItself ? 'A' : touch.channel);
        },
      ),
      { numRuns: 500 },
    );
  });

  const listed = (...members: string[]) => ({ sites: [{ name: 'ours', members }], rules: [], otherwise: 'other' });
  it.each([
    ['a list that is not there', { rules: [{ when: { site: 'serch' }, channel: 'x' }] }, 'rules.0.when.site'],
    ['no value', { rules: [{ when: { medium: [] }, channel: 'x' }] }, 'rules.0.when.medium'],
    ['a part of an address as a site', listed('*google*'), 'sites.0.members.0'],
    ['an address as a site', listed('partner.com', 'https://partner.com/x'), 'sites.0.members.1'],
    ['a site that stands twice', listed('Partner.com', 'partner.com'), 'sites.0.members.1'],
    [
      'two lists of one name',
      {
        ...listed(),
        sites: [
          { name: 'a', members: [] },
          { name: 'A ', members: [] },
        ],
      },
      'sites.1.name',
    ],
    [
      'a referrer by a part of it',
      { rules: [{ when: { referrer: '*partner*' }, channel: 'x' }] },
      'rules.0.when.referrer',
    ],
  ])('refuse %s, with the path', (_, body, path) =>
    expect(
      validateBody('channel-rules', { rules: [], otherwise: 'other', ...(body as object) } as never),
    ).toMatchObject({
      path,
    }),
  );

  it('match a wildcard as a regular expression does', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    fc.assert(
      fc.property(text, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 }), (pattern, source) => {
        fc.pre(source !== '');
        const one = channelClassifier({ rules: [{ when: { source: pattern }, channel: 'yes' }], otherwise: 'no' });
        expect(one({ source })).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(source) ? 'yes' : 'no');
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the version in force', () => {
  const [t1, t2, t3] = ['2024-01-01T00:00:00.000Z', '2024-02-01T00:00:00.000Z', '2024-03-01T00:00:00.000Z'];
  it('is the latest that has come into force', () => {
    const versions = [{ number: 1, from: t1 }, { number: 2, from: t3 }, { number: 3 }];
    expect([inForceAt(versions, '2023-12-31T00:00:00.000Z'), inForceAt(versions, t1), inForceAt(versions, t3)]).toEqual(
      [undefined, versions[0], versions[1]],
    );
  });
  it('is none after it is retired', () => {
    const versions = [
      { number: 1, from: t1 },
      { number: 2, from: t2, retiredAt: t3 },
    ];
    expect([inForceAt(versions, t2)?.number, inForceAt(versions, t3)]).toEqual([2, undefined]);
  });
  it('is not affected by one that was retired before it came into force', () =>
    expect(
      inForceAt(
        [
          { number: 1, from: t1 },
          { number: 2, from: t3, retiredAt: t2 },
        ],
        t3,
      )?.number,
    ).toBe(1));
});

describe('the difference of two bodies', () => {
  it('lists every changed leaf', () =>
    expect(differencesBetween({ a: 1, b: { c: [1, 2] }, d: null }, { a: 2, b: { c: [1, 3, 4] }, e: 'x' })).toEqual([
      { path: 'a', before: 1, after: 2 },
      { path: 'b.c.1', before: 2, after: 3 },
      { path: 'b.c.2', after: 4 },
      { path: 'd', before: null },
      { path: 'e', after: 'x' },
    ]));
  it('is empty for equal bodies', () => expect(differencesBetween({ a: [{ b: 1 }] }, { a: [{ b: 1 }] })).toEqual([]));
});
