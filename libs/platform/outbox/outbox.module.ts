import { aggregate, ToMessage, type ContextParts } from '@baton/kernel';
import { messageDecider } from './message.decider';
import { messages } from './messages.projection';

/** Messages to other systems and their delivery. */
export const outboxParts: ContextParts = {
  name: 'outbox',
  aggregates: [aggregate(ToMessage, messageDecider, { due: messages })],
  projections: [messages],
  policies: [],
};
