import { randomBytes, randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { keyStoreContract } from '@baton/kernel/testing';
import { onServer } from '../../../test/support/stores';
import { MongodbKeyStore } from './mongodb-key-store';

onServer('MONGODB_URL', (url) => {
  const master = randomBytes(32);
  const database = `baton-keys-${randomUUID()}`;
  const open = (key = master) => MongodbKeyStore.connect(url(), key, database);
  afterAll(async () => {
    const client = await MongoClient.connect(url());
    await client.db(database).dropDatabase();
    await client.close();
  });

  keyStoreContract('The key store on MongoDB', () => open());

  it('refuses a wrong master key', async () => {
    await (await open()).close();
    await expect(open(randomBytes(32))).rejects.toMatchObject({ code: 'keys/wrong-master-key' });
  });
});
