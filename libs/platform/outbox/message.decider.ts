import {
  decider,
  fromMs,
  messageCommands,
  messageEvents,
  refuse,
  toMs,
  type Instant,
  type Message,
  type MessageCommand,
  type MessageEvent,
} from '@baton/kernel';

interface QueuedMessage {
  readonly status: 'queued' | 'waiting' | 'sent' | 'failed';
  readonly message: Message;
  /** The number of attempts whose outcome is known: in total, and since the last RetryMessage. */
  readonly attempts: number;
  readonly attemptsSinceRetry: number;
  readonly retryAt?: Instant;
  /** The task was done or dropped. */
  readonly completed?: true;
}
export type MessageState = { readonly status: 'unknown' } | QueuedMessage;

/** The number of attempts after which a message is given up, after about fifteen hours. */
export const MAX_ATTEMPTS = 8;
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 6 * 3_600_000;

/**
 * The pause after the nth attempt in milliseconds: half a minute, then four times as long each time, at most six hours.
 */
export const pauseAfter = (attempt: number): number => Math.min(FIRST_PAUSE_MS * 4 ** (attempt - 1), LONGEST_PAUSE_MS);

const unknownMessage = () => refuse('message/unknown', 'There is no message with this messageId.', 'messageId');
const dueAgain = ({ message, attempts }: QueuedMessage, cause: 'time' | 'person'): MessageEvent => ({
  type: 'MessageDue',
  data: { messageId: message.id, target: message.target, attempt: attempts + 1, cause },
});
const changed = (state: MessageState, change: (queued: QueuedMessage) => QueuedMessage): MessageState =>
  state.status === 'unknown' ? state : change(state);

/** Whether this attempt must still be made: its outcome is not known, and the message is not a completed task. */
export const isToSend = (state: MessageState, attempt: number): state is QueuedMessage =>
  state.status === 'queued' && state.attempts === attempt - 1 && !state.completed;

/** A message to another system, until it is sent or given up; a task also until it is completed. */
export const messageDecider = decider<MessageState, MessageCommand, MessageEvent>({
  commands: messageCommands,
  events: messageEvents,
  initialState: () => ({ status: 'unknown' }),
  decide: {
    QueueMessage: (state, { data }) => {
      if (data.toLead && data.leadId === undefined)
        return refuse('message/no-lead', 'A message to a lead needs its leadId.', 'leadId');
      return state.status === 'unknown' ? [{ type: 'MessageQueued', data }] : [];
    },
    NoteMessageSent: (state, { data }) => {
      if (state.status === 'unknown') return unknownMessage();
      return data.attempt === state.attempts + 1 && state.status !== 'sent' ? [{ type: 'MessageSent', data }] : [];
    },
    NoteMessageFailed: (state, { data: { messageId, attempt, code, refused } }, { now }) => {
      if (state.status === 'unknown') return unknownMessage();
      if (attempt !== state.attempts + 1 || state.status === 'sent') return [];
      const attempts = state.attemptsSinceRetry + 1;
      const retryAt = refused || attempts >= MAX_ATTEMPTS ? undefined : fromMs(toMs(now) + pauseAfter(attempts));
      return [{ type: 'MessageFailed', data: { messageId, attempt, code, ...(retryAt && { retryAt }) } }];
    },
    AdvanceClock: () => [],
    RetryMessage: (state) => {
      if (state.status === 'unknown') return unknownMessage();
      if (state.status === 'sent') return refuse('message/already-sent', 'The message was already sent.', 'messageId');
      if (state.completed)
        return refuse(
          'message/not-needed',
          'The task was already done or dropped, so its message is not sent.',
          'messageId',
        );
      return [dueAgain(state, 'person')];
    },
    CompleteTask: (state, { data: { messageId, outcome = 'done' } }) => {
      if (state.status === 'unknown') return unknownMessage();
      if (state.message.kind !== 'task')
        return refuse('message/no-task', 'Only messages of the kind task can be completed.', 'messageId');
      return state.completed ? [] : [{ type: 'TaskCompleted', data: { messageId, outcome } }];
    },
  },
  evolve: {
    MessageQueued: (_, { data: { messageId, ...content } }) => ({
      ...{ status: 'queued', attempts: 0, attemptsSinceRetry: 0 },
      message: { id: messageId, ...content },
    }),
    MessageSent: (state, { data: { attempt } }) =>
      changed(state, ({ retryAt: _, ...queued }) => ({ ...queued, status: 'sent', attempts: attempt })),
    MessageFailed: (state, { data: { attempt, retryAt } }) =>
      changed(state, (queued) => ({
        ...queued,
        ...{ attempts: attempt, attemptsSinceRetry: queued.attemptsSinceRetry + 1 },
        ...(retryAt === undefined ? { status: 'failed' } : { status: 'waiting', retryAt }),
      })),
    MessageDue: (state, { data: { cause } }) =>
      changed(state, ({ retryAt: _, ...queued }) => ({
        ...queued,
        ...{ status: 'queued', attemptsSinceRetry: cause === 'person' ? 0 : queued.attemptsSinceRetry },
      })),
    TaskCompleted: (state) => changed(state, (queued) => ({ ...queued, completed: true })),
  },
  due: (state) => (state.status === 'waiting' && !state.completed ? state.retryAt : undefined),
  elapse: (state) => (state.status === 'waiting' ? [dueAgain(state, 'time')] : []),
});
