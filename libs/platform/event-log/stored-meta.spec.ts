import fc from 'fast-check';
import type { EventMeta } from '@baton/kernel';
import { metaOf, storedMeta } from './stored-meta';

const id = fc.oneof(fc.uuid(), fc.constant('command-1'), fc.string());
const meta = fc
  .tuple(
    fc.record(
      {
        ...{ actor: fc.string(), origin: fc.constantFrom('person', 'system', 'connector'), occurredAt: fc.string() },
        ...{ commandId: id, commandHash: fc.string(), mode: fc.constantFrom('live', 'backfill'), sequence: fc.nat() },
        ...{ $correlationId: id, $causationId: id, schema: fc.nat(), note: fc.constant(null) },
      },
      { requiredKeys: ['actor', 'occurredAt', 'commandId'] },
    ),
    fc.boolean(),
  )
  .map(([fields, isTurned]) =>
    Object.fromEntries(isTurned ? Object.entries(fields).reverse() : Object.entries(fields)),
  );

describe('stored metadata', () => {
  it('is read as it was written, with its fields in their order', () =>
    fc.assert(
      fc.property(meta, (written) => {
        const read = metaOf(storedMeta(written as unknown as EventMeta));
        expect(JSON.stringify(read)).toBe(JSON.stringify(written));
      }),
    ));

  it('names neither its fields nor the id of its command twice', () => {
    const of = (sequence: object): EventMeta => ({
      ...{
        actor: 'ann',
        origin: 'person',
        occurredAt: '2024-01-01T00:00:00.000Z',
        commandId: 'c-1',
        commandHash: '1.f',
      },
      ...{ mode: 'live', ...sequence, $correlationId: 'c-1', $causationId: 'c-1', schema: 1 },
    });
    expect(storedMeta(of({}))).toBe('["ann","person","2024-01-01T00:00:00.000Z","c-1","1.f","live",0,0,1]');
    expect(storedMeta(of({ sequence: 7 }))).toMatch(/"live",0,0,1,7\]$/);
  });
});
