import { Module } from '@nestjs/common';
import { messageCommands, messageEvents, ToMessage, type ContextParts } from '@baton/kernel';
import { mutationsOf } from '../graphql';
import { MessageHandler } from './message.handler';
import { messages } from './messages.projection';
import { OutboxResolver } from './outbox.resolver';

export const outboxParts: ContextParts = {
  name: 'outbox',
  events: [messageEvents],
  projections: [messages],
  policies: [],
  dueLists: [{ projection: messages, to: ToMessage, type: 'PassTime' }],
};

/** What leaves Baton: messages to other systems, and what became of them. */
@Module({ providers: [MessageHandler, OutboxResolver, mutationsOf(ToMessage, messageCommands)] })
export class OutboxModule {}
