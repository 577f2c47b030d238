import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BatonError, START, type EventLog } from '@baton/kernel';
import type { Config } from './config';
import { privateFolder } from './private-files';

/** The files of the embedded stores that a configuration uses. */
const filesOf = ({ eventStoreUrl, mongoUrl, masterKey }: Config): readonly string[] => [
  ...(eventStoreUrl ? [] : ['log.db']),
  ...(mongoUrl ? [] : ['documents.db', 'keys.db', ...(masterKey ? [] : ['master.key'])]),
];

const inspectFolder = (config: Config) => {
  const files = filesOf(config);
  const absent = files.filter((name) => !existsSync(join(config.dataDir, name)));
  return { files, absent, isNew: files.length > 0 && absent.length === files.length };
};

/** Whether there is no embedded store at the configured place. */
export const isStoreAbsent = (config: Config): boolean => inspectFolder(config).isNew;

/** A message about what opening the store will create; undefined if all files exist. */
export const storeNotice = (config: Config): string | undefined => {
  const { absent, isNew } = inspectFolder(config);
  if (isNew) return `Creating a new store in ${config.dataDir}.`;
  if (absent.includes('documents.db'))
    return `documents.db is missing in ${config.dataDir}: rebuilding all read models.`;
  return undefined;
};

/**
 * The folder of the embedded stores, whose files belong together. A missing file is not created beside the others,
 * because an empty one would be taken for theirs: with a new key file every person would be unknown. Only documents.db
 * is created again, if a store may be created, because it can be rebuilt from the log.
 */
export class DataFolder {
  private readonly missing: readonly string[];

  /**
   * @param mayCreateStore whether a store may be created where there is none
   * @throws BatonError `store/none`, `store/file-missing`, `data/not-private`
   */
  constructor(
    private readonly config: Config,
    mayCreateStore: boolean,
  ) {
    const { files, absent, isNew } = inspectFolder(config);
    if (isNew && !mayCreateStore)
      throw new BatonError(
        'store/none',
        `There is no Baton store in ${config.dataDir}: create one with \`baton start\`, \`demo\`, \`import\` or \`restore\`, or set BATON_DATA_DIR to another folder.`,
        'BATON_DATA_DIR',
      );
    this.missing = isNew ? [] : absent.filter((name) => !mayCreateStore || name !== 'documents.db');
    const [first] = this.missing;
    if (first && (!mayCreateStore || first === 'log.db')) throw this.fileMissing(first);
    if (files.length > 0) privateFolder(config.dataDir);
  }

  path(name: string): string {
    return join(this.config.dataDir, name);
  }

  /**
   * Checks that no file is missing beside a log with events. Beside an empty log files may be missing, because the
   * process ended while it created the store.
   * @throws BatonError `store/file-missing`
   */
  async assertComplete(log: Pick<EventLog, 'tip'>): Promise<void> {
    const [first] = this.missing;
    if (first && !this.config.eventStoreUrl && (await log.tip()) !== START) throw this.fileMissing(first);
  }

  private fileMissing(name: string): BatonError {
    return new BatonError(
      'store/file-missing',
      `${name} is missing in ${this.config.dataDir}, which contains other files of a Baton store; put it back, or restore a backup into an empty folder.`,
      'BATON_DATA_DIR',
    );
  }
}
