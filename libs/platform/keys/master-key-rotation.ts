import { randomBytes } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { Conflict, Refused, type KeyStore } from '@baton/kernel';
import { syncToDisk } from '../backup/files';
import type { Config } from '../config';
import { createPrivateFile } from './key-file';
import { KEY_BYTES, nextKeyPath } from './master-key';

type Place = Pick<Config, 'dataDir' | 'masterKey' | 'otherMasterKeys'>;

/**
 * Replaces the master key while other processes go on. With a key in the file `master.key`: a new one is put beside it, which
 * every process takes for new keys from then on and accepts; all keys are wrapped with it; then it takes the place of the
 * old one. With a configured key: all keys are wrapped with `BATON_MASTER_KEY`; those of `BATON_OTHER_MASTER_KEYS` are not
 * needed afterwards. Interrupted, it is called again.
 * @returns how many keys were wrapped with another master key
 * @throws Refused `keys/no-other-master-key` if there is only one configured key
 */
export const rotateMasterKey = async (config: Place, keys: KeyStore): Promise<number> => {
  if (config.masterKey) {
    if (config.otherMasterKeys.trim() !== '') return keys.rewrap();
    throw new Refused(
      'keys/no-other-master-key',
      'BATON_MASTER_KEY is the only master key. Restart every process with the new key in BATON_OTHER_MASTER_KEYS, then with the two exchanged, then repeat this.',
      'BATON_OTHER_MASTER_KEYS',
    );
  }
  const next = nextKeyPath(config.dataDir);
  createPrivateFile(next, `${randomBytes(KEY_BYTES).toString('base64')}\n`); // unless an interrupted rotation left one
  const rewrapped = await keys.rewrap();
  renameSync(next, join(config.dataDir, 'master.key'));
  syncToDisk(config.dataDir);
  return rewrapped;
};

/** @throws Conflict `keys/rotation-unfinished`: the keys in the folder need two master keys */
export const assertNoRotation = (folder: string): void => {
  if (existsSync(nextKeyPath(folder)))
    throw new Conflict(
      'keys/rotation-unfinished',
      'The master key is being replaced, or that was interrupted; run baton keys rotate-master to the end first.',
    );
};
