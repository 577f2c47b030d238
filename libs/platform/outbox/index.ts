export { outboxParts } from './outbox.module';
export { messageDecider, MOST_ATTEMPTS, pauseAfter } from './message.decider';
export { messages, type MessageDocument } from './messages.projection';
export { outbox, type TargetState } from './outbox.query';
