import { aggregate } from '@baton/kernel';
import { ToTill, till } from '../../test/support/till';
import { commandHandlers } from './command-handlers';

describe('the handlers of commands', () => {
  it('are created for each aggregate', () => {
    const [handler] = commandHandlers([aggregate(ToTill, till)]);
    expect(handler!.name).toBe('TillHandler');
  });
  it('cannot be created for an aggregate that is listed twice', () => {
    const listed = [aggregate(ToTill, till), aggregate(ToTill, till)];
    expect(() => commandHandlers(listed)).toThrow('ToTill is registered twice');
  });
});
