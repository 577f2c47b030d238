import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import {
  allocate,
  allocateExact,
  decimalOf,
  DecimalSum,
  formatMoney,
  withThousandsSeparators,
  isCurrency,
  minorDigits,
  minorOf,
  exactDifference,
  moneyDifference,
  moneyOf,
  MoneySums,
  splitExact,
  wholeNumberOf,
} from '.';

/**
 * Every code with its decimal places. Amounts are stored in minor units, so if the places of a code changed, stored
 * amounts would change their meaning. Codes may be added, but not removed, and their places must not change.
 */
const RECORDED: Readonly<Record<number, string>> = {
  0:
    'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XAG XAU XBA XBB XBC XBD XDR XOF XPD XPF ' +
    'XPT XSU XTS XUA XXX ',
  2:
    'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD ' +
    'CDF CHE CHF CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EEK EGP ERN ETB EUR FJD FKP GBP GEL GHS ' +
    'GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL ' +
    'LTL LVL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN ' +
    'PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB ' +
    'TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VEF VES WST XCD XCG YER ZAR ZMW ZWG ZWL ',
  3: 'BHD IQD JOD KWD LYD OMR TND ',
  4: 'CLF UYW ',
};

describe('the decimal places of a currency', () => {
  const recorded = Object.entries(RECORDED).flatMap(([digits, codes]) =>
    codes
      .trim()
      .split(' ')
      .map((code) => [code, Number(digits)] as const),
  );
  it('never change', () => {
    expect(recorded.length).toBeGreaterThan(180);
    expect(recorded.filter(([code, digits]) => !isCurrency(code) || minorDigits(code) !== digits)).toEqual([]);
  });
  it('do not come from Intl, whose places of HUF, COP, IDR, RSD, PKR and IQD vary', () => {
    const given = jest.spyOn(Intl, 'NumberFormat').mockImplementation(() => {
      throw new Error('Intl was used');
    });
    try {
      expect(['HUF', 'COP', 'IDR', 'RSD', 'PKR', 'IQD'].map((code) => moneyOf('1500', code).minor)).toEqual([
        150_000, 150_000, 150_000, 150_000, 150_000, 1_500_000,
      ]);
      expect(formatMoney(moneyOf('1500.50', 'HUF'))).toBe('1,500.50 HUF');
    } finally {
      given.mockRestore();
    }
  });
});

describe('sums of amounts', () => {
  it('are kept per currency, without exchange rates', () => {
    const sums = new MoneySums()
      .add(moneyOf('10.00', 'USD'))
      .add(moneyOf('5', 'JPY'))
      .add(moneyOf('0.01', 'USD'))
      .add(null);
    expect(sums.list()).toEqual([
      { minor: 5, currency: 'JPY' },
      { minor: 1001, currency: 'USD' },
    ]);
    expect(sums.list(['EUR', 'USD'])).toEqual([
      { minor: 0, currency: 'EUR' },
      { minor: 1001, currency: 'USD' },
    ]);
    expect(minorOf(sums.list(), 'USD')).toBe(1001);
    expect(minorOf(sums.list(), 'EUR')).toBe(0);
    expect(new MoneySums().list()).toEqual([]);
  });
  it('are exact beyond 2^53 minor units', () => {
    const most = { minor: Number.MAX_SAFE_INTEGER, currency: 'IDR' };
    const [sum] = new MoneySums().add(most).add(most).add({ minor: 1, currency: 'IDR' }).list();
    expect(sum).toEqual({ minor: '18014398509481983', currency: 'IDR' });
    expect(decimalOf(sum!)).toBe('180143985094819.83');
    expect(moneyDifference([sum!], [most])).toEqual([{ minor: '9007199254740992', currency: 'IDR' }]);
    expect(moneyDifference([most], [sum!])).toEqual([{ minor: '-9007199254740992', currency: 'IDR' }]);
    expect([wholeNumberOf(2n ** 53n - 1n), wholeNumberOf(2n ** 53n), wholeNumberOf(-(2n ** 53n))]).toEqual([
      9007199254740991,
      '9007199254740992',
      '-9007199254740992',
    ]);
  });
  it('are written in major units', () =>
    expect([
      decimalOf({ minor: -5, currency: 'USD' }),
      decimalOf({ minor: 1234, currency: 'KWD' }),
      decimalOf({ minor: -7, currency: 'JPY' }),
    ]).toEqual(['-0.05', '1.234', '-7']));
  it('are formatted with grouped thousands, in any locale of the machine', () => {
    expect(
      [
        { minor: 0, currency: 'EUR' },
        { minor: 100_000_000, currency: 'USD' },
        { minor: -1_234_567, currency: 'JPY' },
        { minor: 1_234_567, currency: 'KWD' },
        { minor: '18014398509481983', currency: 'IDR' },
      ].map(formatMoney),
    ).toEqual(['0.00 EUR', '1,000,000.00 USD', '-1,234,567 JPY', '1,234.567 KWD', '180,143,985,094,819.83 IDR']);
    expect([0, 999, 1000, -1000, 1234567.5, '1234.56789'].map(withThousandsSeparators)).toEqual([
      '0',
      '999',
      '1,000',
      '-1,000',
      '1,234,567.5',
      '1,234.56789',
    ]);
  });
});

