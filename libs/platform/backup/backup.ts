import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BatonError,
  Refused,
  type Checkpoint,
  type Clock,
  type Documents,
  type ParkedSequence,
  type Position,
} from '@baton/kernel';
import type { Config } from '../config';
import { EmbeddedDocuments } from '../documents';
import { EmbeddedEventLog } from '../event-log';
import { assertNoRotation, EmbeddedKeyStore, masterKey, SIGNING_KEY } from '../keys';
import { makePrivate, privateFile, privateFolder } from '../private-files';
import { openDatabase } from '../sqlite';
import { hashOf, syncToDisk } from './files';

const MANIFEST = 'manifest.json';
const MASTER_KEY = 'master.key';
/** Files of the data folder that are copied only when asked for. */
const SECRETS = [MASTER_KEY, SIGNING_KEY];
const FORMAT = 1;
/** The databases in a backup, sorted by name. */
const databases = ['keys.db', 'log.db'];
const policyFollower = /^(policy|effect)-[a-z0-9-]+$/;

interface BackedUpFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}
/** The progress of a policy or effect: it continues from there, while read models are folded again from the log. */
export interface PolicyProgress {
  readonly follower: string;
  readonly checkpoint: Checkpoint;
  readonly parked: readonly ParkedSequence[];
}
/** The content of a backup. It is written last, so that a folder without it is not a complete backup. */
export interface Manifest {
  readonly format: number;
  readonly takenAt: string;
  /** Position of the last event of the copied log. */
  readonly position: Position;
  readonly events: number;
  readonly policies: readonly PolicyProgress[];
  readonly files: readonly BackedUpFile[];
}

const assertEmbedded = ({ eventStoreUrl, mongoUrl }: Config): void => {
  if (eventStoreUrl || mongoUrl)
    throw new Refused(
      'backup/server-stores',
      'backup and restore copy embedded files only; with servers, use copy-log and the backup of MongoDB.',
    );
};

/** @throws Refused `backup/not-empty` */
const assertEmptyFolder = (folder: string): void => {
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Refused('backup/not-empty', `${folder} is not empty; give a new or empty folder.`, 'folder');
  privateFolder(folder);
};

const copyDatabase = (from: string, to: string): void => {
  const database = openDatabase(from, { synchronous: 'NORMAL' });
  try {
    // One read transaction: a consistent copy, while other processes write.
    privateFile(to); // created first, because SQLite would create it readable by everybody
    database.prepare('VACUUM INTO ?').run(to);
  } finally {
    database.close();
  }
  syncToDisk(to);
};

const policiesOf = async (documents: Documents): Promise<PolicyProgress[]> => {
  const names = (await documents.generations()).filter((name) => policyFollower.test(name));
  const policies: PolicyProgress[] = [];
  for (const follower of names) {
    const checkpoint = await documents.checkpoint(follower);
    if (checkpoint) policies.push({ follower, checkpoint, parked: await documents.parked(follower) });
  }
  return policies;
};

/**
 * Copies log and keys into a new folder while other processes write. The log is copied before the keys, so that the key
 * of every event in the copy is included, unless the person was erased. The progress of the policies is read before
 * both, so that none is ahead of the log. Documents are not copied: they are folded again from the log.
 * @param withSecrets also copy the files of the master key and the signing key: anybody who has that folder can then read the
 *   personal data and sign heads of the log
 * @throws Refused `backup/server-stores`, `backup/not-empty`, `backup/no-secrets`
 */
