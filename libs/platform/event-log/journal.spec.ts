import { randomUUID } from 'node:crypto';
import {
  catalogueOf,
  events,
  integer,
  isSealed,
  optional,
  personal,
  ref,
  text,
  type EventLog,
  type StoredEvent,
  type Sealed,
  type RawEvent,
} from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { MemoryKeyStore } from '../keys';
import { EmbeddedEventLog } from './embedded-event-log';
import { SealedJournal } from './journal';

const captured = {
  leadId: ref('lead'),
  source: text(),
  email: optional(personal(text())),
  name: optional(personal(text())),
};
const old = catalogueOf([events({ LeadCaptured: { version: 1, sentence: 'The lead was captured', ...captured } })]);
const current = catalogueOf([
  events(
    { LeadCaptured: { version: 2, sentence: 'The lead was captured', ...captured, weight: integer() } },
    { LeadCaptured: { 1: (data) => ({ ...(data as object), weight: 7 }) } },
  ),
]);
const person = { leadId: 'ada', source: 'web', email: 'ada@example.org', name: 'Ada Lövelace' };
const { leadId, source } = person;

const fact = (data: unknown, type = 'LeadCaptured') => {
  const commandId = randomUUID();
  const meta = {
    actor: 'tester',
    origin: 'person' as const,
    occurredAt: '2023-06-01T00:00:00.000Z',
    commandId,
    commandHash: 'hash',
    mode: 'live' as const,
    $correlationId: commandId,
    $causationId: commandId,
  };
  return { id: randomUUID(), type, data, meta };
};

