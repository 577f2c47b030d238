import { aggregate, ToMessage, type ContextParts } from '@baton/kernel';
import { messageDecider } from './message.decider';
import { messages } from './messages.read-model';
import { outboxReport } from './outbox.report';

/** What leaves Baton: messages to other systems, and what became of them. */
export const outboxParts: ContextParts = {
  name: 'outbox',
  aggregates: [aggregate(ToMessage, messageDecider, { due: messages })],
  projections: [messages],
  policies: [],
  reports: [outboxReport],
};
