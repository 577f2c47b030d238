import fc from 'fast-check';
import { builtInChannelRules, channelClassifier, classify, type ChannelRules } from './channel.rules';
import { bodyFault, settled } from './kinds.rules';
import { difference, inForceAt } from './versions.rules';

describe('channel rules', () => {
  const rules: ChannelRules = {
    rules: [
      { when: { channel: 'Search Ads' }, channel: 'paid search' },
      { when: { source: 'g*gle', medium: '(none)' }, channel: 'search' },
      { when: { referrer: '*://*.partner.com/*' }, channel: 'partner' },
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
    [{ referrer: 'https://www.partner.com/x' }, 'partner'],
    [{ referrer: 'https://partner.com/x' }, 'unknown'],
    [{ channel: 'Webinar' }, 'Webinar'],
    [{ channel: '' }, ''],
    [{}, 'unknown'],
  ])('%j is %s', (touch, channel) => expect(classify(rules, touch)).toBe(channel));

  it('read a wildcard as a regular expression does', () => {
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

describe('the built-in channel rules', () => {
  const classified = channelClassifier(settled('channel-rules', undefined).body);
  it.each([
    [{ channel: '', source: 'google', medium: 'cpc' }, ''],
    [{ channel: 'organic_search' }, 'organic_search'],
    [{ source: 'google', medium: 'cpc' }, 'paid search'],
    [{ source: 'google', medium: 'organic' }, 'organic search'],
    [{ source: 'Facebook', medium: 'CPC' }, 'paid social'],
    [{ source: 'facebook.com', medium: 'referral' }, 'referral'],
    [{ source: 'linkedin', medium: 'social' }, 'organic social'],
    [{ source: 'spring-letter', medium: 'e-mail' }, 'email'],
    [{ source: 'dv360', medium: 'cpm' }, 'display'],
    [{ referrer: 'https://www.google.com/' }, 'organic search'],
    [{ referrer: 'https://t.co/abc' }, 'organic social'],
    [{ referrer: 'https://www.microsoft.com/' }, 'referral'],
    [{ source: '(direct)', medium: '(none)' }, 'direct'],
    [{}, 'direct'],
    [{ source: 'mystery', medium: 'box' }, 'other'],
  ])('%j is %s', (touch, channel) => expect(classified(touch)).toBe(channel));
  it('are themselves a good body', () => expect(bodyFault('channel-rules', builtInChannelRules)).toBeUndefined());
});

describe('the version in force', () => {
  const [t1, t2, t3] = ['2024-01-01T00:00:00.000Z', '2024-02-01T00:00:00.000Z', '2024-03-01T00:00:00.000Z'];
  it('is the latest that has begun', () => {
    const versions = [{ number: 1, from: t1 }, { number: 2, from: t3 }, { number: 3 }];
    expect([inForceAt(versions, '2023-12-31T00:00:00.000Z'), inForceAt(versions, t1), inForceAt(versions, t3)]).toEqual(
      [undefined, versions[0], versions[1]],
    );
  });
  it('leaves nobody in its place when it is retired', () => {
    const versions = [
      { number: 1, from: t1 },
      { number: 2, from: t2, retiredAt: t3 },
    ];
    expect([inForceAt(versions, t2)?.number, inForceAt(versions, t3)]).toEqual([2, undefined]);
  });
  it('is untouched by one that was retired before it began', () =>
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
  it('names every changed leaf', () =>
    expect(difference({ a: 1, b: { c: [1, 2] }, d: null }, { a: 2, b: { c: [1, 3, 4] }, e: 'x' })).toEqual([
      { path: 'a', before: 1, after: 2 },
      { path: 'b.c.1', before: 2, after: 3 },
      { path: 'b.c.2', after: 4 },
      { path: 'd', before: null },
      { path: 'e', after: 'x' },
    ]));
  it('of equal bodies is none', () => expect(difference({ a: [{ b: 1 }] }, { a: [{ b: 1 }] })).toEqual([]));
});