describe('the sealed journal', () => {
  let log: EventLog;
  let keys: MemoryKeyStore;
  let journal: SealedJournal;
  beforeEach(() => {
    log = EmbeddedEventLog.open(':memory:', new FixedClock());
    keys = new MemoryKeyStore();
    journal = new SealedJournal(log, old, keys);
  });
  afterEach(() => log.close());
  const stored = async () => (await log.read('lead-ada'))[0]!;
  /** The data with its personal fields opened; fields of an erased person are left out. */
  const clear = async ({ data }: StoredEvent) => {
    const fields = Object.entries(data as Record<string, unknown>);
    const values = [...(await journal.open(fields.map(([, value]) => value).filter(isSealed)))];
    for (const value of values) if (value instanceof Error) throw value;
    const entries = fields.map(([name, value]) => [name, isSealed(value) ? values.shift() : value] as const);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  };
  const opened = (event: RawEvent) => clear(journal.decode(event));
  const ciphertext = { $sealed: expect.stringMatching(/^v1\.[A-Za-z0-9+/=]+$/) as string };

  it('returns what was written, with occurredAt and the schema version', async () => {
    const first = fact(person);
    expect(await journal.append('lead-ada', [first], 'none')).toMatchObject({ revision: 0 });
    const [event] = await journal.read('lead-ada');
    expect(event).toMatchObject({ id: first.id, occurredAt: first.meta.occurredAt, meta: { schema: 1 } });
    expect(await clear(event!)).toEqual(person);
  });

  it('stores personal fields sealed, and returns them with their subject and context', async () => {
    const first = fact(person);
    await journal.append('lead-ada', [first], 'none');
    const kept = await stored();
    expect(JSON.stringify(kept)).not.toMatch(/example\.org|velace/);
    expect(kept.data).toEqual({ leadId, source, email: ciphertext, name: ciphertext });
    const { email, name } = kept.data as { readonly email: object; readonly name: object };
    expect((await journal.read('lead-ada'))[0]!.data).toEqual({
      leadId,
      source,
      email: { ...email, subject: 'ada', context: `${first.id} LeadCaptured.email` },
      name: { ...name, subject: 'ada', context: `${first.id} LeadCaptured.name` },
    });
  });

  it('seals only fields that have a value', async () => {
    await journal.append('lead-ada', [fact({ leadId, source }), fact({ leadId, source, name: 'Ada' })], 'none');
    const [plain, named] = await log.read('lead-ada');
    expect(plain!.data).toEqual({ leadId, source });
    expect(named!.data).toEqual({ leadId, source, name: ciphertext });
    expect(await opened(named!)).toEqual({ leadId, source, name: 'Ada' });
  });

  it('distinguishes a lost key from an erased person', async () => {
    await journal.append('lead-ada', [fact(person)], 'none');
    const elsewhere = new SealedJournal(log, old, new MemoryKeyStore());
    const [event] = await elsewhere.read('lead-ada');
    const fields = Object.values(event!.data as object).filter(isSealed);
    const values = await elsewhere.open(fields);
    expect(fields.length).toBeGreaterThan(0);
    for (const value of values) expect(value).toMatchObject({ name: 'UnknownType', code: 'event/no-key' });
  });

  it('returns an erased person without personal fields, and refuses to record new ones', async () => {
    const other = { ...person, leadId: 'bob', email: 'bob@example.org' };
    await journal.append('lead-ada', [fact(person), fact(other)], 'none');
    await keys.destroy('ada');
    const [ada, bob] = await journal.read('lead-ada');
    expect(await clear(ada!)).toEqual({ leadId, source });
    expect(await clear(bob!)).toEqual(other);
    await expect(journal.append('lead-ada', [fact(person)], 1)).rejects.toMatchObject({ code: 'lead/erased' });
    await journal.append('lead-ada', [fact({ leadId, source })], 1);
  });

  it('cannot read sealed fields that were altered or moved, or have an unknown version', async () => {
    await journal.append('lead-ada', [fact(person), fact({ ...person, leadId: 'bob' })], 'none');
    const [ada, bob] = await log.read('lead-ada');
    const { email, name } = ada!.data as { readonly email: Sealed; readonly name: Sealed };
    const bytes = Buffer.from(email.$sealed.slice(3), 'base64');
    bytes[bytes.length - 1]! ^= 1;
    const withEmail = (event: RawEvent, $sealed: string) => ({
      ...event,
      data: { ...person, email: { $sealed }, name },
    });
    const altered = withEmail(ada!, `v1.${bytes.toString('base64')}`);
    const moved = { ...ada!, id: randomUUID() };
    const retyped = { ...bob!, data: { leadId: 'bob', source, email } };
    const swapped = withEmail(ada!, name.$sealed);
    const unknownVersion = withEmail(ada!, `v9.${email.$sealed.slice(3)}`);
    for (const event of [altered, moved, retyped, swapped, unknownVersion]) {
      const error = await opened(event).catch((fault: unknown) => fault as Error);
      expect(error).toMatchObject({ name: 'UnknownType', code: 'event/unreadable' });
      expect((error as Error).message).toContain(event.id);
      expect((error as Error).message).not.toContain('Ada');
    }
    expect(await opened(ada!)).toEqual(person);
  });

  it('refuses a stored event with a personal field in plain text', async () => {
    await journal.append('lead-ada', [fact(person)], 'none');
    const inClear = { ...(await stored()), data: person };
    expect(() => journal.decode(inClear)).toThrow(expect.objectContaining({ code: 'event/wrong-schema' }) as Error);
  });

  it('cannot be opened with the key of another store', async () => {
    await journal.append('lead-ada', [fact(person)], 'none');
    const strangers = new MemoryKeyStore();
    await strangers.make(['ada']);
    const { email } = (await journal.read('lead-ada'))[0]!.data as { readonly email: Sealed };
    const [error] = await new SealedJournal(log, old, strangers).open([email]);
    expect(error).toMatchObject({ code: 'event/unreadable' });
  });

  it('opens any number of values with one call of the key store', async () => {
    const people = Array.from({ length: 50 }, (_, n) => fact({ ...person, leadId: `lead-${n}`, name: `Person ${n}` }));
    await journal.append('lead-ada', people, 'none');
    const find = jest.spyOn(keys, 'find');
    const names = (await journal.read('lead-ada')).map(({ data }) => (data as { readonly name: Sealed }).name);
    expect(await journal.open(names)).toEqual(people.map(({ data }) => (data as typeof person).name));
    expect(find).toHaveBeenCalledTimes(1);
  });

  it('upcasts older versions to the current one', async () => {
    await journal.append('lead-ada', [fact(person)], 'none');
    const [event] = await new SealedJournal(log, current, keys).read('lead-ada');
    expect(await clear(event!)).toEqual({ ...person, weight: 7 });
    expect(event!.meta.schema).toBe(1);
  });

  it('reports unknown types, future versions and data that does not match its schema', async () => {
    await new SealedJournal(log, current, keys).append('lead-ada', [fact({ ...person, weight: 1 })], 'none');
    const event = await stored();
    const codes = [
      event,
      { ...event, type: 'NeverHeardOf' },
      { ...event, meta: { ...event.meta, schema: 1 }, data: { leadId } },
    ].map((each) => {
      try {
        return journal.decode(each);
      } catch (error) {
        return (error as { code: string }).code;
      }
    });
    expect(codes).toEqual(['event/future-version', 'event/unknown-type', 'event/wrong-schema']);
  });

  it('writes no event that does not match its own schema', async () => {
    const bad = [
      fact({ leadId }),
      fact(person, 'NeverHeardOf'),
      fact({ leadId, source, email: { $sealed: 'v1.AAAA' } }),
    ];
    for (const each of bad)
      await expect(journal.append('lead-ada', [fact(person), each], 'none')).rejects.toMatchObject({
        code: 'event/wrong-schema',
      });
    expect(await log.read('lead-ada')).toEqual([]);
  });

  const body = { type: 'CaptureLead', data: { leadId, phone: '+49 170 1234567', source } };
  const keyOwners = [{ field: 'leadId', kind: 'lead' }];
  const [phone, none] = [
    { personal: ['phone'], keyOwners },
    { personal: [], keyOwners },
  ];
  const hash = (data: object = body.data, like?: string) => journal.hashOf({ ...body, data }, phone, like);

  it('hashes equal command bodies to the same value, and others to another', async () => {
    expect(await hash()).toMatch(/^1\.[0-9a-f]{32}$/);
    expect(await hash()).toBe(await hash({ ...body.data }));
    expect(await hash()).not.toBe(await hash({ ...body.data, phone: '+49 170 1234568' }));
    expect(await hash()).not.toBe(await hash({ ...body.data, source: 'fair' }));
  });

  it('hashes command bodies with secrets, so that they cannot be guessed', async () => {
    const elsewhere = new SealedJournal(log, old, new MemoryKeyStore());
    expect(await elsewhere.hashOf(body, phone)).not.toBe(await hash());
    expect(await elsewhere.hashOf(body, none)).not.toBe(await journal.hashOf(body, none)); // without personal fields
    // With the secret of the store, but without the person's key, it cannot be guessed either.
    const other = new MemoryKeyStore();
    const secret = await keys.secret('command-hashes');
    jest.spyOn(other, 'secret').mockResolvedValue(secret);
    expect(await new SealedJournal(log, old, other).hashOf(body, phone)).not.toBe(await hash());
    expect(await new SealedJournal(log, old, other).hashOf(body, none)).toBe(await journal.hashOf(body, none));
  });

  it('can compare with a hash from before the secret was rotated', async () => {
    const before = (await hash()) as string;
    await keys.rotate('command-hashes');
    const journalLater = new SealedJournal(log, old, keys);
    expect(await journalLater.hashOf(body, phone)).toMatch(/^2\./);
    expect(await journalLater.hashOf(body, phone, before)).toBe(before);
  });

  it('refuses to hash personal fields of an erased person', async () => {
    await hash();
    await keys.destroy('ada');
    expect(await hash()).toMatchObject({ name: 'Refused', code: 'lead/erased' });
    expect(await hash({ leadId, source })).toMatch(/^1\./);
  });

  it('makes tokens per field with each secret, the newest first', async () => {
    const [[ada], [bob]] = (await journal.tokens('name', ['ada', 'bob'])) as [string[], string[]];
    expect(ada).toMatch(/^[\w-]{22}$/);
    expect(ada).not.toBe(bob);
    expect(await journal.tokens('email', ['ada'])).not.toEqual([[ada]]);
    await keys.rotate('search-tokens');
    const [[newest, before]] = (await journal.tokens('name', ['ada'])) as [string[]];
    expect([newest === ada, before]).toEqual([false, ada]);
  });
});
