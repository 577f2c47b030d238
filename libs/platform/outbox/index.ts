export { outboxParts } from './outbox.module';
export { messageDecider, MAX_ATTEMPTS, pauseAfter } from './message.decider';
export { messages, type MessageDocument } from './messages.read-model';
export { outboxTargets, type OutboxTarget } from './outbox.report';
