export { EmbeddedKeyStore } from './embedded-key-store';
export { erasedIn, withErasureList } from './erasure-list';
export { assertKeysBelongToLog } from './log-keys';
export { masterKey, MasterKeys, masterKeys } from './master-key';
export { assertNoRotation, rotateMasterKey } from './master-key-rotation';
export { MemoryKeyStore } from './memory-key-store';
export {
  isKeyName,
  logKeys,
  newSigningKey,
  rotateSigningKey,
  SIGNING_KEY,
  signingKey,
  verifierKey,
  type LogKeys,
  type SigningKey,
  type VerifierKey,
} from './signing-key';
