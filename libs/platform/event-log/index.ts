export { SteadyClock } from './steady-clock';
export { EmbeddedEventLog } from './embedded-event-log';
export { SealedJournal } from './journal';
