import { aggregateWithHandler, commands, ref, To } from '@baton/kernel';
import { pino } from 'pino';
import type { CallerIdentity } from '../access';
import { mutationsOf } from './mutations';

class ToBell extends To {}
const bellCommands = commands('bell', { RingBell: { description: 'Ring.', allow: ['sales'], bellId: ref('bell') } });
const bells = aggregateWithHandler(ToBell, bellCommands, {} as never, () => ({}) as never);

describe('commands that are sent together', () => {
  it('let others be heard between any two of them', async () => {
    const [BatchMutation] = mutationsOf([bells]).slice(-1);
    const bus = { execute: () => Promise.resolve({}) };
    const batch = new BatchMutation!(bus, pino({ level: 'silent' })) as {
      sendCommands(commandId: string, commands: readonly object[], caller: CallerIdentity): Promise<object[]>;
    };
    let heard = 0;
    const listen = () => setImmediate(() => (heard++, (listening = listen())));
    let listening = listen();
    const ring = { ringBell: { input: { bellId: 'a' } } };
    const sent = await batch.sendCommands('b', Array(20).fill(ring), {
      actor: 'ann',
      origin: 'person',
      roles: ['sales'],
    });
    clearImmediate(listening);
    expect([sent.length, heard >= 19]).toEqual([20, true]);
  });

  it('have names of their own: two commands of one name are a fault of the tables', () =>
    expect(() => mutationsOf([bells, bells])).toThrow('two commands are called ringBell'));
});
