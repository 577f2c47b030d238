import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FixedClock } from '@baton/kernel/testing';
import { backUp, openLog, restore } from './backup';
import { readConfig } from './config';
import { openStores } from './stores';
import { openDatabase } from './sqlite';

const root = mkdtempSync(join(tmpdir(), 'baton-private-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const modesIn = (folder: string) => readdirSync(folder).map((name) => `${name} ${modeOf(join(folder, name))}`);

describe('the data folder', () => {
  const open = async (folder: string) => {
    const { log, documents, keys } = await openStores(readConfig({ BATON_DATA_DIR: folder }), new FixedClock(), {
      mayCreateStore: true,
    });
    await documents.activate('x', 'x-v1'); // creates a write-ahead log
    const modes = [modeOf(folder), ...modesIn(folder)];
    for (const store of [log, documents, keys]) await store.close();
    return modes;
  };
  const expectPrivate = (modes: readonly string[]) => {
    expect(modes[0]).toBe('700');
    expect(modes.slice(1).filter((line) => !line.endsWith(' 600'))).toEqual([]);
    expect(modes.map((line) => line.split(' ')[0])).toEqual(
      expect.arrayContaining(['log.db', 'documents.db', 'documents.db-wal', 'keys.db', 'master.key']),
    );
  };

  it('and its files are accessible only to their owner, with any umask', async () => {
    const before = process.umask(0);
    try {
      expectPrivate(await open(join(root, 'new')));
    } finally {
      process.umask(before);
    }
  });

  it('become private if they were accessible to others', async () => {
    const folder = join(root, 'new');
    const wal = openDatabase(join(folder, 'log.db'), { synchronous: 'FULL' }); // a reader that keeps the log open
    for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o644);
    chmodSync(folder, 0o755);
    expectPrivate(await open(folder));
    wal.close();
  });

  it('become private when a log is copied, and a backup made and restored', async () => {
    const emptyFolder = (name: string) => {
      mkdirSync(join(root, name), { mode: 0o755 });
      return join(root, name);
    };
    const clock = new FixedClock();
    const [copy, backup, restored] = [emptyFolder('copy'), emptyFolder('backup'), emptyFolder('restored')];
    await (await openLog(copy, clock, { create: true })).close();
    const config = readConfig({ BATON_DATA_DIR: join(root, 'new') });
    const { log, documents, keys } = await openStores(config, clock, { mayCreateStore: true });
    const before = process.umask(0);
    try {
      await backUp(backup, config, documents, clock, { withSecrets: true });
      await restore(backup, readConfig({ BATON_DATA_DIR: restored }), clock, []);
    } finally {
      process.umask(before);
      for (const store of [log, documents, keys]) await store.close();
    }
    for (const folder of [copy, backup, restored])
      expect([modeOf(folder), ...modesIn(folder).filter((line) => !line.endsWith(' 600'))]).toEqual(['700']);
    expect(readdirSync(backup).sort()).toEqual(['keys.db', 'log.db', 'manifest.json', 'master.key']);
  });
});
