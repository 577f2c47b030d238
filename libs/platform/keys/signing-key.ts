import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatonError, Refused } from '@baton/kernel';
import type { Config } from '../config';
import { makePrivate } from '../private-files';
import { createPrivateFile, replacePrivateFile } from './key-file';

/**
 * Ed25519 keys in the text form of C2SP signed notes (`golang.org/x/mod/sumdb/note`):
 * `PRIVATE+KEY+<name>+<id>+<base64 of 0x01 and the seed>` and `<name>+<id>+<base64 of 0x01 and the public key>`, where the
 * id is the first four bytes (hex) of SHA-256(name ‖ \n ‖ 0x01 ‖ public key). The name is that of the log.
 */
export interface VerifierKey {
  readonly name: string;
  /** Four bytes. */
  readonly id: Buffer;
  /** The text form. */
  readonly text: string;
  readonly verify: (text: string, signature: Uint8Array) => boolean;
}
export interface SigningKey extends VerifierKey {
  readonly sign: (text: string) => Buffer;
}
/** The key that signs, and all keys by which heads of this log are verified, the one that signs first. */
export interface LogKeys {
  readonly signing: SigningKey;
  readonly verifiers: readonly VerifierKey[];
}

const ED25519 = Uint8Array.of(1);
const [PKCS8, SPKI] = ['302e020100300506032b657004220420', '302a300506032b6570032100'].map((hex) =>
  Buffer.from(hex, 'hex'),
);
const KEY_BYTES = 32;
/** The file of the data folder with the signing key, and the verifier keys of earlier ones. */
export const SIGNING_KEY = 'signing.key';
const PREFIX = 'PRIVATE+KEY+';

const rawPublic = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES);
const idOf = (name: string, publicKey: Uint8Array): Buffer =>
  createHash('sha256').update(`${name}\n`).update(ED25519).update(publicKey).digest().subarray(0, 4);

const malformed = (source: string, form: string) =>
  new BatonError('keys/malformed-signing-key', `${source} must be ${form}, as \`baton proof key\` prints it.`, source);

const partsOf = (text: string, source: string, form: string) => {
  const [name = '', id = '', encoded = '', ...more] = text.split('+');
  // Base64 may contain a plus sign itself.
  const key = Buffer.from([encoded, ...more].join('+'), 'base64');
  if (!isKeyName(name) || !/^[0-9a-f]{8}$/.test(id) || key.length !== KEY_BYTES + 1 || key[0] !== 1)
    throw malformed(source, form);
  return { name, id: Buffer.from(id, 'hex'), key: key.subarray(1) };
};
/** A name of a key and a log: no blanks, no plus sign. */
export const isKeyName = (name: string): boolean => /^[^\s+]{1,200}$/u.test(name);

const verifierOf = (name: string, publicKey: KeyObject): VerifierKey => {
  const raw = rawPublic(publicKey);
  const id = idOf(name, raw);
  return {
    ...{ name, id, text: `${name}+${id.toString('hex')}+${Buffer.concat([ED25519, raw]).toString('base64')}` },
    verify: (text, signature) => verify(null, Buffer.from(text), publicKey, signature),
  };
};

/** @param source names where the text comes from @throws BatonError `keys/malformed-signing-key` */
export const verifierKey = (text: string, source: string): VerifierKey => {
  const form = 'a verifier key, name+id+key';
  const { name, id, key } = partsOf(text.trim(), source, form);
  const verifier = verifierOf(name, createPublicKey({ key: Buffer.concat([SPKI!, key]), format: 'der', type: 'spki' }));
  if (!verifier.id.equals(id)) throw malformed(source, form);
  return verifier;
};

/** @throws BatonError `keys/malformed-signing-key`; never with the key */
export const signingKey = (text: string, source: string): SigningKey => {
  const form = 'a signing key, PRIVATE+KEY+name+id+key';
  const trimmed = text.trim();
  if (!trimmed.startsWith(PREFIX)) throw malformed(source, form);
  const { name, id, key } = partsOf(trimmed.slice(PREFIX.length), source, form);
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8!, key]), format: 'der', type: 'pkcs8' });
  const verifier = verifierOf(name, createPublicKey(privateKey));
  if (!verifier.id.equals(id)) throw malformed(source, form);
  return { ...verifier, sign: (signed) => sign(null, Buffer.from(signed), privateKey) };
};

/** A new signing key in its text form. */
export const newSigningKey = (name: string): string => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-KEY_BYTES);
  const id = idOf(name, rawPublic(publicKey)).toString('hex');
  return `${PREFIX}${name}+${id}+${Buffer.concat([ED25519, seed]).toString('base64')}`;
};

type KeyConfig = Pick<Config, 'signingKey' | 'verifierKeys' | 'mongoUrl' | 'dataDir'>;

/**
 * The keys of the heads of a log: the configured ones, or those in the file `signing.key` of the data folder (mode 0600),
 * which is created at first use. Its first line signs; the others are verifier keys of earlier ones.
 * @param name of the log, for a new key
 * @throws BatonError `keys/malformed-signing-key`; Refused `keys/no-signing-key` with MongoDB and no configured key;
 *   Refused `keys/other-name` if a verifier key has another name
 */
export const logKeys = (config: KeyConfig, name: string): LogKeys => {
  const [first = '', ...others] = config.signingKey ? [config.signingKey] : linesOfFile(config, name);
  const source = config.signingKey ? 'BATON_SIGNING_KEY' : SIGNING_KEY;
  const signing = signingKey(first, source);
  const configured = config.verifierKeys === '' ? [] : config.verifierKeys.split(',');
  const verifiers = [
    ...others.map((text) => verifierKey(text, source)),
    ...configured.map((text) => verifierKey(text, 'BATON_VERIFIER_KEYS')),
  ];
  const other = verifiers.find((key) => key.name !== signing.name);
  if (other)
    throw new Refused(
      'keys/other-name',
      `The verifier key of ${other.name} belongs to another log; this one is ${signing.name}.`,
      'BATON_VERIFIER_KEYS',
    );
  return { signing, verifiers: [signing, ...verifiers.filter(({ text }) => text !== signing.text)] };
};

/**
 * Replaces the signing key in the file; the verifier key of the one before is kept.
 * @throws Refused `keys/configured-signing-key`
 */
export const rotateSigningKey = (config: KeyConfig, name: string): LogKeys => {
  if (config.signingKey)
    throw new Refused(
      'keys/configured-signing-key',
      'The signing key is set in BATON_SIGNING_KEY: set it to another one, and add the verifier key of this one to BATON_VERIFIER_KEYS.',
      'BATON_SIGNING_KEY',
    );
  const { signing, verifiers } = logKeys({ ...config, verifierKeys: '' }, name);
  const lines = [newSigningKey(signing.name), ...verifiers.map(({ text }) => text)];
  replacePrivateFile(join(config.dataDir, SIGNING_KEY), `${lines.join('\n')}\n`);
  return logKeys(config, name);
};

const linesOfFile = ({ mongoUrl, dataDir }: KeyConfig, name: string): string[] => {
  if (mongoUrl)
    throw new Refused(
      'keys/no-signing-key',
      'Heads of the log are signed with BATON_SIGNING_KEY, the same for every process; `baton proof key --new` prints one.',
      'BATON_SIGNING_KEY',
    );
  const path = join(dataDir, SIGNING_KEY);
  if (existsSync(path)) makePrivate(path);
  else createPrivateFile(path, `${newSigningKey(name)}\n`);
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
};
