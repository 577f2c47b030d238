import { setTimeout as wait } from 'node:timers/promises';

/**
 * Waits until a condition holds, without a timeout of its own, so that a slow machine does not fail a test; jest's
 * timeout ends a wait that never succeeds. It also works while jest's fake timers are in use.
 * @param holds called at once, then again after each short pause; an error ends the wait
 */
export const eventually = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await wait(5);
};
