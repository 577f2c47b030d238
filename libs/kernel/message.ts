import { commands, To, type CommandOf } from './command';
import { events, type EventOf } from './event';
import { idsIn } from './hash';
import { send, type Reaction } from './policy';
import {
  enumeration,
  flag,
  ID_PATTERN,
  ID_REQUIREMENT,
  instant,
  integer,
  json,
  object,
  oneOf,
  optional,
  ref,
  text,
  type EnumerationValue,
} from './schema';

/**
 * Messages to other systems. A policy of any context queues a message; the stream of the message records its delivery;
 * an `Outbound` delivers it.
 */
export const messageKinds = enumeration('MessageKind', 'The kind of a message.', {
  notification: 'Tells a person or a role what happened.',
  task: 'Asks a person or a role to do something by a due time.',
  record: 'Keeps the data of another system up to date.',
  alert: 'Tells a person or a role what needs attention at once.',
});
export type MessageKind = EnumerationValue<typeof messageKinds>;
export const taskOutcomes = enumeration('TaskOutcome', 'How a task ended.', {
  done: 'The task was done.',
  dropped: 'The task is no longer needed.',
});

export const contactChannels = enumeration('ContactChannel', 'How a person is reached.', {
  email: 'By e-mail.',
  phone: 'By a call.',
  sms: 'By a text message.',
  post: 'By post.',
  messenger: 'By a messenger, such as WhatsApp.',
});
export type ContactChannel = EnumerationValue<typeof contactChannels>;
/** What people are contacted for, by a code of your own; consent is given for it. */
export const contactPurpose = (description = 'What for, by a code of your own: newsletter, events …') =>
  text(description, {
    max: 50,
    pattern: '^[a-z][a-z0-9-]*$',
    requirement: 'a code of small letters, digits and hyphens, such as newsletter',
  });

const messageId = ref('message', 'The message id. The target uses it to recognise a repeated delivery.');
const target = text('The target system: messaging, tasks or crm.', {
  pattern: ID_PATTERN,
  requirement: ID_REQUIREMENT,
  max: 100,
});
const attempt = integer('The number of the delivery attempt, from 1.', { min: 1 });
const code = text('The stable code of the failure.', { min: 1, max: 100 });
const receipt = optional(text('The id that the target gave the message.', { max: 500 }));
const outcome = oneOf(taskOutcomes, 'How the task ended: done, or dropped because it is no longer needed.');
const content = {
  target,
  kind: oneOf(messageKinds, 'The kind of message.'),
  to: text('The recipient: a person, or a role such as manager.', { min: 1, max: 200 }),
  leadId: optional(ref('lead', 'The lead it is about.')),
  opportunityId: optional(ref('opportunity', 'The deal it is about.')),
  template: text('The name of the template, such as lead-handed-off.', { min: 1, max: 100 }),
  data: json('The values for the template: ids, codes and instants. Names are looked up when the message is sent.'),
  dueAt: optional(instant('The due time of a task.')),
  toLead: optional(
    object(
      { purpose: contactPurpose(), channel: oneOf(contactChannels, 'How the person is reached.') },
      'Set if the message goes to the lead itself, and not to our own people. It is sent only with the consent of the person.',
    ),
  ),
};

export const messageEvents = events({
  MessageQueued: {
    version: 1,
    description: 'A message to another system was queued.',
    sentence: 'A {kind} ({template:words}) to {to} was queued for {target}',
    messageId,
    ...content,
  },
  MessageSent: {
    version: 1,
    description: 'The target accepted the message.',
    sentence: 'The message was sent at attempt {attempt}',
    messageId,
    attempt,
    receipt,
  },
  MessageFailed: {
    version: 1,
    description: 'The target did not accept the message.',
    sentence: 'Attempt {attempt} to send the message failed: {code:words}[; the next attempt is at {retryAt}]',
    messageId,
    attempt,
    code,
    retryAt: optional(instant('The time of the next attempt. Absent when no attempt follows.')),
  },
  MessageDue: {
    version: 1,
    description: 'Another attempt to send the message is due.',
    sentence: 'The message is to be sent through {target} again, attempt {attempt}',
    messageId,
    target,
    attempt,
    cause: oneOf(['time', 'person'], 'What made it due: its retry time, or a person who asked for it.'),
  },
  TaskCompleted: {
    version: 1,
    description: 'The task was done or dropped.',
    sentence: 'The task was {outcome}',
    messageId,
    outcome,
  },
});
export type MessageEvent = EventOf<typeof messageEvents>;

export const messageCommands = commands('message', {
  QueueMessage: { description: 'Queue a message to another system, once.', messageId, ...content },
  NoteMessageSent: { description: 'The target accepted the message.', messageId, attempt, receipt },
  NoteMessageFailed: {
    description: 'The target did not accept the message.',
    messageId,
    attempt,
    code,
    refused: optional(flag('The target refuses the message for good; it is not tried again.')),
  },
  AdvanceClock: { description: 'Make the attempts due that time has reached.', messageId },
  RetryMessage: {
    description: 'Send an unsent message now. A message that was given up gets all its attempts again.',
    allow: ['revops'],
    messageId,
  },
  CompleteTask: {
    description: 'Complete a task as done or dropped.',
    allow: ['sales', 'marketing', 'revops'],
    messageId,
    outcome: optional(outcome),
  },
});
export type MessageCommand = CommandOf<typeof messageCommands>;

/** A command for a message. */
export class ToMessage extends To<MessageCommand> {}

/** A message for a target; its id is the same at each attempt. */
export type Message = Omit<Extract<MessageEvent, { type: 'MessageQueued' }>['data'], 'messageId'> & {
  readonly id: string;
};

const messageIds = idsIn('d3f4f0a6-52b7-5f0e-8a27-0e0c1f6b9a54');

/** The id of a message: one event, one template and one recipient always give the same message. */
export const messageIdOf = (causeId: string, template: string, to: string): string =>
  messageIds(`${causeId}\n${template}\n${to}`);

/** For policies: queues a message that an event causes. @param causeId id of the event */
export const queueMessage = (causeId: string, message: Omit<Message, 'id'>): Reaction => {
  const id = messageIdOf(causeId, message.template, message.to);
  return send(ToMessage, id, { type: 'QueueMessage', data: { messageId: id, ...message } });
};
