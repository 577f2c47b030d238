import { setTimeout as wait } from 'node:timers/promises';

/**
 * Waits until a condition holds, however long that takes: how fast a machine is must not decide a test. The time-out of
 * the whole suite ends a wait for what never comes. It goes on while jest's fake timers stand still.
 * @param holds asked at once, then again after a short pause; what it throws ends the wait
 */
export const eventually = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await wait(5);
};
