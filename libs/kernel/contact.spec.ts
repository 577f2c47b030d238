import fc from 'fast-check';
import {
  emailOf,
  formatMoney,
  hostOf,
  isCountry,
  isCurrency,
  minorDigits,
  withoutAddresses,
  moneyOf,
  phoneTerms,
  phoneOf,
  emailTerms,
} from '.';

describe('an e-mail address', () => {
  it('has the same normal form in its plain form as with the brackets that only the grammar of RFC 5322 reads', () => {
    const part = fc.stringMatching(/^[a-zA-Z0-9!#$%&'*+/=?^_`{|}~.-]{1,12}$/);
    const host = fc.stringMatching(/^[a-zA-Z0-9.-]{1,14}\.(com|co\.uk|x)$/);
    let addresses = 0;
    const check = (local: string, domain: string) => {
      const plain = emailOf(`${local}@${domain}`);
      addresses += plain === undefined ? 0 : 1;
      expect({ local, domain, plain }).toEqual({ local, domain, plain: emailOf(`<${local}@${domain}>`) });
    };
    fc.assert(fc.property(part, host, check), { numRuns: 2_000 });
    expect(addresses).toBeGreaterThan(100);
  });

  it.each([
    ['ann@example.com', 'ann@example.com'],
    ['ann@example.com\u00a0', 'ann@example.com'],
    ['\u200bann@example.com', 'ann@example.com'],
    ['\ufeffann\u00ad@exam\u200dple.com\u200e', 'ann@example.com'],
    ['\u202aann@example.com\u202c', 'ann@example.com'],
    ['“ann@example.com”', 'ann@example.com'],
    ["'ann@example.com'", 'ann@example.com'],
    ['„ann@example.com“;', 'ann@example.com'],
    ['"mailto:ann@example.com"', 'ann@example.com'],
    ['“Ann” <ann@example.com>', 'ann@example.com'],
    ['o’neil@example.com', "o'neil@example.com"],
    ['ann＠example.com', 'ann@example.com'],
    ['<ann@example.com>', 'ann@example.com'],
    ['Ann <ann@example.com>', 'ann@example.com'],
    ['mailto:ann@example.com', 'ann@example.com'],
    ['ANN@EXAMPLE.COM.', 'ann@example.com'],
    ['ann@example.com;', 'ann@example.com'],
    ['jose\u0301@example.org', 'josé@example.org'],
    ['josé@example.org', 'josé@example.org'],
    ['info@müller.example', 'info@xn--mller-kva.example'],
    ['info@xn--mller-kva.example', 'info@xn--mller-kva.example'],
    ['STRASSE@example.com', 'strasse@example.com'],
    ['straße@example.com', 'straße@example.com'],
    ['bob+spam@gmail.com', 'bob+spam@gmail.com'],
    ['b.o.b@gmail.com', 'b.o.b@gmail.com'],
  ])('%j has the normal form %j', (text, form) => {
    expect(emailOf(text)).toBe(form);
    expect(emailOf(form)).toBe(form);
  });
  it.each([
    ...[
      'n/a',
      'N/A',
      'none',
      'NONE',
      'none@none',
      'x',
      '',
      ' ',
      '-',
      '@',
      'ann@',
      '@example.com',
      'not an email at all',
      '\u200b',
      '“”',
    ],
    ...['a@example.com, b@example.com', 'ann@localhost', 'ann@127.0.0.1', 'ann@[127.0.0.1]', 'ann@co.uk', 'a..b@x.org'],
    ...['ann@exa mple.com', '"a b"@example.com', 'ann@example.com/x', 'ann@-x.org'],
  ])('cannot be %j', (text) => expect(emailOf(text)).toBeUndefined());
});

describe('search terms', () => {
  it.each(['info@müller.example', 'Info <INFO@xn--mller-kva.example>', 'mailto:info@müller.example.'])(
    'of an e-mail address are its normal form: %s',
    (text) => expect(emailTerms(text)).toEqual(['info@xn--mller-kva.example']),
  );
  it.each(['+44 20 7946 0958', '0044 (20) 7946-0958', '\u202a+442079460958\u202c'])(
    'of a phone number are its digits: %s',
    (text) => expect(phoneTerms(text)).toEqual(['442079460958']),
  );
  it('of other texts are the text itself, or nothing', () => {
    expect([emailTerms(' N/A\u200b'), phoneTerms('n/a'), emailTerms(' ')]).toEqual([['n/a'], [], []]);
  });
});

describe('a host', () => {
  it.each([
    ['Example.COM', 'example.com'],
    ['www.müller.example.', 'www.xn--mller-kva.example'],
    ['“\u202apartner\u00ad.com\u202c”', 'partner.com'],
  ])('%s is %s', (text, form) => expect(hostOf(text)).toBe(form));
  it.each(['localhost', '10.0.0.1', '0x7f.1', 'com', 'a/b.com', 'user@a.com', ''])('is not "%s"', (text) =>
    expect(hostOf(text)).toBeUndefined(),
  );
});

describe('a phone number', () => {
  it.each([
    ['+44 20 7946 0958', '+442079460958'],
    ['0044 (20) 7946-0958', '+442079460958'],
    ['tel:+44-20-7946-0958', '+442079460958'],
    ['+44 20 7946 0958 ext. 5', '+442079460958;ext=5'],
    ['030 123456', '030 123456'],
    ['\u202a+44 20 7946 0958\u202c', '+442079460958'],
  ])('%s is %s', (text, form) => {
    expect(phoneOf(text)).toBe(form);
    expect(phoneOf(form)).toBe(form);
  });
  it.each(['n/a', 'call me', '+1 555', '123', '+999 12345678', ''])('is not "%s"', (text) =>
    expect(phoneOf(text)).toBeUndefined(),
  );
});

describe('a country', () => {
  it.each(['DE', 'deu', 'UK', 'USA', 'Germany', 'Türkiye', ' '])('can be "%s"', (text) =>
    expect(isCountry(text)).toBe(true),
  );
  it.each(['XX', 'ZZZ', 'n/a', '-', '?'])('is not "%s"', (text) => expect(isCountry(text)).toBe(false));
});

describe('a currency', () => {
  it.each([
    ['HUF', 2],
    ['COP', 2],
    ['RSD', 2],
    ['IDR', 2],
    ['PKR', 2],
    ['IQD', 3],
    ['KWD', 3],
    ['JPY', 0],
    ['CLF', 4],
    ['XCG', 2],
  ])('%s has the %d places of ISO 4217', (code, digits) => expect(minorDigits(code)).toBe(digits));
  it('sets the decimal places with which amounts are parsed and formatted', () => {
    expect(moneyOf('63250.25', 'HUF')).toEqual({ minor: 6_325_025, currency: 'HUF' });
    expect(formatMoney({ minor: 6_325_025, currency: 'HUF' })).toBe('63,250.25 HUF');
  });
  it.each(['EURO', 'usd', 'ZZZ', ''])('is not "%s"', (code) => expect(isCurrency(code)).toBe(false));
});

describe('a text without addresses', () => {
  it.each([
    ['/thanks?email=ada@example.org&x=1', '/thanks?email=[address]&x=1'],
    ['/thanks?e=ada%40example.org', '/thanks?e=[address]'],
    ['https://x.org/u/Ada.L+news@müller.example/', 'https://x.org/u/[address]/'],
    ['Ada <ada@example.org>, bob@example.com', 'Ada <[address]>, [address]'],
    ['meet @ 10.30', 'meet @ 10.30'],
    ['C@fé Müller', 'C@fé Müller'],
    ['/pricing', '/pricing'],
  ])('of "%s" is "%s"', (text, expected) => expect(withoutAddresses(text)).toBe(expected));
});
