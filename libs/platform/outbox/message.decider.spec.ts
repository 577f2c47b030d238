import { fromMs, toMs, type MessageEvent } from '@baton/kernel';
import { specFor } from '@baton/kernel/testing';
import { messageDecider, MAX_ATTEMPTS, pauseAfter } from './message.decider';

const given = specFor(messageDecider);
const messageId = 'm1';
const now = '2024-01-01T00:00:00.000Z';
const content = {
  ...{ messageId, target: 'crm', to: 'rita', leadId: 'ada', template: 'lead-handed-off', data: { count: 1 } },
};
const queued = { type: 'MessageQueued', data: { ...content, kind: 'notification' } } as const;
const task = { type: 'MessageQueued', data: { ...content, kind: 'task', dueAt: '2024-01-02T00:00:00.000Z' } } as const;
const sent = (attempt = 1) => ({ type: 'MessageSent', data: { messageId, attempt, receipt: 'r' } }) as const;
const failed = (attempt: number, retryAt?: string): MessageEvent => ({
  type: 'MessageFailed',
  data: { messageId, attempt, code: 'effect/not-sent', ...(retryAt && { retryAt }) },
});
const due = (attempt: number, cause: 'time' | 'person') =>
  ({ type: 'MessageDue', data: { messageId, target: 'crm', attempt, cause } }) as const;
const noteSent = (attempt = 1) => ({ type: 'NoteMessageSent', data: { messageId, attempt, receipt: 'r' } }) as const;
const noteFailed = (attempt: number, more: { refused?: boolean } = {}) =>
  ({ type: 'NoteMessageFailed', data: { messageId, attempt, code: 'effect/not-sent', ...more } }) as const;
const later = (ms: number) => fromMs(toMs(now) + ms);

describe('a message', () => {
  const queue = { type: 'QueueMessage', data: queued.data } as const;
  it('is queued', () => given().when(queue).then(queued));
  it('to a lead names the lead', () => {
    const { leadId: _, ...nobody } = queued.data;
    const toLead = { purpose: 'newsletter', channel: 'email' } as const;
    given()
      .when({ type: 'QueueMessage', data: { ...nobody, toLead } })
      .thenRefused('message/no-lead', 'leadId');
    given()
      .when({ type: 'QueueMessage', data: { ...queued.data, toLead } })
      .then({ type: 'MessageQueued', data: { ...queued.data, toLead } });
  });
  it('is queued once', () => given(queued).when(queue).then());
  it('is sent', () => given(queued).when(noteSent()).then(sent()));
  it('is sent once, even if that is reported again', () => given(queued, sent()).when(noteSent()).then());
  it('must exist', () => {
    given().when(noteSent()).thenRefused('message/unknown');
    given().when(noteFailed(1)).thenRefused('message/unknown');
    given().when({ type: 'RetryMessage', data: { messageId } }).thenRefused('message/unknown');
    given().when({ type: 'CompleteTask', data: { messageId } }).thenRefused('message/unknown');
  });
  it('that was not sent is tried again half a minute later', () =>
    given(queued)
      .when(noteFailed(1))
      .then(failed(1, later(30_000))));
  it('records the outcome of an attempt once', () =>
    given(queued, failed(1, later(30_000)))
      .when(noteFailed(1))
      .then());
  it('becomes due at its time, once', () => {
    const waiting = given(queued, failed(1, later(30_000)));
    const advanceClock = { type: 'AdvanceClock', data: { messageId } } as const;
    waiting.at(later(29_999)).when(advanceClock).then();
    const dueThen = { ...due(2, 'time'), occurredAt: later(30_000) };
    waiting.at(later(90_000)).when(advanceClock).then(dueThen);
    given(queued, failed(1, later(30_000)), dueThen)
      .at(later(99_000))
      .when(advanceClock)
      .then();
  });
  it('waits four times as long after each attempt, at most six hours', () =>
    expect(Array.from({ length: MAX_ATTEMPTS }, (_, index) => pauseAfter(index + 1) / 1000)).toEqual([
      30, 120, 480, 1920, 7680, 21600, 21600, 21600,
    ]));
  it('is given up after eight attempts', () => {
    const tried = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, index) => [
      failed(index + 1, now),
      due(index + 2, 'time'),
    ]).flat();
    given(queued, ...tried)
      .when(noteFailed(MAX_ATTEMPTS))
      .then(failed(MAX_ATTEMPTS));
  });
  it('that is refused is given up at once', () =>
    given(queued)
      .when(noteFailed(1, { refused: true }))
      .then(failed(1)));
  it('that is sent after a failed attempt is sent', () => given(queued, failed(1)).when(noteSent(2)).then(sent(2)));
});

describe('RetryMessage', () => {
  const retry = { type: 'RetryMessage', data: { messageId } } as const;
  it('makes a message due that was given up, with eight new attempts', () => {
    const tried = Array.from({ length: MAX_ATTEMPTS }, (_, index) => failed(index + 1));
    given(queued, ...tried)
      .when(retry)
      .then(due(MAX_ATTEMPTS + 1, 'person'));
    given(queued, ...tried, due(MAX_ATTEMPTS + 1, 'person'))
      .when(noteFailed(MAX_ATTEMPTS + 1))
      .then(failed(MAX_ATTEMPTS + 1, later(30_000)));
  });
  it('makes a message due before its time', () =>
    given(queued, failed(1, later(30_000)))
      .when(retry)
      .then(due(2, 'person')));
  it('makes a message due whose target had no sender', () => given(queued).when(retry).then(due(1, 'person')));
  it('is refused if the message was sent', () => given(queued, sent()).when(retry).thenRefused('message/already-sent'));
  it('is refused if the task is completed', () =>
    given(task, { type: 'TaskCompleted', data: { messageId, outcome: 'done' } })
      .when(retry)
      .thenRefused('message/not-needed'));
});

describe('a task', () => {
  const complete = { type: 'CompleteTask', data: { messageId } } as const;
  const completed = { type: 'TaskCompleted', data: { messageId, outcome: 'done' } } as const;
  it('can be done', () => given(task, sent()).when(complete).then(completed));
  it('can be dropped', () =>
    given(task)
      .when({ type: 'CompleteTask', data: { messageId, outcome: 'dropped' } })
      .then({ type: 'TaskCompleted', data: { messageId, outcome: 'dropped' } }));
  it('completed again records nothing', () => given(task, completed).when(complete).then());
  it('is the only kind of message that can be completed', () =>
    given(queued).when(complete).thenRefused('message/no-task'));
  it('that is completed is not sent again', () =>
    given(task, failed(1, later(30_000)), completed)
      .at(later(60_000))
      .when({ type: 'AdvanceClock', data: { messageId } })
      .then());
});
