import { catalogueOf, Conflict, type Sealed } from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { EmbeddedEventLog, SealedJournal } from '../event-log';
import { MemoryKeyStore } from '../keys';
import { AccessLog, readEntries, type AccessEntry } from './access-log';
import { accessIndex, mayName } from './access-index.projection';
import { accessEvents } from './access.events';
import type { CallerIdentity } from './caller-identity';
import { PersonalReads } from './personal-reads';
import { RefusedAccess } from './refused-access';

const ann = { actor: 'ann', origin: 'person' } as const;
const entry = (operation: string, ...leads: string[]) => readEntries(ann, operation, leads);

describe('the record of access', () => {
  const clock = new FixedClock('2024-01-01T10:00:00.000Z');
  let log: EmbeddedEventLog;
  let journal: SealedJournal;
  let accessLog: AccessLog;
  const recorded = async (day = '2024-01-01') =>
    (await log.read(`access-${day}`)).map(({ data }) => (data as { operation: string }).operation);
  beforeEach(() => {
    clock.instant = '2024-01-01T10:00:00.000Z';
    log = EmbeddedEventLog.open(':memory:', clock);
    journal = new SealedJournal(log, catalogueOf([accessEvents]), new MemoryKeyStore());
    accessLog = new AccessLog(journal, log, clock);
  });
  afterEach(() => log.close());

  it('is a stream for each day, in the order of the answers', async () => {
    await Promise.all(['a', 'b', 'c'].map((one) => accessLog.record(entry(one, 'ada'))));
    expect(await recorded()).toEqual(['a', 'b', 'c']);
    clock.instant = '2024-01-02T00:00:00.000Z';
    await accessLog.record(entry('d', 'ada'));
    expect(await recorded('2024-01-02')).toEqual(['d']);
    expect((await log.read('access-2024-01-02'))[0]).toMatchObject({
      type: 'PersonalDataRead',
      data: { operation: 'd', subjects: ['lead-ada'], people: 1 },
      meta: { actor: 'ann', origin: 'person', occurredAt: '2024-01-02T00:00:00.000Z' },
    });
  });

  it('waits at the end for what nobody waited for', async () => {
    for (let n = 0; n < 20; n++) void accessLog.record(entry(`${n}`, 'ada'));
    await accessLog.settle();
    expect(await recorded()).toHaveLength(20);
  });

  it('names 500 people in one event, and more in further ones', async () => {
    await accessLog.record(entry('a', ...Array.from({ length: 502 }, (_, n) => `p${n}`)));
    const events = await log.read('access-2024-01-01');
    const named = events.map(({ data }) => data as { subjects: []; people: number });
    expect(named.map(({ subjects, people }) => [subjects.length, people])).toEqual([
      [500, 502],
      [2, 502],
    ]);
  });

  it('is refused with a code of its own if the log takes no events, at once if that is known', async () => {
    jest.spyOn(journal, 'appendDeferred').mockRejectedValue(new Conflict('log/unavailable', 'Later.'));
    await expect(accessLog.record(entry('a', 'ada'))).rejects.toMatchObject({ code: 'access/not-recorded' });
    const untried = { appendDeferred: jest.fn() };
    const away = { availability: () => ({ state: 'unavailable', since: '' }) as const };
    const cut = new AccessLog(untried, away, clock);
    await expect(cut.record(entry('a', 'ada'))).rejects.toMatchObject({ code: 'access/not-recorded' });
    expect(untried.appendDeferred).not.toHaveBeenCalled();
  });
});

