export { EmbeddedKeyStore } from './embedded-key-store';
export { masterKey } from './master-key';
export { MemoryKeyStore } from './memory-key-store';
