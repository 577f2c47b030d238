import { aggregate, ToMessage, type ContextParts } from '@baton/kernel';
import { messageDecider } from './message.decider';
import { messages } from './messages.read-model';
import { outboxReport } from './outbox.report';

/** Messages to other systems and their delivery. */
export const outboxParts: ContextParts = {
  name: 'outbox',
  aggregates: [aggregate(ToMessage, messageDecider, { due: messages })],
  projections: [messages],
  policies: [],
  reports: [outboxReport],
};
