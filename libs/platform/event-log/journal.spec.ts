import { randomUUID } from 'node:crypto';
import {
  catalogueOf,
  events,
  integer,
  optional,
  personal,
  ref,
  text,
  type EventLog,
  type StoredEvent,
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
const old = catalogueOf([events({ LeadCaptured: { version: 1, ...captured } })]);
const current = catalogueOf([
  events(
    { LeadCaptured: { version: 2, ...captured, weight: integer() } },
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
  const opened = (event: StoredEvent) => journal.open([journal.decode(event)]);

  it('gives back what was written, with when it happened and the version of its schema', async () => {
    const first = fact(person);
    expect(await journal.append('lead-ada', [first], 'none')).toMatchObject({ revision: 0 });
    const [event] = await journal.read('lead-ada', 0, true);
    expect(event).toMatchObject({ id: first.id, data: person, occurredAt: first.meta.occurredAt, meta: { schema: 1 } });
    expect(event!.data).toEqual(person);
  });

  it('keeps personal fields sealed in the log, and for readers that do not open them', async () => {
    await journal.append('lead-ada', [fact(person)], 'none');
    const kept = await stored();
    expect(JSON.stringify(kept)).not.toMatch(/example\.org|velace/);
    expect(kept.data).toEqual({ leadId, source, $personal: expect.stringMatching(/^v1\.[A-Za-z0-9+/=]+$/) as string });
    expect((await journal.read('lead-ada'))[0]!.data).toEqual(kept.data);
  });

  it('seals only what is there', async () => {
    await journal.append('lead-ada', [fact({ leadId, source }), fact({ leadId, source, name: 'Ada' })], 'none');
    const [plain, named] = await log.read('lead-ada');
    expect(plain!.data).toEqual({ leadId, source });
    expect(named!.data).toHaveProperty('$personal');
    expect((await journal.read('lead-ada', 1, true))[0]!.data).toEqual({ leadId, source, name: 'Ada' });
  });

  it('shows an erased person without personal fields, others unchanged, and records nothing personal any more', async () => {
    const other = { ...person, leadId: 'bob', email: 'bob@example.org' };
    await journal.append('lead-ada', [fact(person), fact(other)], 'none');
    await keys.destroy('ada');
    const [ada, bob] = await journal.read('lead-ada', 0, true);
    expect(ada!.data).toEqual({ leadId, source });
    expect(bob!.data).toEqual(other);
    await expect(journal.append('lead-ada', [fact(person)], 1)).rejects.toMatchObject({ code: 'keys/erased' });
    await journal.append('lead-ada', [fact({ leadId, source })], 1);
  });

  it('refuses sealed fields that were altered, moved to another event or person, or are of an unknown form', async () => {
    await journal.append('lead-ada', [fact(person), fact({ ...person, leadId: 'bob' })], 'none');
    const [ada, bob] = await log.read('lead-ada');
    const sealed = (ada!.data as { $personal: string }).$personal;
    const bytes = Buffer.from(sealed.slice(3), 'base64');
    bytes[bytes.length - 1]! ^= 1;
    const altered = { ...ada!, data: { leadId, source, $personal: `v1.${bytes.toString('base64')}` } };
    const moved = { ...ada!, id: randomUUID() };
    const retyped = { ...bob!, data: { leadId: 'bob', source, $personal: sealed } };
    const strange = { ...ada!, data: { leadId, source, $personal: `v9.${sealed.slice(3)}` } };
    for (const event of [altered, moved, retyped, strange]) {
      const error = await opened(event).catch((fault: unknown) => fault as Error);
      expect(error).toMatchObject({ name: 'UnknownType', code: 'event/unreadable' });
      expect((error as Error).message).toContain(event.id);
      expect((error as Error).message).not.toContain('Ada');
    }
    expect((await opened(ada!))[0]!.data).toEqual(person);
  });

  it('cannot be opened with the key of another store', async () => {
    await journal.append('lead-ada', [fact(person)], 'none');
    const strangers = new MemoryKeyStore();
    await strangers.make(['ada']);
    const reading = new SealedJournal(log, old, strangers).read('lead-ada', 0, true);
    await expect(reading).rejects.toMatchObject({ code: 'event/unreadable' });
  });

  it('lifts older versions to the current one', async () => {
    await journal.append('lead-ada', [fact(person)], 'none');
    const [event] = await new SealedJournal(log, current, keys).read('lead-ada', 0, true);
    expect(event!.data).toEqual({ ...person, weight: 7 });
    expect(event!.meta.schema).toBe(1);
  });

  it('names what it cannot read: unknown types, future versions, data that breaks its schema', async () => {
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

  it('writes no fact that breaks its own schema', async () => {
    const bad = [fact({ leadId }), fact(person, 'NeverHeardOf'), fact({ leadId, source, $personal: 'v1.AAAA' })];
    for (const each of bad)
      await expect(journal.append('lead-ada', [fact(person), each], 'none')).rejects.toMatchObject({
        code: 'event/wrong-schema',
      });
    expect(await log.read('lead-ada')).toEqual([]);
  });
});
