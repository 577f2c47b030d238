import fc from 'fast-check';
import type { Document } from '@baton/kernel';
import { UnsavedDocuments } from './unsaved-documents';

const step = fc.record({ id: fc.nat(11).map(String), seen: fc.jsonValue(), writes: fc.boolean() });

describe('unsaved documents', () => {
  it('are those that were set last, whether they are objects or packed', () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const unsaved = new UnsavedDocuments('deals-v1', 2);
        const expected = new Map<string, Document>();
        for (const [index, { id, seen, writes }] of steps.entries()) {
          expect(unsaved.get(id)).toEqual(expected.get(id));
          if (!writes) continue;
          const document = { id, position: String(index), doc: JSON.parse(JSON.stringify({ seen })) as object };
          unsaved.set(document);
          expected.set(id, document);
        }
        for (let id = 0; id < 12; id++) expect(unsaved.has(String(id))).toBe(expected.has(String(id)));
        expect(unsaved.size).toBe(expected.size);
        const all = [...unsaved].sort((a, b) => Number(a.id) - Number(b.id));
        expect(all).toEqual([...expected.values()].sort((a, b) => Number(a.id) - Number(b.id)));
      }),
    ));

  it('that were not used of late are packed, and counted in bytes until they are used again', () => {
    const unsaved = new UnsavedDocuments('deals-v1', 2);
    for (let id = 0; id < 10; id++) unsaved.set({ id: String(id), position: '1', doc: { title: 'a'.repeat(1000) } });
    expect([...unsaved.recentOnes()].map(({ id }) => id)).toEqual(['6', '7', '8', '9']);
    expect(unsaved.bytes).toBeGreaterThan(6_000);
    for (let id = 0; id < 6; id++) unsaved.get(String(id));
    expect(unsaved.size).toBe(10);
    expect([...unsaved.recentOnes()].map(({ id }) => id)).toContain('5');
  });

  it('of a few bytes count as what they take beside these', () => {
    const unsaved = new UnsavedDocuments('deals-v1', 500);
    for (let id = 0; id < 2_000; id++) unsaved.set({ id: String(id), position: '1', doc: {} });
    expect(unsaved.bytes).toBeGreaterThan(100 * 1_000);
  });
});
