export { EmbeddedKeyStore } from './embedded-key-store';
export { erasedIn, withErasureList } from './erasure-list';
export { assertKeysBelongToLog } from './log-keys';
export { masterKey } from './master-key';
export { MemoryKeyStore } from './memory-key-store';
export {
  isKeyName,
  logKeys,
  newSigningKey,
  rotateSigningKey,
  signingKey,
  verifierKey,
  type LogKeys,
  type SigningKey,
  type VerifierKey,
} from './signing-key';
