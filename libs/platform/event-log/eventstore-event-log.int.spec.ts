import { eventLogContract, whenStore } from '@baton/kernel/testing';
import { EventStoreEventLog } from './eventstore-event-log';

whenStore('EVENTSTORE_URL', (url) => eventLogContract('EventStoreDB', async () => EventStoreEventLog.connect(url)));
