import { Accepted, catalogueOf, DecisionContext, handle, type Journal } from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { definition } from './definition.decider';
import { definitionEvents, type DefinitionCommand } from './definition.events';
import { LogDefinitions } from './log-definitions';

const [t1, t2, t3] = ['2024-01-01T00:00:00.000Z', '2024-02-01T00:00:00.000Z', '2024-03-01T00:00:00.000Z'] as const;

describe('definitions of the log', () => {
  const clock = new FixedClock(t1);
  let log: EmbeddedEventLog;
  let journal: Journal;
  let context: DecisionContext;
  let sent = 0;
  beforeEach(() => {
    log = EmbeddedEventLog.open(':memory:', clock);
    journal = new SealedJournal(log, catalogueOf([definitionEvents]), new MemoryKeyStore());
    context = new DecisionContext(clock);
  });
  afterEach(() => log.close());

  const send = async (now: string, actor: string, type: DefinitionCommand['type'], data: object) => {
    clock.instant = now;
    const meta = { commandId: `command-${sent++}`, actor, origin: 'person' };
    const command = { type, data: { definitionId: 'mql', ...data }, meta } as DefinitionCommand;
    expect(await handle(journal, definition, 'mql', command, context)).toBeInstanceOf(Accepted);
  };
  const agree = async (now: string, number: number) => {
    await send(now, 'mia', 'ProposeDefinition', { body: { statement: `number ${number}` }, reason: 'agreed' });
    await send(now, 'mia', 'ApproveDefinition', { number, team: 'marketing' });
    await send(now, 'sam', 'ApproveDefinition', { number, team: 'sales' });
  };
  const asked = async (source: LogDefinitions) => {
    const definitionAt = await source.at(['mql', 'sql']);
    return [t1, t2, t3].map((at) => definitionAt('mql', at)?.ref ?? definitionAt('sql', at)?.ref);
  };

  it('are read on to the tip with every question', async () => {
    const source = new LogDefinitions(journal);
    expect(await asked(source)).toEqual([undefined, undefined, undefined]);
    await agree(t1, 1);
    expect(await asked(source)).toEqual(['mql@1', 'mql@1', 'mql@1']);
    await agree(t2, 2);
    expect(await asked(source)).toEqual(['mql@1', 'mql@2', 'mql@2']);
    await send(t3, 'mia', 'RetireDefinition', { number: 2, reason: 'no use' });
    expect(await asked(source)).toEqual(['mql@1', 'mql@2', undefined]);
    const versions = await source.at(['mql']);
    expect([1, 2, 3].map((number) => versions('mql', number)?.ref)).toEqual(['mql@1', 'mql@2', undefined]);
    expect(versions('mql', t1)).toEqual({
      kind: 'mql',
      version: 1,
      ref: 'mql@1',
      body: { statement: 'number 1' },
    });
  });

  it('answer many questions at once, each with what was agreed before it', async () => {
    const source = new LogDefinitions(journal);
    const early = Array.from({ length: 20 }, () => asked(source));
    await agree(t1, 1);
    const late = Array.from({ length: 20 }, () => asked(source));
    await Promise.all(early);
    for (const answer of await Promise.all(late)) expect(answer).toEqual(['mql@1', 'mql@1', 'mql@1']);
  });

  it('answer again after a read that failed', async () => {
    const source = new LogDefinitions(journal);
    await agree(t1, 1);
    const read = jest.spyOn(journal, 'read').mockRejectedValueOnce(new Error('unreachable'));
    await expect(source.at(['mql'])).rejects.toThrow('unreachable');
    read.mockRestore();
    expect(await asked(source)).toEqual(['mql@1', 'mql@1', 'mql@1']);
  });
});
