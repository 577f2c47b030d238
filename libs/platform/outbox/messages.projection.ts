import { projection, type Instant, type Json, type MessageEvent, type MessageKind } from '@baton/kernel';

/** The present state of a message. */
export interface MessageDocument {
  readonly messageId: string;
  readonly target: string;
  readonly kind: MessageKind;
  readonly to: string;
  readonly leadId: string | null;
  readonly opportunityId: string | null;
  readonly template: string;
  readonly data: Json;
  readonly queuedAt: Instant;
  /** queued: to be sent now; waiting: to be tried again; failed: given up; dropped: a task done before it was sent. */
  readonly status: 'queued' | 'waiting' | 'sent' | 'failed' | 'dropped';
  readonly attempts: number;
  /** The code of the last failed attempt. */
  readonly code: string | null;
  /** When the next attempt is due. */
  readonly dueAt: Instant | null;
  readonly sentAt: Instant | null;
  /** The status of a task; null for other kinds. */
  readonly task: 'open' | 'done' | 'dropped' | null;
  readonly doBy: Instant | null;
  /** When the task was done or dropped. */
  readonly completedAt: Instant | null;
}

/** All messages to other systems: notifications, tasks, records and alerts, with their delivery status. */
export const messages = projection<MessageDocument, MessageEvent>({
  name: 'messages',
  version: 1,
  columns: {
    target: 'text',
    kind: 'text',
    to: 'text',
    leadId: 'text',
    status: 'text',
    queuedAt: 'text',
    dueAt: 'text',
    task: 'text',
    doBy: 'text',
  },
  keys: ({ data }) => [data.messageId],
  initial: (messageId) => ({
    ...{ messageId, target: '', kind: 'notification', to: '', leadId: null, opportunityId: null, template: '' },
    ...{ data: null, queuedAt: '', status: 'queued', attempts: 0, code: null, dueAt: null, sentAt: null },
    ...{ task: null, doBy: null, completedAt: null },
  }),
  on: {
    MessageQueued: (doc, { data: { target, kind, to, leadId, opportunityId, template, data, dueAt }, occurredAt }) => ({
      ...doc,
      ...{ target, kind, to, template, data, queuedAt: occurredAt },
      ...{ leadId: leadId ?? null, opportunityId: opportunityId ?? null },
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
