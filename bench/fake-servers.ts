import { EventStoreServer } from '../test/support/eventstore-server';
import { MongodbServer } from '../test/support/mongodb-server';

/** A process with both servers that the tests know, in memory: sends its parent their addresses, and ends with it. */
const begin = async (): Promise<void> => {
  const [[, port], mongodb] = [await EventStoreServer.start(), await MongodbServer.start()];
  process.on('disconnect', () => process.exit());
  process.send!({ eventStore: `esdb://127.0.0.1:${port}?tls=false`, mongodb: mongodb.url() });
};
void begin();
