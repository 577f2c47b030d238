import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { boundByHeap, halveCaches } from './caches';

const root = join(__dirname, '..', '..');
const filled = (entries: number) => {
  const cache = boundByHeap(new LRUCache<number, string>({ max: 1_000 }));
  for (let n = 0; n < entries; n++) cache.set(n, `entry ${n}`);
  return cache;
};

/** Puts objects of about a KiB into a cache, twice as many bytes as the heap of the process may have. */
const program = `
  const { LRUCache } = require('lru-cache');
  const { boundByHeap, watchHeap } = require('./dist/libs/platform/caches.js');
  const cache = new LRUCache({ maxSize: 1_000_000, sizeCalculation: () => 1 });
  if (process.argv[1] === 'watched') watchHeap(boundByHeap(cache));
  const fill = async () => {
    for (let n = 0; n < 120_000; n++) {
      cache.set(n, Array.from({ length: 128 }, (_, place) => n + place));
      if (n % 1_000 === 0) await new Promise((resume) => setImmediate(resume));
    }
    console.log(cache.has(119_999) && cache.size < 120_000);
  };
  void fill();
`;
const run = (way: 'watched' | 'unwatched') =>
  execFileSync(process.execPath, ['--max-old-space-size=64', '-e', program, way], { cwd: root, stdio: 'pipe' });

describe('caches of a process whose heap gets full', () => {
  it('give back what was not used for longest, each half of its entries', () => {
    const [large, small, empty] = [filled(100), filled(3), filled(0)];
    large.get(0); // used again
    halveCaches();
    expect([large.size, small.size, empty.size]).toEqual([50, 1, 0]);
    expect([large.has(0), large.has(1), large.has(99), small.has(2)]).toEqual([true, false, true, true]);
  });

  it('let it live, where it would have ended', () => {
    expect(run('watched').toString()).toBe('true\n');
    expect(() => run('unwatched')).toThrow('heap');
  });
});
