import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { anEvent, FixedClock } from '@baton/kernel/testing';
import { temporaryFolder } from '../../test/support/baton';
import { readConfig } from './config';
import { storeNotice } from './data-folder';
import { openStores } from './stores';

const all = temporaryFolder();
let folders = 0;
const newFolder = () => join(all, String(folders++));
const opening = async (dataDir: string, mayCreateStore: boolean) => {
  const { log, documents, keys } = await openStores(readConfig({ BATON_DATA_DIR: dataDir }), new FixedClock(), {
    mayCreateStore,
  });
  return { log, close: () => Promise.all([log.close(), documents.close(), keys.close()]) };
};
const createdFolder = async (events: number) => {
  const folder = newFolder();
  const { log, close } = await opening(folder, true);
  for (let n = 0; n < events; n++) await log.append(`s-${n}`, [anEvent()], 'none');
  await close();
  return folder;
};
const FILES = ['log.db', 'documents.db', 'keys.db', 'master.key'];

describe('a data folder', () => {
  it('is created only if a store may be created', async () => {
    const folder = newFolder();
    await expect(opening(folder, false)).rejects.toMatchObject({ code: 'store/none', path: 'BATON_DATA_DIR' });
    expect(existsSync(folder)).toBe(false);
    await (await opening(folder, true)).close();
    for (const name of FILES) expect(existsSync(join(folder, name))).toBe(true);
    await (await opening(folder, false)).close();
  });

  describe.each(FILES)('without %s', (name) => {
    const refusedFor = name === 'documents.db' ? [false] : [true, false];
    it.each(refusedFor)('is refused, and no file is created (mayCreateStore: %s)', async (mayCreateStore) => {
      const folder = await createdFolder(1);
      renameSync(join(folder, name), join(folder, 'aside'));
      for (const rest of ['-wal', '-shm']) rmSync(join(folder, `${name}${rest}`), { force: true });
      await expect(opening(folder, mayCreateStore)).rejects.toMatchObject({
        code: 'store/file-missing',
        message: expect.stringContaining(`${name} is missing in ${folder}`),
      });
      expect(existsSync(join(folder, name))).toBe(false);
      renameSync(join(folder, 'aside'), join(folder, name));
      const { log, close } = await opening(folder, false);
      expect(await log.read('s-0')).toHaveLength(1);
      await close();
    });
  });

  it('without documents.db is opened if a store may be created, with a notice', async () => {
    const folder = await createdFolder(1);
    rmSync(join(folder, 'documents.db'));
    expect(storeNotice(readConfig({ BATON_DATA_DIR: folder }))).toContain('documents.db is missing');
    await (await opening(folder, true)).close();
    await (await opening(folder, false)).close();
  });

  it('that was created only in part is completed while the log is empty', async () => {
    const folder = await createdFolder(0);
    for (const name of ['documents.db', 'keys.db']) rmSync(join(folder, name));
    await (await opening(folder, true)).close();
    await (await opening(folder, false)).close();
  });

  it('can be an existing folder with other content', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'exports'), { recursive: true });
    await (await opening(folder, true)).close();
  });
});
