import { Conflict, type EventToAppend } from '@baton/kernel';
import { anEvent, FixedClock } from '@baton/kernel/testing';
import { AppendsAtEnd } from './appends-at-end';
import { EmbeddedEventLog } from './embedded-event-log';

describe('appends at the end of a stream', () => {
  let log: EmbeddedEventLog;
  let appends: AppendsAtEnd;
  beforeEach(() => {
    log = EmbeddedEventLog.open(':memory:', new FixedClock());
    appends = new AppendsAtEnd(log);
  });
  afterEach(() => log.close());
  const events = (count: number) => Array.from({ length: count }, (_, n) => anEvent({ n }));
  const idsIn = async (stream: string) => (await log.read(stream)).map(({ id }) => id);
  const idsOf = (some: readonly EventToAppend[]) => some.map(({ id }) => id);

  it('are one append for what comes while another one is under way, of ten events of one stream at most', async () => {
    const append = jest.spyOn(log, 'append');
    const some = events(14);
    await Promise.all([
      ...some.map((event) => appends.append('a-1', [event])),
      ...events(2).map((event) => appends.append('a-2', [event])),
    ]);
    expect(await idsIn('a-1')).toEqual(idsOf(some));
    expect(append.mock.calls.map(([stream, { length }]) => [stream, length])).toEqual([
      ['a-1', 1],
      ['a-1', 10],
      ['a-1', 3],
      ['a-2', 2],
    ]);
  });

  it('merge the reads that come while another append is under way', async () => {
    const read = (lead: string) =>
      anEvent({ operation: 'Query.leads', subjects: [lead], people: 1, answers: 1 }, 'PersonalDataRead');
    await Promise.all(['lead-a', 'lead-b', 'lead-c'].map((lead) => appends.append('access-2024-01-01', [read(lead)])));
    const named = (await log.read('access-2024-01-01')).map(({ data }) => (data as { subjects: unknown }).subjects);
    expect(named).toEqual([['lead-a'], ['lead-b', 'lead-c']]);
  });

  it('go on behind what another process appended', async () => {
    const [other, some] = [new AppendsAtEnd(log), events(6)];
    for (const [index, event] of some.slice(0, 4).entries()) await (index < 2 ? appends : other).append('a-1', [event]);
    await Promise.all([appends.append('a-1', [some[4]!]), other.append('a-1', [some[5]!])]);
    expect((await idsIn('a-1')).sort()).toEqual(idsOf(some).sort());
  });

  it('fail for those whose events were not appended, and for no others', async () => {
    jest.spyOn(log, 'append').mockRejectedValueOnce(new Conflict('log/unavailable', 'Later.'));
    const [first, second] = events(2);
    const answers = await Promise.allSettled([appends.append('a-1', [first!]), appends.append('a-1', [second!])]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(await idsIn('a-1')).toEqual([second!.id]);
  });
});
