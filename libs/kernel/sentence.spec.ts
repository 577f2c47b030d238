import { events } from './event';
import { flag, instant, integer, list, money, object, oneOf, optional, personal, ref, state, text } from './schema';
import { durationInWords, instantInWords, valueInWords } from './sentence';

const leadId = ref('lead');
const fields = {
  leadId,
  reason: text(),
  late: flag(),
  touches: list(object({ action: text() })),
  note: optional(personal(text())),
  amount: optional(money()),
};
const sentenceOf = (sentence: string) =>
  events({ Rejected: { version: 1, sentence, ...fields } }).schemas.get('Rejected')!.sentence;
const data = { leadId: 'ada', reason: 'no-budget', late: true, touches: [{ action: 'call' }, { action: 'form' }] };

describe('the sentence of an event type', () => {
  it('is filled with values, codes in words, lengths and choices', () => {
    expect(sentenceOf('{leadId}: {reason:words}, {late?late:in time}, {touches:count} touches').render(data)).toBe(
      'ada: no budget, late, 2 touches',
    );
    expect(sentenceOf('{late?late:in time}').render({ ...data, late: false })).toBe('in time');
  });
  it('leaves out a part whose value is absent or hidden, and lists the fields that it shows', () => {
    const sentence = sentenceOf('Rejected: {reason:words}[ (“{note}”)][, over {amount}]');
    const note = 'next year';
    const amount = { minor: 123_456_789, currency: 'USD' };
    expect(sentence.render({ ...data, note, amount })).toBe('Rejected: no budget (“next year”), over 1,234,567.89 USD');
    expect(sentence.shownFields({ ...data, note, amount })).toEqual(['reason', 'note', 'amount']);
    for (const hidden of [undefined, { personal: 'sealed' }, { personal: 'forgotten' }]) {
      expect(sentence.render({ ...data, note: hidden })).toBe('Rejected: no budget');
      expect(sentence.shownFields({ ...data, note: hidden })).toEqual(['reason']);
    }
  });
  it.each([
    ['', 'give a sentence'],
    ['Rejected: {why}', 'unknown field {why}'],
    ['Rejected: {note}', '{note} is optional'],
    ['Rejected: {reason', 'give a sentence'],
    ['Rejected[: {reason}', 'give a sentence'],
  ])('is refused when the event type is declared: %s', (sentence, fault) => {
    expect(() => sentenceOf(sentence)).toThrow(fault);
  });
  it('has a declaration whose marks must name fields of the event', () => {
    const sentence = 'x';
    expect(() => events({ A: { version: 1, sentence, leadId, rep: state('lead.rep', text(), ['kind']) } })).toThrow(
      'A: decidedBy or a state names the unknown field kind',
    );
    expect(() => events({ A: { version: 1, sentence, leadId, decidedBy: { definition: 'definition' } } })).toThrow(
      'names the unknown field definition',
    );
  });
});

describe('values in words', () => {
  it('are durations in hours, minutes and seconds', () => {
    expect([0, 7_500_000, 172_800_000, 61_000, 250, -60_000].map(durationInWords)).toEqual([
      '0 s',
      '2 h 5 min',
      '48 h',
      '1 min 1 s',
      '250 ms',
      '−1 min',
    ]);
    expect(valueInWords(7_500_000, integer('', { unit: 'ms' }))).toBe('2 h 5 min');
    expect(durationInWords(1530 * 3_600_000)).toBe('1,530 h');
    expect(valueInWords(90, integer('', { unit: 'min' }))).toBe('1 h 30 min');
    expect(valueInWords(90, integer())).toBe('90');
    expect(valueInWords(12_500, integer())).toBe('12,500');
  });
  it('are amounts with the decimal places of their currency', () => {
    const amounts = [
      { minor: 100_000, currency: 'USD' },
      { minor: -123_456, currency: 'JPY' },
      { minor: 1_234_567, currency: 'KWD' },
      { minor: 99, currency: 'EUR' },
    ];
    expect(amounts.map((amount) => valueInWords(amount, money()))).toEqual([
      '1,000.00 USD',
      '-123,456 JPY',
      '1,234.567 KWD',
      '0.99 EUR',
    ]);
  });
  it('are instants in UTC, with seconds where there are some', () => {
    expect(instantInWords('2024-01-17T10:00:00.000Z')).toBe('2024-01-17 10:00 UTC');
    expect(valueInWords('2024-01-17T10:00:05.250Z', instant())).toBe('2024-01-17 10:00:05 UTC');
  });
  it('are words and lists of limited length', () => {
    expect(valueInWords('business-calendar', oneOf(['business-calendar']))).toBe('business calendar');
    expect(valueInWords('e-mail-click', oneOf(['e-mail-click']))).toBe('e-mail click');
    expect(valueInWords('no-budget', text())).toBe('no-budget');
    expect(valueInWords([], list(text()))).toBe('none');
    expect(valueInWords({ openedAt: 'x', deep: { count: 3 } })).toBe('opened at: x, deep: count: 3');
    expect(valueInWords(Array.from({ length: 12 }, (_, index) => index))).toBe(
      '0, 1, 2, 3, 4, 5, 6, 7, 8, 9, and 2 more',
    );
    expect(valueInWords(Array.from({ length: 4000 }, () => ({ a: 'b' })))).toBe('a: b; a: b; a: b; and 3997 more');
    expect(valueInWords({ a: { b: { c: { d: 'deep' } } } })).toBe('a: b: c: …');
    expect([...valueInWords('𝒳\n'.repeat(4000))]).toHaveLength(300);
  });
});
