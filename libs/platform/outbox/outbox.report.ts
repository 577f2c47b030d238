import { field, objectFields, type Instant, type ObjectOf } from '@baton/kernel';
import type { ReadModels } from '../documents';
import { report } from '../report';
import { messages, type MessageDocument } from './messages.read-model';

const fields = {
  target: field.text('The target system.'),
  connected: field.flag('Whether the target has a sender.'),
  queued: field.integer('Messages to be sent now.'),
  waiting: field.integer('Messages waiting for another attempt.'),
  sent: field.integer('Messages that the target accepted.'),
  failed: field.integer('Messages that were given up.'),
  dropped: field.integer('Tasks that were completed before they were sent.'),
  oldestAt: field.instant('When the oldest unsent message was queued.', { nullable: true }),
} as const;
/** What goes to one target, counted by its status. */
export type OutboxTarget = ObjectOf<typeof fields>;

/**
 * How far messages have come on their way.
 * @param connected the targets that have a sender
 * @returns a row for each target that has a sender or any message, by name
 */
export const outboxTargets = async (
  models: ReadModels,
  connected: readonly string[],
): Promise<readonly OutboxTarget[]> => {
  const groups = await models.aggregate(messages, {
    by: ['target', 'status'],
    measures: { messages: 'count', oldestAt: { min: 'queuedAt' } },
  });
  const rows = new Map<string, OutboxTarget>();
  const rowOf = (target: string): OutboxTarget =>
    rows.get(target) ?? {
      ...{ target, connected: connected.includes(target), oldestAt: null },
      ...{ queued: 0, waiting: 0, sent: 0, failed: 0, dropped: 0 },
    };
  for (const target of connected) rows.set(target, rowOf(target));
  for (const { keys, values } of groups) {
    const [target, status] = keys as [string, MessageDocument['status']];
    const row = rowOf(target);
    const oldest = values['oldestAt'] as Instant;
    const since = status === 'sent' || status === 'dropped' || (row.oldestAt ?? oldest) < oldest;
    rows.set(target, { ...row, [status]: values['messages'] as number, oldestAt: since ? row.oldestAt : oldest });
  }
  return [...rows.values()].sort((a, b) => (a.target < b.target ? -1 : 1));
};

export const outboxReport = report({
  name: 'outbox',
  description: 'Message counts by target system and status.',
  allow: ['sales', 'marketing', 'revops'],
  arguments: {},
  answer: field.object(
    objectFields('OutboxTarget', 'A target system with its message counts.', fields),
    'The targets.',
    {
      list: true,
    },
  ),
  ask: (_, { models, sources: { senders } }) =>
    outboxTargets(
      models,
      senders.map(({ target }) => target),
    ),
});