export const backUp = async (
  folder: string,
  config: Config,
  documents: Documents,
  clock: Clock,
  { withSecrets = false } = {},
): Promise<Manifest> => {
  assertEmbedded(config);
  const source = (name: string) => join(config.dataDir, name);
  const secrets = withSecrets ? SECRETS.filter((name) => existsSync(source(name))) : [];
  if (withSecrets && secrets.length === 0)
    throw new Refused(
      'backup/no-secrets',
      'There are no key files to copy: the keys are set in BATON_MASTER_KEY and BATON_SIGNING_KEY. Leave out --with-secrets.',
    );
  assertNoRotation(config.dataDir);
  assertEmptyFolder(folder);
  const policies = await policiesOf(documents);
  for (const name of ['log.db', 'keys.db']) copyDatabase(source(name), join(folder, name));
  for (const name of secrets) {
    copyFileSync(source(name), join(folder, name));
    makePrivate(join(folder, name));
    syncToDisk(join(folder, name));
  }
  const copied = EmbeddedEventLog.open(join(folder, 'log.db'), clock);
  const position = await copied.tip();
  await copied.close();
  const files: BackedUpFile[] = [];
  for (const name of ['log.db', 'keys.db', ...secrets]) {
    for (const more of ['-wal', '-shm']) rmSync(join(folder, name + more), { force: true });
    const path = join(folder, name);
    files.push({ name, bytes: statSync(path).size, sha256: await hashOf(path) });
  }
  // Positions of the embedded log are dense from 1.
  const manifest = { format: FORMAT, takenAt: clock.now(), position, events: Number(position), policies, files };
  writeFileSync(join(folder, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`, { mode: 0o600 });
  syncToDisk(join(folder, MANIFEST));
  syncToDisk(folder);
  return manifest;
};

const manifestOf = (folder: string): Manifest => {
  const path = join(folder, MANIFEST);
  if (!existsSync(path))
    throw new Refused(
      'backup/no-manifest',
      `${folder} does not contain a complete backup; give the folder of one.`,
      'folder',
    );
  const unreadable = (why: string) => new Refused('backup/unreadable-manifest', `${MANIFEST} ${why}`, MANIFEST);
  let manifest: Manifest;
  try {
    manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  } catch {
    throw unreadable('is not valid JSON.');
  }
  if (manifest?.format !== FORMAT)
    throw new Refused(
      'backup/other-format',
      `This backup has format ${manifest?.format}; this version of Baton reads format ${FORMAT}.`,
    );
  // Only these names, so that an altered manifest cannot make a restore write files elsewhere.
  const names = Array.isArray(manifest.files) ? manifest.files.map((file) => file?.name) : [];
  const listed = names.filter((name) => !SECRETS.includes(name)).sort();
  if (listed.join() !== databases.join() || new Set(names).size < names.length)
    throw unreadable(`must list ${databases.join(', ')} and at most ${SECRETS.join(', ')}, each once.`);
  if (!Array.isArray(manifest.policies) || manifest.policies.some((policy) => !policyFollower.test(policy?.follower)))
    throw unreadable('must list only policies and effects under policies.');
  return manifest;
};

/**
 * Restores a backup into the empty data folder of the configuration. Checks the hashes before and after the copy, opens
 * the keys with the master key, and destroys those of people who were erased since. Documents are folded when a process
 * follows the log.
 * @param erased people who were erased after the backup was taken, or at any time
 * @throws Refused `backup/server-stores`, `backup/no-manifest`, `backup/unreadable-manifest`, `backup/other-format`,
 *   `backup/altered`, `backup/not-empty`, `backup/no-master-key`; BatonError `keys/wrong-master-key`
 */
export const restore = async (
  folder: string,
  config: Config,
  clock: Clock,
  erased: readonly string[],
): Promise<Manifest> => {
  assertEmbedded(config);
  const manifest = manifestOf(folder);
  await checkFiles(folder, manifest);
  const hasMasterKey = manifest.files.some(({ name }) => name === MASTER_KEY);
  if (!config.masterKey && !hasMasterKey)
    throw new Refused(
      'backup/no-master-key',
      'The backup does not contain the master key; set BATON_MASTER_KEY to the key it was made with.',
      'BATON_MASTER_KEY',
    );
  assertEmptyFolder(config.dataDir);
  try {
    for (const { name } of manifest.files) {
      copyFileSync(join(folder, name), join(config.dataDir, name));
      makePrivate(join(config.dataDir, name));
      syncToDisk(join(config.dataDir, name));
    }
    syncToDisk(config.dataDir);
    await checkFiles(config.dataDir, manifest);
    await checkStores(config, manifest, clock, erased);
    await (await EmbeddedDocuments.open(join(config.dataDir, 'documents.db'))).close(); // still empty
  } catch (error) {
    for (const name of readdirSync(config.dataDir)) rmSync(join(config.dataDir, name)); // the folder was empty
    throw error;
  }
  return manifest;
};

/** Sets the checkpoints of the policies of a restored log, so that they continue where they were. */
export const restorePolicies = async (documents: Documents, { policies }: Manifest): Promise<void> => {
  for (const { follower, checkpoint, parked } of policies) {
    const fence = await documents.lease(follower, 'restore');
    if (!fence) throw new BatonError('backup/in-use', 'Another process is using this folder; stop it first.');
    await documents.commit({ follower, checkpoint, parked, fence });
    await documents.release(follower, 'restore');
  }
};

const checkFiles = async (folder: string, { files }: Manifest): Promise<void> => {
  for (const { name, bytes, sha256 } of files) {
    const path = join(folder, name);
    if (!existsSync(path) || statSync(path).size !== bytes || (await hashOf(path)) !== sha256)
      throw new Refused('backup/altered', `${name} was changed after the backup; use another backup.`, name);
  }
};

const checkStores = async (
  config: Config,
  { position }: Manifest,
  clock: Clock,
  erased: readonly string[],
): Promise<void> => {
  const log = EmbeddedEventLog.open(join(config.dataDir, 'log.db'), clock);
  const tip = await log.tip();
  await log.close();
  if (tip !== position) throw new Refused('backup/altered', `The log ends at ${tip}, not at ${position}.`, 'log.db');
  const master = masterKey(config.dataDir, config.masterKey || undefined);
  const keys = EmbeddedKeyStore.open(join(config.dataDir, 'keys.db'), master);
  for (const subject of erased) await keys.destroy(subject);
  await keys.close();
};
