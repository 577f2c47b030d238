import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { readConfig } from '@baton/platform/config';
import { addressFault, exitReportOf } from '@baton/platform/start';
import { MongodbKeyStore } from '../libs/platform/keys/mongodb-key-store';
import { fileFault, openDatabase } from '../libs/platform/sqlite';
import { serve } from '../apps/api/serve';
import { baton, batonProcess, onServers, root, Served, temporaryFolder } from './support/baton';
import { MongodbServer } from './support/mongodb-server';

/** The rows of the runbook: the message, with … for variable parts, and the exit code. */
const rows = [
  ...readFileSync(join(root, 'libs/platform/README.md'), 'utf8')
    .split('### What cannot start')[1]!
    .split('\n## ')[0]!
    .matchAll(/^\| `([a-z-]+\/[a-z-]+)` +\| (.*?) *\| (\d+) +\|$/gm),
].map(([, code, says, exit]) => ({ code: code!, says: says!, exit: Number(exit) }));

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const isSaid = (says: string, sentence: string) =>
  new RegExp(`^${says.split('…').map(escaped).join('.*')}$`).test(sentence);

/** A start that fails: what it printed on standard error, and its exit code. */
interface Failed {
  readonly stderr: string;
  readonly status: number;
}
const proven = new Set<string>();
/** One sentence, which is in the runbook with this exit code. */
const inTheTable = ({ stderr, status }: Failed, code: string) => {
  const lines = stderr.trimEnd().split('\n');
  const [, told, sentence = ''] = /^([a-z/-]+)(?: \([^)]*\))?: (.*)$/.exec(lines[0]!) ?? [];
  expect([told, lines.length]).toEqual([code, 1]);
  const row = rows.find((each) => each.code === code && isSaid(each.says, sentence));
  expect([sentence, row]).toEqual([sentence, expect.objectContaining({ exit: status })]);
  proven.add(`${code} ${row!.says}`);
};

