import { keyStoreContract } from '@baton/kernel/testing';
import { MemoryKeyStore } from './memory-key-store';

const keys = new MemoryKeyStore();
keyStoreContract('The key store in memory', async () => keys);
