import {
  aggregate,
  catalogueOf,
  Conflict,
  DecisionContext,
  handle,
  messageEvents,
  messageIdOf,
  refuse,
  ToMessage,
  type Message,
  type MessageCheck,
  type MessageCommand,
  type Outcome,
  type To,
} from '@baton/kernel';
import { eventually, FixedClock, RecordingOutbound } from '@baton/kernel/testing';
import { MemoryDocuments, ReadModels } from '../documents';
import { EmbeddedEventLog, SealedJournal } from '../event-log';
import { MemoryKeyStore } from '../keys';
import { messageDecider } from '../outbox/message.decider';
import { messages } from '../outbox/messages.read-model';
import { outboxTargets } from '../outbox/outbox.report';
import { effectFollower, type Sender } from './effect';
import { followerEvents } from './parked.events';
import { Runner } from './runner';
import { machineTimers, type Timers } from '../timers';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const world = () => {
  const clock = new FixedClock();
  const log = EmbeddedEventLog.open(':memory:', clock);
  open.push(() => log.close());
  const documents = new MemoryDocuments();
  const journal = new SealedJournal(log, catalogueOf([messageEvents, followerEvents]), new MemoryKeyStore());
  const context = new DecisionContext(clock);
  const outcomes: string[] = [];
  /** Called before each command of the runner, to throw an error of the log. */
  const hook = { fault: (_: To): void => undefined };
  const send = ({ id, command }: To): Promise<Outcome> =>
    handle(journal, messageDecider, id, command as MessageCommand, context);
  const running: Runner[] = [];
  const stop = async () => {
    for (const runner of running.splice(0)) await runner.stop();
  };
  open.push(stop);
  const start = async (
    senders: readonly Sender[],
    timers: Timers = machineTimers,
    beforeSending: readonly MessageCheck[] = [],
  ) => {
    const runner = new Runner({
      ...{ log, journal, documents, clock, projections: [messages], policies: [], senders, timers, beforeSending },
      aggregates: [aggregate(ToMessage, messageDecider, { due: messages })],
      dispatch: (command) => Promise.resolve(hook.fault(command)).then(() => send(command)),
      onEffect: (target, outcome) => outcomes.push(`${target} ${outcome}`),
      onFault: () => undefined,
    });
    await runner.start({ tick: false });
    running.push(runner);
    // A new follower begins at the end of the log, so wait until it has begun before anything is queued.
    for (const { target } of senders)
      await eventually(async () => !!(await documents.checkpoint(effectFollower(target))));
    return runner;
  };
  let sent = 0;
  const command = (id: string, type: MessageCommand['type'], data: object): Promise<Outcome> => {
    const meta = { commandId: `command-${sent++}`, actor: 'tester', origin: 'system' };
    return send(new ToMessage(id, { type, data: { messageId: id, ...data }, meta } as unknown as MessageCommand));
  };
  const queue = async (cause: string, more: Partial<Message> = {}): Promise<string> => {
    const content = { target: 'crm', kind: 'record', to: 'rita', leadId: 'ada', template: 'lead', data: {}, ...more };
    const id = messageIdOf(cause, content.template, content.to);
    await command(id, 'QueueMessage', content);
    return id;
  };
  const historyOf = async (id: string): Promise<readonly string[]> =>
    (await log.read(`message-${id}`)).map(({ type, data }) => {
      const { code, attempt, retryAt } = data as { code?: string; attempt?: number; retryAt?: string };
      return [type, attempt, code, retryAt].filter((part) => part !== undefined).join(' ');
    });
  const lastIs = (id: string, type: string) => eventually(async () => (await historyOf(id)).at(-1)!.startsWith(type));
  const state = async () => outboxTargets(new ReadModels(documents), []);
  return { clock, log, documents, outcomes, hook, start, stop, command, queue, historyOf, lastIs, state };
};

