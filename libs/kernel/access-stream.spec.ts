import { mergeReads } from './access-stream';
import { anEvent } from './testing';

const SECOND = '2024-01-17T10:00:05';
const read = (subjects: readonly string[], more: object = {}, by: object = {}, type = 'PersonalDataRead') => {
  const data = { operation: 'Query.leads', subjects, people: subjects.length, answers: 1, ...more };
  const event = anEvent(data, type);
  return { ...event, meta: { ...event.meta, occurredAt: `${SECOND}.100Z`, ...by } };
};
const many = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `lead-${from + n}`);

describe('answers that are merged', () => {
  it('are those to one question within a second: one event names everybody, once', () => {
    const [one, two] = [read(['lead-a', 'lead-b']), read(['lead-c', 'lead-a'], {}, { occurredAt: `${SECOND}.900Z` })];
    const [other, three] = [anEvent(), read(['lead-b'], { answers: 4 })];
    const merged = mergeReads([one, other, two, three]);
    expect(merged.map(({ members }) => members)).toEqual([[one, two, three], [other]]);
    const [{ event }] = merged as [(typeof merged)[number]];
    expect(event).toMatchObject({
      type: 'PersonalDataRead',
      data: { operation: 'Query.leads', subjects: ['lead-a', 'lead-b', 'lead-c'], people: 3, answers: 6 },
      meta: { actor: 'tester', occurredAt: one.meta.occurredAt, commandId: event.id, $causationId: event.id },
    });
    expect(merged[1]!.event).toBe(other);
    expect(mergeReads([one, two, three])[0]!.event).toEqual(event);
    const ids = [[one, two], [two, one], [one]].map((some) => mergeReads(some)[0]!.event.id);
    expect(new Set([...ids, event.id]).size).toBe(4);
    expect(ids[2]).toBe(one.id);
  });

  it.each([
    ['of another second', {}, { occurredAt: '2024-01-17T10:00:06.000Z' }],
    ['to somebody else', {}, { actor: 'bob' }],
    ['to another kind of caller', {}, { origin: 'connector' }],
    ['to another question', { operation: 'Query.lead' }, {}],
    ['for a reason', { reason: 'complaint 12' }, {}],
    ['that need several events', { people: 501 }, {}],
  ])('are not those %s', (_what, data, by) => {
    const [one, two] = [read(['lead-a']), read(['lead-a'], data, by)];
    expect(mergeReads([one, two]).map(({ event }) => event)).toEqual([one, two]);
  });

  it('are not those for which somebody was opened', () => {
    const opened = () => read(['lead-a'], { reason: 'complaint 12' }, {}, 'PersonalDataOpened');
    const some = [opened(), opened()];
    expect(mergeReads(some).map(({ event }) => event)).toEqual(some);
  });

  it('name at most 500 people', () => {
    const some = [read(many(300)), read(many(200, 300)), read(many(300)), read(many(1, 500)), read(many(2, 500))];
    const named = mergeReads(some).map(({ event }) => event.data as { subjects: string[]; answers: number });
    expect(named.map(({ subjects, answers }) => [subjects.length, answers])).toEqual([
      [500, 3],
      [2, 2],
    ]);
  });
});
