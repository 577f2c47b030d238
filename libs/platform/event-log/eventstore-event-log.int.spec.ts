import { eventLogContract } from '@baton/kernel/testing';
import { onServer } from '../../../test/support/stores';
import { EventStoreEventLog } from './eventstore-event-log';

onServer('EVENTSTORE_URL', (url) => eventLogContract('EventStoreDB', async () => EventStoreEventLog.connect(url())));