describe('a message that a check refuses', () => {
  it('is given up and never handed to the target; others are sent', async () => {
    const { start, queue, lastIs, historyOf, outcomes } = world();
    const outbound = new RecordingOutbound();
    const check = async ({ toLead }: Message) => (toLead ? refuse('privacy/no-consent') : undefined);
    await start([{ target: 'crm', outbound }], machineTimers, [check]);
    const id = await queue('e1', { toLead: { purpose: 'newsletter', channel: 'email' } });
    const other = await queue('e2');
    await lastIs(other, 'MessageSent');
    await lastIs(id, 'MessageFailed');
    expect(await historyOf(id)).toEqual(['MessageQueued', 'MessageFailed 1 privacy/no-consent']);
    expect(outbound.calls.map((call) => call.id)).toEqual([other]);
    expect(outcomes.sort()).toEqual(['crm refused', 'crm sent']);
  });
});

describe('a message with a target', () => {
  it('is sent, and the outcome is recorded', async () => {
    const { start, queue, lastIs, historyOf, outcomes } = world();
    const outbound = new RecordingOutbound();
    await start([{ target: 'crm', outbound }]);
    const id = await queue('e1');
    await lastIs(id, 'MessageSent');
    expect(await historyOf(id)).toEqual(['MessageQueued', 'MessageSent 1']);
    expect(outbound.calls).toEqual([
      { id, target: 'crm', kind: 'record', to: 'rita', leadId: 'ada', template: 'lead', data: {} },
    ]);
    expect(outcomes).toEqual(['crm sent']);
  });

  it('is sent once across twenty restarts', async () => {
    const { start, stop, queue, lastIs } = world();
    const outbound = new RecordingOutbound();
    const ids: string[] = [];
    for (let round = 0; round < 20; round++) {
      await start([{ target: 'crm', outbound }]);
      ids.push(await queue(`e${round}`));
      if (round % 3 > 0) await lastIs(ids.at(-1)!, 'MessageSent');
      await stop();
    }
    await start([{ target: 'crm', outbound }]);
    for (const id of ids) await lastIs(id, 'MessageSent');
    expect(outbound.calls.map(({ id }) => id).sort()).toEqual([...ids].sort());
  });

  it('is sent again under the same id if the outcome could not be recorded, which is then recorded once', async () => {
    const { start, queue, lastIs, historyOf, hook } = world();
    const outbound = new RecordingOutbound();
    let crashes = 2;
    hook.fault = ({ command }) => {
      if (command.type === 'NoteMessageSent' && crashes-- > 0) throw new Conflict('log/unavailable', 'away');
    };
    await start([{ target: 'crm', outbound }]);
    const id = await queue('e1');
    await lastIs(id, 'MessageSent');
    expect(outbound.calls.map((call) => call.id)).toEqual([id, id, id]);
    expect(outbound.arrived.size).toBe(1);
    expect(await historyOf(id)).toEqual(['MessageQueued', 'MessageSent 1']);
  });

  it('is not sent again by a follower whose checkpoint was set back', async () => {
    const { start, stop, queue, lastIs, documents } = world();
    const outbound = new RecordingOutbound();
    await start([{ target: 'crm', outbound }]);
    const before = await documents.checkpoint(effectFollower('crm'));
    const id = await queue('e1');
    await lastIs(id, 'MessageSent');
    await stop();
    const lease = (await documents.lease(effectFollower('crm'), 'tester'))!;
    await documents.commit({ follower: effectFollower('crm'), checkpoint: before!, fence: lease });
    await documents.release(effectFollower('crm'), 'tester');
    await start([{ target: 'crm', outbound }]);
    const next = await queue('e2');
    await lastIs(next, 'MessageSent');
    expect(outbound.calls.map((call) => call.id)).toEqual([id, next]);
  });

  it('about one lead is sent in order, and messages about other leads do not wait for it', async () => {
    const { start, stop, queue, lastIs } = world();
    const outbound = new RecordingOutbound();
    const arrived: string[] = [];
    let first = true;
    outbound.fault = async ({ leadId, to }) => {
      if (first && leadId === 'ada') {
        first = false;
        await eventually(() => arrived.includes('bea'));
      }
      arrived.push(leadId ?? to);
    };
    const ids = [];
    await start([{ target: 'crm', outbound }]);
    await stop(); // so that all three are in one page
    for (const [cause, leadId] of [
      ['e1', 'ada'],
      ['e2', 'ada'],
      ['e3', 'bea'],
    ] as const)
      ids.push(await queue(cause, { leadId }));
    await start([{ target: 'crm', outbound }]);
    for (const id of ids) await lastIs(id, 'MessageSent');
    expect(outbound.calls.filter(({ leadId }) => leadId === 'ada').map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(arrived).toEqual(['bea', 'ada', 'ada']);
  });

  it('to a target without a sender stays queued until somebody retries it', async () => {
    const { start, stop, queue, historyOf, lastIs, command, state } = world();
    const outbound = new RecordingOutbound();
    await start([{ target: 'crm', outbound }]);
    const old = await queue('e1', { target: 'tasks', kind: 'task' });
    await lastIs(await queue('e2'), 'MessageSent');
    await stop();
    const tasks = new RecordingOutbound();
    const runner = await start([{ target: 'tasks', outbound: tasks }]);
    const fresh = await queue('e3', { target: 'tasks', kind: 'task' });
    await lastIs(fresh, 'MessageSent');
    expect(await historyOf(old)).toEqual(['MessageQueued']);
    await runner.catchUp();
    expect(await state()).toMatchObject([
      { target: 'crm', queued: 0, sent: 1, oldestAt: null },
      { target: 'tasks', queued: 1, sent: 1, oldestAt: '2024-01-01T00:00:00.000Z' },
    ]);
    await command(old, 'RetryMessage', {});
    await lastIs(old, 'MessageSent');
    expect(tasks.calls.map(({ id }) => id)).toEqual([fresh, old]);
    expect(outbound.calls).toHaveLength(1);
  });
});

describe('a target that fails', () => {
  const unavailable = () => {
    throw new Error('ada@example.org is away');
  };

  it('does not hold up other targets', async () => {
    const { start, queue, lastIs, historyOf } = world();
    const [hanging, working] = [new RecordingOutbound(), new RecordingOutbound()];
    hanging.fault = () => new Promise(() => undefined);
    await start([
      { target: 'crm', outbound: hanging },
      { target: 'messaging', outbound: working },
    ]);
    const stuck = await queue('e1');
    const ids = [];
    for (let n = 0; n < 5; n++) ids.push(await queue(`m${n}`, { target: 'messaging', kind: 'notification' }));
    for (const id of ids) await lastIs(id, 'MessageSent');
    expect(await historyOf(stuck)).toEqual(['MessageQueued']);
    expect(hanging.calls).toHaveLength(1);
  });

  it('by not answering has a deadline', async () => {
    const { start, queue, lastIs, historyOf } = world();
    const outbound = new RecordingOutbound();
    let aborted = false;
    outbound.fault = (_, signal) => new Promise(() => signal.addEventListener('abort', () => void (aborted = true)));
    const deadlines: (() => void)[] = [];
    const delay = (ms: number, signal?: AbortSignal) =>
      ms === 10_000 ? new Promise<void>((resolve) => deadlines.push(resolve)) : machineTimers.delay(ms, signal);
    await start([{ target: 'crm', outbound }], { ...machineTimers, delay });
    const id = await queue('e1');
    await eventually(() => outbound.calls.length === 1);
    expect([await historyOf(id), aborted]).toEqual([['MessageQueued'], false]);
    expect(deadlines).toHaveLength(1);
    deadlines[0]!();
    await lastIs(id, 'MessageFailed');
    expect((await historyOf(id)).at(-1)).toBe('MessageFailed 1 effect/no-answer 2024-01-01T00:00:30.000Z');
    await eventually(() => aborted);
  });

  it('is tried again when it is due, not before, and the text of its error is not stored', async () => {
    const { start, queue, lastIs, historyOf, clock, log } = world();
    const outbound = new RecordingOutbound();
    outbound.fault = unavailable;
    const runner = await start([{ target: 'crm', outbound }]);
    const id = await queue('e1');
    await lastIs(id, 'MessageFailed');
    await runner.catchUp();
    clock.instant = '2024-01-01T00:00:29.999Z';
    expect(await runner.advanceClock(clock.instant)).toBe(0);
    outbound.fault = () => undefined;
    clock.instant = '2024-01-01T00:00:30.000Z';
    expect(await runner.advanceClock(clock.instant)).toBe(1);
    await lastIs(id, 'MessageSent');
    expect(await historyOf(id)).toEqual([
      'MessageQueued',
      'MessageFailed 1 effect/not-sent 2024-01-01T00:00:30.000Z',
      'MessageDue 2',
      'MessageSent 2',
    ]);
    expect(new Set(outbound.calls.map((call) => call.id))).toEqual(new Set([id]));
    expect(JSON.stringify(await log.readAll(''))).not.toContain('example.org');
  });

  it('is given up after eight attempts, and tried again when somebody retries it', async () => {
    const { start, queue, lastIs, historyOf, clock, command, state } = world();
    const outbound = new RecordingOutbound();
    outbound.fault = unavailable;
    const runner = await start([{ target: 'crm', outbound }]);
    const id = await queue('e1');
    for (let attempt = 1; attempt <= 8; attempt++) {
      await eventually(async () => (await historyOf(id)).some((each) => each.startsWith(`MessageFailed ${attempt} `)));
      await runner.catchUp();
      clock.instant = `2024-01-0${attempt + 1}T00:00:00.000Z`;
      await runner.advanceClock(clock.instant);
    }
    expect((await historyOf(id)).at(-1)).toBe('MessageFailed 8 effect/not-sent');
    expect(await runner.advanceClock('2025-01-01T00:00:00.000Z')).toBe(0);
    expect(await state()).toMatchObject([{ target: 'crm', failed: 1, waiting: 0, queued: 0 }]);
    outbound.fault = () => undefined;
    await command(id, 'RetryMessage', {});
    await lastIs(id, 'MessageSent 9');
  });

  it('by refusing a message is not tried again', async () => {
    const { start, queue, lastIs, historyOf, outcomes } = world();
    const outbound = new RecordingOutbound();
    outbound.fault = () => {
      throw refuse('crm/unknown-template');
    };
    await start([{ target: 'crm', outbound }]);
    const id = await queue('e1');
    await lastIs(id, 'MessageFailed');
    expect((await historyOf(id)).at(-1)).toBe('MessageFailed 1 crm/unknown-template');
    expect(outcomes).toEqual(['crm refused']);
  });
});

describe('the follower of a target', () => {
  it('is not run by a rebuild', async () => {
    const { start, queue, lastIs } = world();
    const outbound = new RecordingOutbound();
    const runner = await start([{ target: 'crm', outbound }]);
    await lastIs(await queue('e1'), 'MessageSent');
    await runner.catchUp();
    await runner.rebuild('messages');
    await lastIs(await queue('e2'), 'MessageSent');
    expect(outbound.calls).toHaveLength(2);
  });

  it('does not send a task that is completed', async () => {
    const { start, queue, lastIs, historyOf, clock, command } = world();
    const outbound = new RecordingOutbound();
    outbound.fault = () => {
      throw new Error('away');
    };
    const runner = await start([{ target: 'crm', outbound }]);
    const id = await queue('e1', { kind: 'task' });
    await lastIs(id, 'MessageFailed');
    await command(id, 'CompleteTask', {});
    await runner.catchUp();
    clock.instant = '2024-01-02T00:00:00.000Z';
    expect(await runner.advanceClock(clock.instant)).toBe(0);
    expect((await historyOf(id)).at(-1)).toBe('TaskCompleted');
  });

  it('reports its progress, and parks events that it cannot read', async () => {
    const { start, log, queue, lastIs } = world();
    const outbound = new RecordingOutbound();
    const runner = await start([{ target: 'crm', outbound }]);
    const id = await queue('e1');
    await lastIs(id, 'MessageSent');
    const [known] = await log.read(`message-${id}`);
    const { position: _, revision: __, recordedAt: ___, stream: ____, ...event } = known!;
    const later = { ...event, id: 'later', meta: { ...event.meta, schema: 9 } };
    await log.append('message-later', [later], 'any');
    await eventually(async () => (await runner.parked()).some(({ follower }) => follower === effectFollower('crm')));
    await lastIs(await queue('e2'), 'MessageSent');
    const status = (await runner.status()).find(({ kind }) => kind === 'effect')!;
    expect(status).toMatchObject({ name: 'effect-crm-v1', parked: [{ code: 'event/future-version' }] });
    const parked = await runner.discardParked('effect-crm-v1', 'message-later', 'operator');
    expect(parked).toBeUndefined();
  });
});
