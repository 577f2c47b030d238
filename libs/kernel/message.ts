import { v5 as uuidv5 } from 'uuid';
import { commands, To, type CommandOf } from './command';
import { events, type EventOf } from './event';
import { send, type Reaction } from './policy';
import {
  enumeration,
  flag,
  ID_PATTERN,
  ID_REQUIREMENT,
  instant,
  integer,
  json,
  oneOf,
  optional,
  ref,
  text,
} from './schema';

/**
 * What leaves Baton. A policy of any context queues a message; the message's own stream keeps what became of it; who
 * brings it to its target is an `Outbound`.
 */
export const messageKinds = ['notification', 'task', 'record', 'alert'] as const;
export type MessageKind = (typeof messageKinds)[number];
export const taskOutcomes = enumeration('TaskOutcome', 'What became of a task.', {
  done: 'It was done.',
  dropped: 'It is owed no more.',
});

const messageId = ref('message', 'The message; for its target the key by which it knows a repetition.');
const target = text('The system it goes to: messaging, tasks, crm.', {
  pattern: ID_PATTERN,
  says: ID_REQUIREMENT,
  max: 100,
});
const attempt = integer('Which attempt to send it, from 1.', { min: 1 });
const code = text('Why it could not be sent, a stable code.', { min: 1, max: 100 });
const receipt = optional(text('What the target calls it.', { max: 500 }));
const outcome = oneOf(taskOutcomes, 'Done, or dropped because it is owed no more.');
const content = {
  target,
  kind: oneOf(messageKinds, 'What it is.'),
  to: text('Whom it is for: a person, or a role (manager).', { min: 1, max: 200 }),
  leadId: optional(ref('lead', 'The lead it is about.')),
  opportunityId: optional(ref('opportunity', 'The deal it is about.')),
  template: text('What it says, by name: lead-handed-off.', { min: 1, max: 100 }),
  data: json('What the template is filled with: ids, codes, instants. Names are looked up when it is sent.'),
  dueAt: optional(instant('By when a task is to be done.')),
};

export const messageEvents = events({
  MessageQueued: {
    version: 1,
    description: 'Something is to be told to another system.',
    sentence: 'A {kind} ({template:words}) is to go to {to} through {target}',
    messageId,
    ...content,
  },
  MessageSent: {
    version: 1,
    description: 'The target has taken the message.',
    sentence: 'The message was sent at attempt {attempt}',
    messageId,
    attempt,
    receipt,
  },
  MessageFailed: {
    version: 1,
    description: 'The target has not taken the message.',
    sentence: 'Attempt {attempt} to send the message failed: {code:words}[, to be tried again at {retryAt}]',
    messageId,
    attempt,
    code,
    retryAt: optional(instant('When it is tried again; without it, it was given up.')),
  },
  MessageDue: {
    version: 1,
    description: 'The message is to be sent again.',
    sentence: 'The message is to be sent through {target} again, attempt {attempt}',
    messageId,
    target,
    attempt,
    cause: oneOf(['time', 'person'], 'Its time has come, or somebody wants it.'),
  },
  TaskCompleted: {
    version: 1,
    description: 'Nobody needs to do this task any more.',
    sentence: 'The task was {outcome}',
    messageId,
    outcome,
  },
});
export type MessageEvent = EventOf<typeof messageEvents>;

export const messageCommands = commands('message', {
  QueueMessage: { description: 'Tell another system something, once.', messageId, ...content },
  NoteMessageSent: { description: 'The target has taken the message.', messageId, attempt, receipt },
  NoteMessageFailed: {
    description: 'The target has not taken the message.',
    messageId,
    attempt,
    code,
    refused: optional(flag('It never will.')),
  },
  AdvanceClock: { description: 'Time has passed: what is to be tried again is due.', messageId },
  RetryMessage: {
    description: 'Send a message that was not sent, now; one that was given up gets all its attempts again.',
    allow: ['revops'],
    messageId,
  },
  CompleteTask: {
    description: 'A task is done, or dropped.',
    allow: ['sales', 'marketing', 'revops'],
    messageId,
    outcome: optional(outcome),
  },
});
export type MessageCommand = CommandOf<typeof messageCommands>;

/** A command on its way to a message. */
export class ToMessage extends To<MessageCommand> {}

/** What is brought to a target; the id is the same at each attempt. */
export type Message = Omit<Extract<MessageEvent, { type: 'MessageQueued' }>['data'], 'messageId'> & {
  readonly id: string;
};

const MESSAGE_IDS = 'd3f4f0a6-52b7-5f0e-8a27-0e0c1f6b9a54';

/** A message is what one event says to one addressee by one template: said twice it is the same. */
export const messageIdOf = (causeId: string, template: string, to: string): string =>
  uuidv5(`${causeId}\n${template}\n${to}`, MESSAGE_IDS);

/** For policies: queues a message that follows from an event. @param causeId the event's id */
export const queueMessage = (causeId: string, message: Omit<Message, 'id'>): Reaction => {
  const id = messageIdOf(causeId, message.template, message.to);
  return send(ToMessage, id, { type: 'QueueMessage', data: { messageId: id, ...message } });
};
