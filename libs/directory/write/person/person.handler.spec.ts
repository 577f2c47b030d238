import { catalogueOf, DecisionContext, Refused, type Outcome, type Sealed } from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { personEvents, ToPerson, type PersonCommand } from './person.events';
import { PersonHandler } from './person.handler';

describe('commands about our own people', () => {
  const clock = new FixedClock('2024-05-01T00:00:00.000Z');
  let log: EmbeddedEventLog;
  let journal: SealedJournal;
  let handler: PersonHandler;
  let sent = 0;
  beforeEach(() => {
    const keys = new MemoryKeyStore();
    log = EmbeddedEventLog.open(':memory:', clock);
    journal = new SealedJournal(log, catalogueOf([personEvents]), keys);
    handler = new PersonHandler(journal, new DecisionContext(clock), keys);
  });
  afterEach(() => log.close());
  const send = (type: PersonCommand['type'], personId: string, more: object = {}, occurredAt?: string) => {
    const meta = {
      commandId: `command-${sent++}`,
      actor: 'tester',
      origin: 'person',
      ...(occurredAt && { occurredAt }),
    };
    return handler.execute(new ToPerson(personId, { type, data: { personId, ...more }, meta } as PersonCommand));
  };
  const set = (personId: string, manager?: string, occurredAt?: string) =>
    send('SetDirectoryEntry', personId, { team: 'sales', ...(manager && { manager }) }, occurredAt);
  const codeOf = (outcome: Outcome) => (outcome instanceof Refused ? outcome.code : 'accepted');

  it('refuse a cycle of managers, with the chain', async () => {
    await set('ada', 'bea');
    await set('bea', 'cleo');
    expect(await set('cleo', 'ada')).toMatchObject({
      ...{ code: 'directory/manager-cycle', path: 'manager' },
      details: { chain: ['cleo', 'ada', 'bea', 'cleo'] },
    });
    expect(codeOf(await set('ada', 'ada'))).toBe('directory/manager-cycle');
    expect(codeOf(await set('cleo', 'dora'))).toBe('accepted');
  });
  it('refuse it too where both are sent at once', async () => {
    const outcomes = await Promise.all([set('ada', 'bea'), set('bea', 'ada')]);
    expect(outcomes.map(codeOf).sort()).toEqual(['accepted', 'directory/manager-cycle']);
  });
  it('look at the managers of the day concerned', async () => {
    await set('ada', 'bea', '2024-01-01T00:00:00.000Z');
    await set('ada', undefined, '2024-03-01T00:00:00.000Z');
    expect(codeOf(await set('bea', 'ada', '2024-02-01T00:00:00.000Z'))).toBe('directory/manager-cycle');
    expect(codeOf(await set('bea', 'ada', '2024-04-01T00:00:00.000Z'))).toBe('accepted');
  });
  it('seal name and addresses with a key of the person, which an erasure destroys', async () => {
    await send('SetDirectoryEntry', 'Ada King', { team: 'sales', name: 'Ada King', email: 'ada@example.org' });
    const stored = await log.read('person-Ada King');
    expect(JSON.stringify(stored.map(({ data }) => data))).not.toContain('example.org');
    const sealed = async () => {
      const { name, email } = (await journal.read('person-Ada King'))[0]!.data as Record<string, Sealed>;
      return journal.open([name!, email!]);
    };
    expect(await sealed()).toEqual(['Ada King', 'ada@example.org']);
    expect(codeOf(await send('EraseDirectoryEntry', 'Ada King'))).toBe('accepted');
    expect(await sealed()).toEqual([undefined, undefined]);
    expect(codeOf(await send('EraseDirectoryEntry', 'nobody'))).toBe('directory/unknown');
  });
});
