export { EmbeddedKeyStore } from './embedded-key-store';
export { assertKeysBelongToLog } from './log-keys';
export { masterKey } from './master-key';
export { MemoryKeyStore } from './memory-key-store';
