import { lookThrough, type StoredEvent } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { entriesOf, entryAt, isActive, stretchesOf } from './entries.model';
import { availableFor, isAvailable, managerOf } from './look-up.rules';
import type { PersonEvent } from './person.events';

const set = (occurredAt: string, team: string, more: object = {}) =>
  recorded<PersonEvent>({ type: 'DirectoryEntrySet', data: { personId: 'ada', team, ...more } }, { occurredAt });
const [march, may, june] = ['2024-03-01', '2024-05-01', '2024-06-01'].map((day) => `${day}T00:00:00.000Z`) as [
  string,
  string,
  string,
];

describe('the entries of one person', () => {
  it('hold from when they were said to, whatever was recorded first; the first one for all days before', () => {
    const entries = entriesOf([set(may, 'sales'), set(march, 'success')]);
    const teamAt = (at: string) => entryAt(entries, at)?.team;
    expect([teamAt('2020-01-01T00:00:00.000Z'), teamAt(march), teamAt(may), teamAt(june)]).toEqual([
      ...['success', 'success', 'sales', 'sales'],
    ]);
    expect(stretchesOf(entries)).toMatchObject([
      { from: '', until: may, entry: { team: 'success' } },
      { from: may, until: undefined, entry: { team: 'sales' } },
    ]);
    expect(entryAt([], may)).toBeUndefined();
  });
  it('are active by the days of their zone, the last one included', () => {
    const entry = { team: 'sales', timeZone: 'Pacific/Auckland', activeFrom: '2024-03-01', activeTo: '2024-03-31' };
    expect(isActive(entry, '2024-02-29T10:59:59.000Z')).toBe(false);
    expect(isActive(entry, '2024-02-29T11:00:00.000Z')).toBe(true);
    expect(isActive(entry, '2024-03-31T10:59:59.000Z')).toBe(true);
    expect(isActive(entry, '2024-03-31T11:00:00.000Z')).toBe(false);
  });
});

describe('whom a role of an SLA step means', () => {
  const person = (personId: string, more: object): readonly StoredEvent[] => [
    recorded({ type: 'DirectoryEntrySet', data: { personId, team: 'sales', ...more } }, { occurredAt: march }),
  ];
  const streams: Readonly<Record<string, readonly StoredEvent[]>> = {
    'person-ada': person('ada', { manager: 'bea' }),
    'person-bea': person('bea', { manager: 'cleo', activeTo: '2024-04-30' }),
    'person-cleo': person('cleo', {}),
    'person-gone': person('gone', { activeTo: '2024-04-30' }),
    'person-left': person('left', { manager: 'right', activeTo: '2024-04-30' }),
    'person-right': person('right', { manager: 'left', activeTo: '2024-04-30' }),
  };
  const look = lookThrough((stream) => Promise.resolve(streams[stream] ?? []));

  it('is the manager of that day, or the next one above who is at work', async () => {
    expect(await managerOf('ada', '2024-04-01T00:00:00.000Z', look)).toBe('bea');
    expect(await managerOf('ada', may, look)).toBe('cleo');
    expect(await managerOf('cleo', may, look)).toBeUndefined();
  });
  it('is an actor without an entry as named', async () => {
    expect(await isAvailable('nobody-knows', may, look)).toBe(true);
    expect(await availableFor('nobody-knows', may, look)).toBe('nobody-knows');
    expect(await managerOf('nobody-knows', may, look)).toBeUndefined();
  });
  it('is nobody where all above have left, even in a cycle that two processes made', async () => {
    expect(await availableFor('gone', may, look)).toBeUndefined();
    expect(await availableFor('left', may, look)).toBeUndefined();
    expect(await availableFor('bea', may, look)).toBe('cleo');
  });
});
