import type { Instant } from '@baton/kernel';
import type { ReadModels } from '../documents';
import { messages, type MessageDocument } from './messages.projection';

/** The number of messages to one target by status. */
export type OutboxTarget = Readonly<Record<MessageDocument['status'], number>> & {
  readonly target: string;
  /** Whether the target has a sender. */
  readonly connected: boolean;
  /** When the oldest message that was neither sent nor dropped was queued. */
  readonly oldestAt: Instant | null;
};

/**
 * Counts messages by target and status.
 * @param connected the targets that have a sender
 * @returns a row for each target that has a sender or a message, sorted by name
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
    const keepsOldest = status === 'sent' || status === 'dropped' || (row.oldestAt ?? oldest) < oldest;
    rows.set(target, { ...row, [status]: values['messages'] as number, oldestAt: keepsOldest ? row.oldestAt : oldest });
  }
  return [...rows.values()].sort((a, b) => (a.target < b.target ? -1 : 1));
};
