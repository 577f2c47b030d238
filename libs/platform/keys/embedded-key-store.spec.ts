import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyStoreContract } from '@baton/kernel/testing';
import { openDatabase } from '../sqlite';
import { EmbeddedKeyStore } from './embedded-key-store';
import { masterKey } from './master-key';

const folder = mkdtempSync(join(tmpdir(), 'baton-keys-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const master = randomBytes(32);

keyStoreContract('The embedded key store', async () => EmbeddedKeyStore.open(join(folder, 'contract.db'), master));

describe('the embedded key store', () => {
  it('stores no key in plain text', async () => {
    const path = join(folder, 'clear.db');
    const keys = EmbeddedKeyStore.open(path, master);
    const key = (await keys.make(['lead-1'])).get('lead-1')!;
    const secret = (await keys.secret('names')).value;
    await keys.close();
    const bytes = readFileSync(path);
    expect(bytes.includes('lead-1')).toBe(true);
    expect([bytes.includes(key), bytes.includes(secret)]).toEqual([false, false]);
  });

  it('sees a secret that another process has rotated', async () => {
    const path = join(folder, 'rotated.db');
    const [keys, other] = [EmbeddedKeyStore.open(path, master), EmbeddedKeyStore.open(path, master)];
    const first = await keys.secret('hashes');
    expect(await keys.secrets('hashes')).toEqual([first]);
    const second = await other.rotate('hashes');
    expect(await keys.secrets('hashes')).toEqual([second, first]);
    expect(await keys.secret('hashes')).toEqual(second);
    await keys.close();
    await other.close();
  });

  it('leaves no trace of a destroyed key in its files', async () => {
    const path = join(folder, 'erased.db');
    const keys = EmbeddedKeyStore.open(path, master);
    await keys.make(['lead-1', 'lead-2']);
    const reader = openDatabase(path, { synchronous: 'FULL' });
    const { wrapped } = reader.prepare('SELECT wrapped FROM subjects').get<{ wrapped: Uint8Array }>()!;
    reader.close();
    const found = () =>
      [path, `${path}-wal`].some((file) => existsSync(file) && readFileSync(file).includes(Buffer.from(wrapped)));
    expect(found()).toBe(true);
    await keys.destroy('lead-1');
    expect(found()).toBe(false);
    await keys.close();
  });

  it('refuses a wrong master key', async () => {
    const path = join(folder, 'wrong.db');
    await EmbeddedKeyStore.open(path, master).close();
    expect(() => EmbeddedKeyStore.open(path, randomBytes(32))).toThrow(
      expect.objectContaining({ code: 'keys/wrong-master-key' }) as Error,
    );
  });
});

describe('the master key', () => {
  it('is the configured one, or a file that only its owner can read', () => {
    const place = join(folder, 'new', 'place');
    expect(masterKey(place, master.toString('base64'))).toEqual(master);
    expect(existsSync(place)).toBe(false);
    const made = masterKey(place);
    expect(made).toHaveLength(32);
    expect(masterKey(place)).toEqual(made);
    expect(statSync(join(place, 'master.key')).mode & 0o777).toBe(0o600);
    expect(readdirSync(place)).toEqual(['master.key']);
  });

  it('is refused when it is not 32 bytes in base64', () => {
    const malformed = expect.objectContaining({ code: 'keys/malformed-master-key' }) as Error;
    for (const text of ['secret', randomBytes(16).toString('base64'), randomBytes(32).toString('hex')])
      expect(() => masterKey(folder, text)).toThrow(malformed);
    writeFileSync(join(folder, 'master.key'), '\n');
    expect(() => masterKey(folder)).toThrow(malformed);
    expect(() => EmbeddedKeyStore.open(':memory:', randomBytes(16))).toThrow(malformed);
  });
});