describe('a start that fails', () => {
  const folder = temporaryFolder();
  let count = 0;
  /** A start in a folder of its own, or a prepared one. */
  const start = async (settings: Record<string, string>, own = join(folder, String(count++))) => {
    mkdirSync(own, { recursive: true });
    onServers(own, { BATON_PORT: '0', ...settings });
    return baton(own, 'start');
  };
  /** Errors that a start on this machine cannot cause have the same form. */
  const told = (error: unknown): Failed => {
    const { message, exitCode } = exitReportOf(error);
    return { stderr: `${message}\n`, status: exitCode };
  };
  let taken: Server;
  let port: number;
  /** A store with a key in its log, made by a successful start. Tests use copies: each start takes a second. */
  const made = join(folder, 'made');
  const makeStore = async (own: string) => {
    mkdirSync(own, { recursive: true });
    const served = await Served.start(own);
    await served.token('admin'); // a log without events would be created to its end
    await served.stop();
  };
  const copyOf = (name: string): string => {
    cpSync(made, join(folder, name), { recursive: true });
    return join(folder, name);
  };
  beforeAll(async () => {
    await makeStore(made);
    taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    ({ port } = taken.address() as AddressInfo);
  });
  afterAll(() => void taken.close());

  it.each([
    ['a port that is out of range', { BATON_PORT: '70000' }],
    ['a switch that is neither yes nor no', { BATON_PROJECT: 'maybe' }],
    ['a log that is no EventStoreDB', { BATON_EVENTSTORE_URL: 'http://x' }],
    ['MongoDB without a master key', { BATON_MONGODB_URL: 'mongodb://127.0.0.1:1/baton' }],
    ['an address of EventStoreDB that cannot be read', { BATON_EVENTSTORE_URL: 'esdb://host:port' }],
    ['an address of MongoDB that cannot be read', { BATON_MONGODB_URL: 'mongodb://:@', BATON_MASTER_KEY: 'x' }],
  ])('names the invalid setting: %s', async (_, settings) => {
    const master = 'BATON_MASTER_KEY' in settings && { BATON_MASTER_KEY: randomBytes(32).toString('base64') };
    inTheTable(await start({ ...settings, ...master }), 'config/invalid');
  });

  it('reports an invalid manifest', async () => {
    const manifest = join(folder, 'manifest.json');
    writeFileSync(manifest, '{}');
    inTheTable(await start({ BATON_TRUSTED_DOCUMENTS: manifest }), 'config/bad-manifest');
  });

  it('reports that the port is in use, or the address unknown', async () => {
    inTheTable(await start({ BATON_PORT: String(port) }), 'start/port-taken');
    inTheTable(await start({ BATON_HOST: '192.0.2.1' }), 'start/no-such-address');
    inTheTable(told(addressFault({ code: 'EACCES' }, 80, '127.0.0.1')), 'start/port-not-allowed');
  });

  it.each(['log.db', 'documents.db', 'keys.db'])('reports that %s is damaged', async (name) => {
    const own = copyOf(`damaged-${name}`);
    for (const rest of ['-wal', '-shm']) rmSync(join(own, `${name}${rest}`), { force: true });
    writeFileSync(join(own, name), 'this is no database. '.repeat(1_000));
    const failed = await start({}, own);
    inTheTable(failed, 'file/damaged');
    expect(failed.stderr).toContain(name);
  });

  it('reports documents in the form of another version', async () => {
    const own = copyOf('older');
    const file = openDatabase(join(own, 'documents.db'), { synchronous: 'FULL' });
    file.exec('PRAGMA user_version = 1');
    file.close();
    inTheTable(await start({}, own), 'file/other-format');
  });

  it('reports an unusable folder, or a full disk', async () => {
    writeFileSync(join(folder, 'file'), '');
    inTheTable(await start({ BATON_DATA_DIR: join(folder, 'file', 'folder') }), 'file/not-accessible');
    inTheTable(told(fileFault('log.db', { sqliteCode: 13 })), 'file/no-room');
  });

  it('reports an invalid master key, or another one', async () => {
    inTheTable(await start({ BATON_MASTER_KEY: 'short' }), 'keys/malformed-master-key');
    const own = copyOf('mastered');
    const other = { BATON_MASTER_KEY: randomBytes(32).toString('base64') };
    inTheTable(await start(other, own), 'keys/wrong-master-key');
  });

  it('reports a missing part of a store, and a missing store if none may be created', async () => {
    const [own, none] = [copyOf('incomplete'), join(folder, 'none')];
    mkdirSync(none);
    rmSync(join(own, 'keys.db'));
    inTheTable(await start({}, own), 'store/file-missing');
    inTheTable(await baton(none, 'status'), 'store/none');
  });

  it('reports that the keys belong to another log', async () => {
    const [own, other] = [copyOf('one'), join(folder, 'another')];
    onServers(other, { BATON_MASTER_KEY: readFileSync(join(own, 'master.key'), 'utf8').trim() });
    await makeStore(other);
    copyFileSync(join(other, 'keys.db'), join(own, 'keys.db'));
    inTheTable(await start({}, own), 'keys/of-another-log');
  });

  it('names the unavailable server', async () => {
    const master = { BATON_MASTER_KEY: randomBytes(32).toString('base64') };
    inTheTable(await start({ BATON_EVENTSTORE_URL: 'esdb://127.0.0.1:1?tls=false' }), 'log/unavailable');
    const url = 'mongodb://127.0.0.1:1/baton';
    inTheTable(await start({ BATON_MONGODB_URL: url, ...master }), 'documents/unavailable');
    const keys = MongodbKeyStore.connect(url, Buffer.alloc(32)).catch((error: unknown) => error);
    inTheTable(told(await keys), 'keys/unavailable');
  });

  it('leaves nothing open, even if it fails after the first store', async () => {
    const server = await MongodbServer.start();
    const settings = { BATON_MONGODB_URL: server.url(), BATON_DATA_DIR: join(folder, 'mongo'), BATON_PORT: '0' };
    const config = (key: number) =>
      readConfig({
        ...settings,
        BATON_LOG_LEVEL: 'silent',
        BATON_MASTER_KEY: Buffer.alloc(32, key).toString('base64'),
      });
    await (await serve(config(1))).close();
    await expect(serve(config(2))).rejects.toMatchObject({ code: 'keys/wrong-master-key' });
    await server.stop(); // waits for connections that are open
  });

  // The port is in use after the stores are open: none of them may keep the process alive.
  it('ends the process: baton start', () => {
    onServers(folder, { BATON_PORT: String(port) });
    const { status, stderr } = batonProcess(folder, 'start'); // builds it if necessary
    inTheTable({ status: status!, stderr }, 'start/port-taken');
  });
  it.each(['api', 'worker'])('ends the process: %s', (app) => {
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'dist', 'apps', app, 'main.js')], {
      env: {
        ...{ PATH: process.env['PATH'], BATON_DATA_DIR: join(folder, 'process'), BATON_LOG_LEVEL: 'error' },
        BATON_PORT: String(port),
      },
      encoding: 'utf8',
    });
    inTheTable({ status: status!, stderr }, 'start/port-taken');
  });

  it('has a stack for an internal error', async () => {
    const { message, exitCode } = exitReportOf(new Error('broken'));
    expect([message.split('\n')[0], exitCode]).toEqual(['internal/fault: Error: broken', 2]);
    expect(rows.find(({ code }) => code === 'internal/fault')!.exit).toBe(exitCode);
  });

  it('has no other form in the runbook', () => {
    const all = rows.filter(({ code }) => code !== 'internal/fault').map(({ code, says }) => `${code} ${says}`);
    expect([...proven].sort()).toEqual(all.sort());
  });
});
