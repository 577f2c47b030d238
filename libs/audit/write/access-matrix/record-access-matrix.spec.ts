import type { CommandBus } from '@nestjs/cqrs';
import { catalogueOf, DecisionContext, handle, type To } from '@baton/kernel';
import { FixedClock } from '@baton/kernel/testing';
import { EmbeddedEventLog, SealedJournal } from '@baton/platform/event-log';
import { MemoryKeyStore } from '@baton/platform/keys';
import { accessMatrixDecider } from './access-matrix.decider';
import { accessMatrixEvents, type AccessMatrixEvent } from './access-matrix.events';
import { grantsOf, rulesOf, withChange, type AccessGrant, type AccessRule } from './access-matrix.rules';
import { recordAccessMatrix } from './record-access-matrix';

const leads: AccessRule = { name: 'Query.leads', roles: ['sales', 'admin'], personal: false };
const deals: AccessRule = { name: 'Query.deals', roles: ['sales', 'admin'], personal: false };

describe('the access matrix of servers that start', () => {
  let log: EmbeddedEventLog;
  beforeEach(() => (log = EmbeddedEventLog.open(':memory:', new FixedClock())));
  afterEach(() => log.close());
  /** A server of its own: it knows of the log what it has read. */
  const server = (release: string, ...rules: AccessRule[]) => {
    const journal = new SealedJournal(log, catalogueOf([accessMatrixEvents]), new MemoryKeyStore());
    const context = new DecisionContext(new FixedClock(), { forKinds: async () => () => undefined } as never);
    const execute = ({ id, command }: To) =>
      handle(journal, accessMatrixDecider, id, command as never, context) as Promise<unknown>;
    return recordAccessMatrix({ execute } as unknown as CommandBus, { release, rules });
  };
  const recorded = async () =>
    (await log.read('matrix-access')).map(({ data, meta }) => ({
      ...(data as Extract<AccessMatrixEvent, { type: 'AccessMatrixChanged' }>['data']),
      ...{ actor: meta.actor, origin: meta.origin },
    }));

  it('is recorded once by any number of them, also at the same time', async () => {
    await Promise.all([server('1.0.0', leads, deals), server('1.0.0', deals, leads), server('1.0.0', leads, deals)]);
    await server('1.0.1', leads, deals);
    expect(await recorded()).toMatchObject([
      { release: '1.0.0', changes: 2, actor: 'policy:access-matrix', origin: 'system' },
    ]);
  });

  it('is recorded one after the other where releases differ, each from the one before', async () => {
    await Promise.all([server('1.0.0', leads), server('2.0.0', leads, deals)]);
    await server('3.0.0', deals);
    const events = await recorded();
    expect(events.map(({ release }) => release).at(-1)).toBe('3.0.0');
    const last = events.reduce<readonly AccessGrant[]>(withChange, []);
    expect(rulesOf(last)).toEqual([deals]);
    expect(last).toEqual(grantsOf([deals]));
  });

  it('stops a server that cannot record it', async () => {
    await log.close();
    await expect(server('1.0.0', leads)).rejects.toThrow();
    log = EmbeddedEventLog.open(':memory:', new FixedClock());
  });
});