describe('a split', () => {
  it('adds up to the whole, for any amount and weights', () =>
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
        fc.array(fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e6, noNaN: true })), { minLength: 1 }),
        (amount, weights) => {
          fc.pre(weights.some((weight) => weight > 0));
          const parts = allocateExact(amount, weights);
          expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(amount);
          expect(parts.every((part) => part === 0n || part > 0n === amount > 0n)).toBe(true);
        },
      ),
    ));
  it('of minor units gives the earlier part the unit', () => expect(allocate(100, [1, 1, 1])).toEqual([34, 33, 33]));
  it('of one conversion adds up to one, in any order', () =>
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 }), (weights) => {
        fc.pre(weights.some((weight) => weight > 0));
        const sum = (parts: readonly number[]) => parts.reduce((all, part) => all.add(part), new DecimalSum()).value;
        expect(sum(splitExact(1, weights))).toBe(1);
        expect(sum(splitExact(1, weights).reverse())).toBe(1);
      }),
    ));
});

describe('shares of a whole number', () => {
  it('add up to it as printed, for any number', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000_000 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }),
        (whole, weights) => {
          fc.pre(weights.some((weight) => weight > 0));
          const read = (parts: readonly number[]) =>
            parts.reduce((sum, part) => sum.plus(String(part)), new Decimal(0)).toString();
          const parts = splitExact(whole, weights);
          expect(read(parts)).toBe(String(whole));
          const sums = weights.map(() => new DecimalSum());
          for (let one = 0; one < 7; one++) splitExact(1, weights).forEach((part, at) => sums[at]!.add(part));
          expect(read(DecimalSum.roundedToTotal(sums))).toBe('7');
        },
      ),
    ));
  it('of one third each', () => {
    expect(splitExact(1, [1, 1, 1])).toEqual([0.333333333333334, 0.333333333333333, 0.333333333333333]);
    expect(splitExact(100, [1, 1, 1])).toEqual([33.333333333334, 33.333333333333, 33.333333333333]);
  });
});

describe('a sum of decimals', () => {
  it('has no floating-point error', () => {
    const tenths = new DecimalSum();
    for (let one = 0; one < 10; one++) tenths.add(0.1);
    expect(tenths.value).toBe(1);
    expect(new DecimalSum().add(0.1).add(0.2).value).toBe(0.3);
    expect(new DecimalSum().add(19785.1).add(0.2).value).toBe(19785.3);
    for (const value of [5.51171255275221, 1.51005285350142, -2.56678283892887, 123456.789012345])
      expect(new DecimalSum().add(value).value).toBe(value);
    expect(new DecimalSum().add(1 / 3, 3).value).toBe(0.999999999999999);
    expect(exactDifference(0.3, 0.1)).toBe(0.2);
    expect(new DecimalSum().add(-0.1).add(0.3).value).toBe(0.2);
  });
  it('of whole numbers equals their sum', () =>
    fc.assert(
      fc.property(fc.array(fc.integer()), (numbers) =>
        expect(numbers.reduce((sum, one) => sum.add(one), new DecimalSum()).value + 0).toBe(
          numbers.reduce((sum, one) => sum + one, 0) + 0,
        ),
      ),
    ));
});
