import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedKeyStore } from './embedded-key-store';
import { erasedIn, withErasureList } from './erasure-list';
import { MemoryKeyStore } from './memory-key-store';

const folder = mkdtempSync(join(tmpdir(), 'baton-erasures-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the list of erased people', () => {
  it('has everybody whose key is destroyed, and is readable by its owner only', async () => {
    const path = join(folder, 'list');
    const keys = withErasureList(new MemoryKeyStore(), path);
    await keys.make(['ada', 'bob', 'cy']);
    for (const subject of ['ada', 'cy', 'ada']) await keys.destroy(subject);
    expect([...(await keys.find(['ada', 'bob', 'cy'])).values()].map((key) => key === null)).toEqual([
      true,
      false,
      true,
    ]);
    expect(erasedIn(path)).toEqual(['ada', 'cy']);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
  it('is written before the key is destroyed', async () => {
    const path = join(folder, 'before');
    const keys = new MemoryKeyStore();
    keys.destroy = () => Promise.reject(new Error('killed'));
    await expect(withErasureList(keys, path).destroy('ada')).rejects.toThrow('killed');
    expect(readFileSync(path, 'utf8')).toBe('ada\n');
  });
  it('is not written where none is configured', () => {
    const keys = new MemoryKeyStore();
    const destroy = keys.destroy;
    expect(withErasureList(keys, '').destroy).toBe(destroy);
  });
  it('is also read from embedded keys, without the master key', async () => {
    const keys = EmbeddedKeyStore.open(join(folder, 'keys.db'), Buffer.alloc(32, 1));
    await keys.make(['ada', 'bob']);
    await keys.destroy('bob');
    expect(erasedIn(folder)).toEqual(['bob']);
    await keys.close();
  });
  it('must exist', () => {
    for (const path of [join(folder, 'nowhere'), tmpdir()])
      expect(() => erasedIn(path)).toThrow(expect.objectContaining({ code: 'backup/no-erasures' }) as Error);
  });
});
