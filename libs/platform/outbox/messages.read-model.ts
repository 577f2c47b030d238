import {
  contactChannels,
  enumeration,
  field,
  messageKinds,
  readModel,
  type DocumentOf,
  type MessageEvent,
} from '@baton/kernel';

export const messageStatuses = enumeration('MessageStatus', 'The delivery status of a message.', {
  queued: 'To be sent now.',
  waiting: 'To be tried again.',
  sent: 'Accepted by the target.',
  failed: 'Given up.',
  dropped: 'A task that was completed before it was sent.',
});
const taskStatuses = enumeration('TaskStatus', 'The status of a task.', {
  open: 'To be done.',
  done: 'Done.',
  dropped: 'No longer needed.',
});

const listed = { filter: true, sort: true } as const;
const known = { nullable: true, filter: true, sort: true } as const;
const fields = {
  messageId: field.id('The id of the message, by which the target recognises a repeated delivery.', { filter: true }),
  target: field.text('The target system.', { filter: true }),
  kind: field.enum(messageKinds, 'The kind of message.', { filter: true }),
  to: field.text('The recipient: a person or a role.', { filter: true }),
  leadId: field.id('The lead it is about.', { nullable: true, filter: true, entity: 'Lead' }),
  opportunityId: field.id('The opportunity it is about.', { nullable: true, filter: true, entity: 'Opportunity' }),
  template: field.text('The name of the template.', { filter: true }),
  data: field.json('The values for the template: ids, codes and instants.', { nullable: true }),
  queuedAt: field.instant('When the message was queued.', listed),
  status: field.enum(messageStatuses, 'The delivery status.', { filter: true }),
  attempts: field.integer('The number of delivery attempts.'),
  code: field.text('The code of the last failed attempt.', { nullable: true, filter: true }),
  dueAt: field.instant('When the next attempt is due.', known),
  sentAt: field.instant('When the target accepted the message.', known),
  task: field.enum(taskStatuses, 'The status of the task. Null for other kinds.', { nullable: true, filter: true }),
  doBy: field.instant('When the task is due. Null for other kinds.', known),
  completedAt: field.instant('When the task was done or dropped.', known),
  purpose: field.text('Of a message to the lead itself: what for.', { nullable: true, filter: true }),
  channel: field.enum(contactChannels, 'Of a message to the lead itself: how.', { nullable: true, filter: true }),
} as const;
/** A message in its current state. */
export type MessageDocument = DocumentOf<typeof fields>;

/** All messages to other systems: notifications, tasks, records and alerts, with their delivery status. */
export const messages = readModel<MessageDocument, MessageEvent>({
  name: 'messages',
  version: 3,
  node: 'Message',
  description: 'A message to another system: a notification, task, record or alert.',
  key: 'messageId',
  fields,
  lists: {
    messages: { description: 'All messages to other systems, newest first.', orderBy: '-queuedAt' },
    notifications: {
      description: 'Notifications and alerts, newest first.',
      orderBy: '-queuedAt',
      where: { kind: { in: ['notification', 'alert'] } },
    },
    tasks: {
      description: 'Tasks, earliest due first.',
      orderBy: 'doBy',
      where: { kind: { eq: 'task' } },
    },
  },
  allow: ['sales', 'marketing', 'revops'],
  questions: [
    { where: ['to', 'kind'], orderBy: '-queuedAt' },
    { where: ['to', 'kind', 'task'], orderBy: 'doBy' },
    { where: ['leadId', 'kind'], orderBy: '-queuedAt' },
    { where: ['status', 'target'], orderBy: '-queuedAt' },
  ],
  keys: ({ data }) => [data.messageId],
  initial: (messageId) => ({
    ...{ messageId, target: '', kind: 'notification', to: '', leadId: null, opportunityId: null, template: '' },
    ...{ data: null, queuedAt: '', status: 'queued', attempts: 0, code: null, dueAt: null, sentAt: null },
    ...{ task: null, doBy: null, completedAt: null, purpose: null, channel: null },
  }),
  on: {
    MessageQueued: (
      doc,
      { data: { target, kind, to, leadId, opportunityId, template, data, dueAt, toLead }, occurredAt },
    ) => ({
      ...doc,
      ...{ target, kind, to, template, data, queuedAt: occurredAt },
      ...{ leadId: leadId ?? null, opportunityId: opportunityId ?? null },
      ...toLead,
      ...(kind === 'task' && { task: 'open' as const, doBy: dueAt ?? null }),
    }),
    MessageSent: (doc, { data: { attempt }, occurredAt }) => ({
      ...doc,
      ...{ status: 'sent', attempts: attempt, code: null, dueAt: null, sentAt: occurredAt },
    }),
    MessageFailed: (doc, { data: { attempt, code, retryAt } }) => {
      const failed = { ...doc, attempts: attempt, code };
      if (doc.status === 'dropped') return failed;
      return { ...failed, status: retryAt === undefined ? 'failed' : 'waiting', dueAt: retryAt ?? null };
    },
    MessageDue: (doc) => ({ ...doc, status: 'queued', dueAt: null }),
    TaskCompleted: (doc, { data: { outcome }, occurredAt }) => ({
      ...doc,
      ...{ task: outcome, completedAt: occurredAt, dueAt: null },
      ...(doc.status !== 'sent' && { status: 'dropped' as const }),
    }),
  },
});