describe('what a caller is shown', () => {
  const sealed = (subject: string): Sealed => ({ $sealed: '', subject, context: '' });
  const sales: CallerIdentity = { actor: 'ann', origin: 'person', roles: ['sales'] };
  const auditor: CallerIdentity = { ...sales, roles: ['auditor'] };
  const erased = 'eve';
  const journal = {
    open: async (values: readonly Sealed[]) =>
      values.map(({ subject }) => (subject === erased ? undefined : `name of ${subject}`)),
  };
  let entries: AccessEntry[];
  let refuses: boolean;
  const record = async (more: readonly AccessEntry[]) => {
    if (refuses) throw new Conflict('access/not-recorded', 'Later.');
    entries.push(...more);
  };
  beforeEach(() => ([entries, refuses] = [[], false]));
  const readsOf = (caller: CallerIdentity) => new PersonalReads(journal, record, caller, 'Query.leads');

  it('is recorded before it is given, each person once an answer, and nobody who was erased', async () => {
    const reads = readsOf(sales);
    expect(await reads.open([sealed('ada'), sealed('ada'), sealed(erased)])).toEqual([
      ...['name of ada', 'name of ada'],
      undefined,
    ]);
    await reads.open([sealed('ada'), sealed('bob')]);
    await reads.open([sealed(erased)]);
    expect(entries.map(({ type, data }) => [type, (data as { subjects: string[] }).subjects])).toEqual([
      ['PersonalDataRead', ['lead-ada']],
      ['PersonalDataRead', ['lead-bob']],
    ]);
    await reads.another().open([sealed('ada')]);
    expect(entries).toHaveLength(3);
    refuses = true;
    await expect(readsOf(sales).open([sealed('ada')])).rejects.toMatchObject({ code: 'access/not-recorded' });
  });

  it('is sealed for an auditor, unless it was opened for this answer, with a reason', async () => {
    const reads = readsOf(auditor);
    expect([reads.maySeeSome, reads.maySee('ada')]).toEqual([false, false]);
    await reads.openFor(['ada'], 'complaint 12');
    expect([reads.maySeeSome, reads.maySee('ada'), reads.maySee('bob')]).toEqual([true, true, false]);
    await reads.open([sealed('ada')]);
    expect(entries).toEqual([
      {
        type: 'PersonalDataOpened',
        data: { operation: 'Query.leads', subjects: ['lead-ada'], people: 1, reason: 'complaint 12' },
        by: { actor: 'ann', origin: 'person' },
      },
    ]);
  });
});

describe('the index of who is named', () => {
  it('finds everybody who is named in a chunk, and few others', () => {
    const named = Array.from({ length: 2_000 }, (_, n) => `lead-${n.toString(36)}`);
    const data = { operation: 'Query.leads', people: named.length, subjects: named };
    const event = { type: 'PersonalDataRead', data, stream: 'access-2024-01-01', revision: 300 };
    const [key = ''] = accessIndex.keys(event as never);
    const chunk = accessIndex.fold(accessIndex.initial(key), event as never, key);
    expect(chunk).toMatchObject({ stream: 'access-2024-01-01', from: 256 });
    expect(named.filter((one) => !mayName(chunk, one))).toEqual([]);
    const others = Array.from({ length: 2_000 }, (_, n) => `lead-other${n}`);
    expect(others.filter((one) => mayName(chunk, one)).length).toBeLessThan(40);
    expect(mayName(accessIndex.initial(key), 'lead-1')).toBe(false);
  });
});

describe('refused access', () => {
  it('is recorded at once, and what is repeated within a minute as one event', () => {
    const entries: AccessEntry[] = [];
    const refused = new RefusedAccess(
      async (more) => void entries.push(...more),
      () => undefined,
    );
    for (let n = 0; n < 1000; n++) refused.note('Query.leads', 'access/bad-key');
    for (let n = 0; n < 1000; n++) refused.note('Query.leads', 'access/denied', { ...ann, actor: `ann${n}` });
    refused.note('Query.leads', 'graphql/not-valid');
    const before = entries.length;
    refused.endMinute();
    const counts = entries.map(({ data }) => (data as { count: number }).count);
    expect(counts.reduce((sum, count) => sum + count)).toBe(2000);
    expect([before, entries.length]).toEqual([101, 103]);
    refused.endMinute();
    expect(entries).toHaveLength(103);
  });
});
