import { randomUUID } from 'node:crypto';
import { ToMessage } from '@baton/kernel';
import { messages, outboxTargets } from '@baton/platform/outbox';
import { SENDERS } from '@baton/platform/platform.module';
import type { Sender } from '@baton/platform/runner';
import { action, type ActionGroup } from './command';
import { line, printJson, printTable, time } from './output';
import { localActor, Session } from './session';

/** Number of messages per target, and the oldest hundred undelivered ones. */
const list = async (session: Session, json = false): Promise<void> => {
  await session.catchUpIfPossible();
  const senders = session.app.get<readonly Sender[]>(SENDERS);
  const targets = await outboxTargets(
    session.models,
    senders.map(({ target }) => target),
  );
  const unsent = await session.models.find(messages, {
    where: { status: { in: ['queued', 'waiting', 'failed'] } },
    orderBy: [{ column: 'queuedAt' }],
    limit: 100,
  });
  if (json) return printJson({ targets, unsent: unsent.map(({ doc }) => doc) });
  printTable(
    [
      'target',
      'has a sender',
      ...['queued', 'waiting', 'sent', 'failed', 'dropped'].map((name) => `${name} (messages)`),
    ],
    targets.map(({ target, connected, queued, waiting, sent, failed, dropped }) => [
      ...[target, connected ? 'yes' : 'no'],
      ...[queued, waiting, sent, failed, dropped],
    ]),
  );
  if (unsent.length === 0) return;
  printTable(
    ['message', 'target', 'to', 'what', 'queued', 'status', 'tried (times)', 'code', 'again at'],
    unsent.map(({ doc: { messageId, target, to, template, queuedAt, status, attempts, code, dueAt } }) => [
      ...[messageId, target, to, template, time(queuedAt), status],
      ...[attempts, code, time(dueAt)],
    ]),
  );
};

export const command: ActionGroup = {
  actions: {
    list: action({
      description: 'List the messages of each target, and those not delivered yet.',
      example: '',
      run: (_, { json }) => Session.use((session) => list(session, json)),
    }),
    retry: action({
      description: 'Send a message now.',
      words: { message: 'id of the message, as listed' },
      example: '3f6c…',
      run: ([messageId], { json }) =>
        Session.use(async (session) => {
          const meta = { commandId: randomUUID(), actor: localActor(), origin: 'person' as const };
          const data = { messageId: messageId! };
          await session.order(new ToMessage(messageId!, { type: 'RetryMessage', data, meta }));
          if (json) printJson({ messageId, due: true });
          else line(`Message ${messageId} will be sent now.`);
        }),
    }),
  },
};
