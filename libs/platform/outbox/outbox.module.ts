import { aggregate, ToMessage, type ContextParts } from '@baton/kernel';
import { messageDecider } from './message.decider';
import { messages } from './messages.projection';

/** What leaves Baton: messages to other systems, and what became of them. */
export const outboxParts: ContextParts = {
  name: 'outbox',
  aggregates: [aggregate(ToMessage, messageDecider, { due: messages })],
  projections: [messages],
  policies: [],
};
