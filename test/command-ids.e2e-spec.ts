import { catalogueOf, DecisionContext, Refused, type CommandMeta, type Outcome } from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { sendTo, tillEvents, ToTill } from './support/till';

const ID = '7d0f7c3e-3f0b-5a53-9a52-6a3f7e1b2c11';

describe.each(['in the process that decided', 'in another process'])('the id of a command, %s', (where) => {
  let log: EmbeddedEventLog;
  let dispatch: (command: ToTill) => Promise<Outcome>;
  beforeEach(() => {
    const clock = new FixedClock();
    log = EmbeddedEventLog.open(':memory:', clock);
    const journal = new SealedJournal(log, catalogueOf([tillEvents]), new MemoryKeyStore());
    const here = new DecisionContext(clock);
    dispatch = (command) => sendTo(journal, where.includes('another') ? new DecisionContext(clock) : here)(command);
  });
  afterEach(() => log.close());

  const drop = (actor: string, coins: number, origin: CommandMeta['origin'] = 'person') =>
    dispatch(
      new ToTill('t', {
        type: 'DropCoin',
        data: { tillId: 't', leadId: 'ada', coins },
        meta: { commandId: ID, actor, origin },
      }),
    );
  const coins = async () => (await log.read('till-t')).map(({ data }) => (data as { coins: number }).coins);

  it('returns the first result when its sender repeats it', async () => {
    const first = await drop('ada', 1);
    expect(first).toMatchObject({ repeated: false, revision: 0 });
    expect(await drop('ada', 1)).toEqual({ ...first, repeated: true });
    expect(await coins()).toEqual([1]);
  });
  it('is refused when its sender uses it for another body', async () => {
    await drop('ada', 1);
    expect(await drop('ada', 2)).toMatchObject({ code: 'command/id-reused' });
    expect(await coins()).toEqual([1]);
  });
  it('belongs to its sender: other senders may use the same id', async () => {
    await drop('person:ada', 1);
    for (const [actor, origin, amount] of [
      ['person:bea', 'person', 1],
      ['connector:crm', 'connector', 2],
      ['import:crm', 'connector', 3],
      ['policy:echo', 'system', 4],
      ['clock', 'system', 5],
      ['effect:crm', 'system', 6],
    ] as const)
      expect(await drop(actor, amount, origin)).toMatchObject({ repeated: false, events: 1 });
    expect(await coins()).toEqual([1, 1, 2, 3, 4, 5, 6]);
    expect(new Set((await log.read('till-t')).map(({ id }) => id)).size).toBe(7);
  });
  it('of a policy returns the first result, whatever its body now', async () => {
    await drop('policy:echo', 1, 'system');
    expect(await drop('policy:echo', 2, 'system')).toMatchObject({ repeated: true, revision: 0 });
    expect(await coins()).toEqual([1]);
  });
  it.each(['policy:echo', 'effect:crm', 'clock'])('of %s is sent by Baton only', async (actor) => {
    for (const origin of ['person', 'connector'] as const) {
      const outcome = await drop(actor, 1, origin);
      expect(outcome).toBeInstanceOf(Refused);
      expect(outcome).toMatchObject({ code: 'command/reserved-actor', path: 'actor' });
    }
    expect(await coins()).toEqual([]);
  });
});
