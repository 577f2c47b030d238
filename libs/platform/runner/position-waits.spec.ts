import { Conflict, type Position } from '@baton/kernel';
import { ManualTimers, turns } from '../../../test/support/manual-timers';
import { PositionWaits, type FollowerSelection } from './position-waits';

const CALLERS = 384;

describe('callers that wait for followers', () => {
  let timers: ManualTimers;
  let calls: string[];
  let here: Map<string, Position>;
  let elsewhere: Map<string, Position>;
  let waits: PositionWaits;
  const names = Array.from({ length: 25 }, (_, n) => `model-${n}`);
  const all: FollowerSelection = () => names;
  const documents = {
    actives: async () => (calls.push('actives'), new Map<string, string>()),
    checkpoint: async (name: string) => {
      calls.push(name);
      const position = elsewhere.get(name);
      return position === undefined ? undefined : { position, count: 0, digest: '0' };
    },
  };
  beforeEach(() => {
    timers = new ManualTimers();
    calls = [];
    here = new Map();
    elsewhere = new Map();
    waits = new PositionWaits(documents, (name) => here.get(name), timers);
  });
  /** Starts many waits. @returns the outcomes so far */
  const many = (position: Position, timeoutMs = 10_000) => {
    const answers: unknown[] = [];
    for (let n = 0; n < CALLERS; n++)
      void waits.waitUntil(position, all, timeoutMs).then(
        () => answers.push('done'),
        (error: unknown) => answers.push(error),
      );
    return answers;
  };
  const setAll = (where: Map<string, Position>, position: Position) => {
    for (const name of names) where.set(name, position);
  };

  it('share one check, and are woken when a follower of this process has advanced', async () => {
    setAll(here, '1');
    const answers = many('2');
    await turns();
    expect([calls, answers]).toEqual([['actives'], []]); // no second check before `wake`
    setAll(here, '2');
    waits.wake();
    await turns();
    expect([calls, answers.length]).toEqual([['actives', 'actives'], CALLERS]);
  });

  it('share the reads of checkpoints of other processes, and those that have arrived are not read again', async () => {
    setAll(elsewhere, '2');
    elsewhere.set('model-7', '1');
    const answers = many('2');
    await turns();
    expect(calls).toHaveLength(1 + names.length);
    calls = [];
    await timers.hold(50);
    await turns();
    expect([calls, answers]).toEqual([['actives', 'model-7'], []]);
    elsewhere.set('model-7', '2');
    await timers.hold(50);
    await turns();
    expect(answers).toHaveLength(CALLERS);
  });

  it('are rejected after their own timeout, with a message that names no follower', async () => {
    setAll(here, '1');
    const [impatient, patient] = [many('2', 100), many('2', 10_000)];
    await turns();
    await timers.hold(101);
    await turns();
    expect([impatient.length, patient.length]).toEqual([CALLERS, 0]);
    expect(impatient[0]).toMatchObject({ name: 'Conflict', code: 'read/too-far-behind', path: 'atLeast' });
    expect((impatient[0] as Error).message).not.toMatch(/model-/);
    setAll(here, '3');
    waits.wake();
    await turns();
    expect(new Set(patient)).toEqual(new Set(['done']));
  });

  it('are rejected with the error of the documents, and later ones are served again', async () => {
    const away = new Conflict('documents/unavailable', 'Later.');
    const actives = jest.spyOn(documents, 'actives').mockRejectedValueOnce(away);
    await expect(waits.waitUntil('1', all, 100)).rejects.toBe(away);
    setAll(here, '1');
    await expect(waits.waitUntil('1', all, 100)).resolves.toBeUndefined();
    actives.mockRestore();
  });
});
