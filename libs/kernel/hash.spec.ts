import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalJson, idsIn } from '.';

describe('canonical JSON', () => {
  it('is that of RFC 8785, for any value', () =>
    fc.assert(fc.property(fc.jsonValue(), (value) => expect(canonicalJson(value)).toBe(canonicalize(value)))));

  it.each([
    { b: 1, a: [{ d: 2, c: undefined }, 1e21, -0] },
    { 10: 'ten', 9: 'nine', b: { 1: 2 } },
    { '€': 1, '\r': 2, דּ: 3, '😀': 4, ö: 5 },
    JSON.parse('{"b":{"__proto__":1},"a":2}') as unknown,
    { at: new Date(0), also: null },
    ['\u2028', '\u0007"\\', 'A'],
  ])('of %j', (value) => expect(canonicalJson(value)).toBe(canonicalize(value)));

  it('does not exist of what is no number', () => expect(() => canonicalJson({ a: [Number.NaN] })).toThrow());
});

describe('an id made from a name', () => {
  it('is the UUID of version 5', () => {
    const domains = idsIn('6ba7b810-9dad-11d1-80b4-00c04fd430c8');
    expect(domains('www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2'); // RFC 9562, appendix A.4
    for (const name of ['', 'ü😀', 'x'.repeat(1000)])
      expect(domains(name)).toMatch(/^[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  });
});
