import { isSite, siteFinder } from './sites.rules';

const find = siteFinder([
  ['search', ['google', 'google.*', '*.bing.com', 'com.google.android.googlequicksearchbox']],
  ['mail', ['mail.google.*', 'com.google.android.gm']],
  ['ours', ['\u200e*.bücher.example', '*.intra']],
]);

describe('sites', () => {
  it.each([
    // As a URL, a host alone, with a path, a port, a trailing dot, in capitals.
    ['https://www.google.com/search?q=baton', 'search'],
    ['//google.de/', 'search'],
    ['google.co.uk', 'search'],
    [' WWW.Google.com. ', 'search'],
    ['google.com/url?sa=t', 'search'],
    ['http://google.com.:8080/', 'search'],
    ['Google', 'search'],
    ['cn.bing.com', 'search'],
    ['android-app://com.google.android.googlequicksearchbox/https/www.google.com', 'search'],
    // A mail service of a search company is mail, as a site and as an app.
    ['https://mail.google.com/mail/u/0/', 'mail'],
    ['android-app://com.google.android.gm/', 'mail'],
    ['com.google.android.gm', 'mail'],
    // Another service of the same company is not a search engine.
    ['https://docs.google.com/', undefined],
    // A host that only contains the name: before, after, or under another host.
    ['https://bing-plumbers.example/', undefined],
    ['https://mybing.com/', undefined],
    ['https://google.com.phish.example/', undefined],
    ['https://google.phish.com/', undefined],
    ['https://notgoogle.com/', undefined],
    // Path, query and user of a URL are ignored.
    ['https://partner.example/?ref=google.com', undefined],
    ['partner.example/www.google.com', undefined],
    ['https://google.com@partner.example/', undefined],
    // A suffix without registered names is not a country of it.
    ['google.example', undefined],
    // International names are normalized.
    ['https://shop.xn--bcher-kva.example/', 'ours'],
    ['wiki.intra', 'ours'],
    ['mailto:ada@google.com', undefined],
    ['Spring news letter', undefined],
    ['', undefined],
  ])('%s is %s', (text, list) => expect(find(text)).toBe(list));

  it.each(['partner.com', '*.partner.com', 'google.*', '*.google.*', 'fb', 'com.slack', 'bücher.example'])(
    'are written as %s',
    (text) => expect(isSite(text)).toBe(true),
  );
  it.each(['', '*', '*google*', 'goo*gle.com', 'https://partner.com', 'partner.com/x', 'two words', '*.*'])(
    'are not written as "%s"',
    (text) => expect(isSite(text)).toBe(false),
  );
});
