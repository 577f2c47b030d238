import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts and authenticates with AES-256-GCM under a fresh random IV.
 * @param key of 32 bytes
 * @param context is authenticated with the text, and must be the same to open it
 * @returns IV, tag and ciphertext in one buffer
 */
export const seal = (key: Buffer, text: Buffer, context: string): Buffer => {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(context));
  const sealed = Buffer.concat([cipher.update(text), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
};

/** Opens the result of `seal`. Throws if the key or context is different, or a byte was changed. */
export const unseal = (key: Buffer, sealed: Uint8Array, context: string): Buffer => {
  const { buffer, byteOffset, byteLength } = sealed;
  const all = Buffer.from(buffer, byteOffset, byteLength);
  const decipher = createDecipheriv(ALGORITHM, key, all.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(context))
    .setAuthTag(all.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  const text = decipher.update(all.subarray(IV_BYTES + TAG_BYTES));
  decipher.final(); // throws; it has no text of its own, as GCM has no blocks
  return text;
};
