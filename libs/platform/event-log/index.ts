export { EmbeddedEventLog } from './embedded-event-log';
export { EventStoreEventLog } from './eventstore-event-log';
export { SealedJournal } from './journal';
