import { repetitions } from '@baton/kernel/testing';
import { MongoDocuments } from '@baton/platform/documents/mongodb-documents';
import { listsContract } from './support/lists.contract';
import { databasesOn, onServer } from './support/stores';

onServer('MONGODB_URL', (url) => {
  const address = databasesOn(url, 'lists');

  // The fake takes as long for a question as ten real servers.
  const every = process.env['MONGODB_URL'] ? repetitions(4, 1) : repetitions(41, 3);
  listsContract('MongoDB', () => MongoDocuments.connect(address()), every);
});
