import { randomUUID } from 'node:crypto';
import { Command, CommandRunner, Option } from 'nest-commander';
import { ToMessage } from '@baton/kernel';
import { messages, outboxTargets } from '@baton/platform/outbox';
import { SENDERS } from '@baton/platform/platform.module';
import type { Sender } from '@baton/platform/runner';
import { line, printJson, printTable, time } from './output';
import { localActor, Session } from './session';

interface Options {
  json?: boolean;
}

@Command({
  name: 'outbox',
  arguments: '<action> [message]',
  argsDescription: { action: 'list or retry', message: 'id of the message, as listed' },
  description: 'List messages to other systems and their delivery; send one again.',
})
export class OutboxCommand extends CommandRunner {
  async run([action, messageId]: string[], { json }: Options): Promise<void> {
    await Session.use(async (session) => {
      if (action === 'list') return list(session, json);
      const meta = { commandId: randomUUID(), actor: localActor(), origin: 'person' as const };
      await session.order(new ToMessage(messageId!, { type: 'RetryMessage', data: { messageId: messageId! }, meta }));
      if (json) printJson({ messageId, due: true });
      else line(`Message ${messageId} will be sent now.`);
    });
  }

  @Option({ flags: '--json', description: 'Print the result as JSON.' })
  json() {
    return true;
  }
}

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
