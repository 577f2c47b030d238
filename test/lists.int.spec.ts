import { MongoClient } from 'mongodb';
import { repetitions } from '@baton/kernel/testing';
import { MongoDocuments } from '@baton/platform/documents/mongodb-documents';
import { listsContract } from './support/lists.contract';
import { onServer } from './support/stores';

onServer('MONGODB_URL', (url) => {
  const name = `baton-lists-${process.pid}`;
  const address = () => url().replace(/^([^:]+:\/\/[^/?]+)\/?[^?]*/, `$1/${name}`);
  afterAll(async () => {
    const client = new MongoClient(address());
    await client.db(name).dropDatabase();
    await client.close();
  });

  // The fake takes as long for a question as ten real servers.
  const every = process.env['MONGODB_URL'] ? repetitions(4, 1) : repetitions(41, 3);
  listsContract('MongoDB', () => MongoDocuments.connect(address()), every);
});
