import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedKeyStore } from './embedded-key-store';
import { masterKey, masterKeys } from './master-key';
import { assertNoRotation, rotateMasterKey } from './master-key-rotation';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'baton-rotation-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const file = { masterKey: '', otherMasterKeys: '' };
const open = (config = file) => EmbeddedKeyStore.open(join(folder, 'keys.db'), masterKeys(folder, config));
const place = (config = file) => ({ dataDir: folder, ...config });
const names = (count: number) => Array.from({ length: count }, (_, n) => `lead-${n}`);

describe('the rotation of the master key in a file', () => {
  it('is not noticed by a process that goes on, and ends with another key', async () => {
    const [server, tool] = [open(), open()];
    const before = masterKey(folder);
    const made = await server.make(names(1200));
    await server.destroy('lead-7');
    const secret = await server.secret('hashes');
    const rotating = rotateMasterKey(place(), tool);
    const meanwhile = await server.make(['while-it-runs']); // between two pages
    expect(await rotating).toBeGreaterThanOrEqual(1201); // all keys but one, and two secrets
    const after = await server.make(['afterwards']);
    await server.close();
    await tool.close();
    expect(masterKey(folder)).not.toEqual(before);
    expect(readdirSync(folder).filter((name) => name.startsWith('master'))).toEqual(['master.key']);
    const again = open();
    const found = await again.find([...names(1200), 'while-it-runs', 'afterwards']);
    expect(found).toEqual(new Map([...made, ...meanwhile, ...after, ['lead-7', null]]));
    expect(await again.secret('hashes')).toEqual(secret);
    await again.close();
    expect(() => EmbeddedKeyStore.open(join(folder, 'keys.db'), before)).toThrow(
      expect.objectContaining({ code: 'keys/wrong-master-key' }) as Error,
    );
  });

  it('is noticed by a process that did nothing meanwhile, before it makes a key', async () => {
    const [server, tool] = [open(), open()];
    await rotateMasterKey(place(), tool);
    const made = await server.make(['lead-1']);
    const secret = await server.rotate('hashes');
    const again = open();
    expect(await again.find(['lead-1'])).toEqual(made);
    expect(await again.secret('hashes')).toEqual(secret);
    await Promise.all([server.close(), tool.close(), again.close()]);
  });

  it('goes on where it was killed: every key is readable meanwhile, and no backup is taken', async () => {
    const server = open();
    const made = await server.make(names(1200));
    const tool = open();
    let pages = 2;
    const transaction = tool['database'].transaction.bind(tool['database']);
    tool['database'].transaction = (run) => {
      if (pages-- === 0) throw new Error('killed');
      return transaction(run);
    };
    await expect(rotateMasterKey(place(), tool)).rejects.toThrow('killed');
    await tool.close();
    expect(() => assertNoRotation(folder)).toThrow(
      expect.objectContaining({ code: 'keys/rotation-unfinished' }) as Error,
    );
    const next = readFileSync(join(folder, 'master.key.next'), 'utf8');
    const started = open(); // a process that starts now
    for (const store of [server, started]) expect(await store.find(names(1200))).toEqual(made);
    expect(await rotateMasterKey(place(), started)).toBe(201); // the rest, and the proof of the master key
    expect(readFileSync(join(folder, 'master.key'), 'utf8')).toBe(next);
    expect(existsSync(join(folder, 'master.key.next'))).toBe(false);
    assertNoRotation(folder);
    expect(await server.find(names(1200))).toEqual(made);
    await Promise.all([server.close(), started.close()]);
  });
});

describe('the rotation of a configured master key', () => {
  const [first, second] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64')) as [string, string];
  it('wraps all keys with the configured one, as long as the other is accepted', async () => {
    const old = open({ masterKey: first, otherMasterKeys: second });
    const made = await old.make(names(3));
    const config = { masterKey: second, otherMasterKeys: ` ${first} ` };
    const next = open(config);
    const more = await next.make(['new']);
    expect(await old.find(['new'])).toEqual(more); // it accepts both
    expect(await rotateMasterKey(place(config), next)).toBe(4);
    expect(await rotateMasterKey(place(config), next)).toBe(0);
    await Promise.all([old.close(), next.close()]);
    const alone = open({ masterKey: second, otherMasterKeys: '' });
    expect(await alone.find([...names(3), 'new'])).toEqual(new Map([...made, ...more]));
    await expect(rotateMasterKey(place({ masterKey: second, otherMasterKeys: '' }), alone)).rejects.toMatchObject({
      code: 'keys/no-other-master-key',
    });
    await alone.close();
    expect(existsSync(join(folder, 'master.key'))).toBe(false);
  });
  it('refuses other keys that are none', () => {
    writeFileSync(join(folder, 'x'), '');
    expect(() => masterKeys(folder, { masterKey: first, otherMasterKeys: 'x' })).toThrow(
      expect.objectContaining({ code: 'keys/malformed-master-key' }) as Error,
    );
  });
});
