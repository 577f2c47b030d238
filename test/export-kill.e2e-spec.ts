import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportFormats } from '@baton/audit';
import { repetitions } from '@baton/kernel/testing';
import { root, temporaryFolder } from './support/baton';

interface Said {
  readonly rows: number;
  readonly resumed?: number;
  readonly most?: number;
}
const MIB = 2 ** 20;

describe('an export in a process of its own', () => {
  const folder = temporaryFolder();
  const begin = (format: string, file: string, rows: number, heap = 256) =>
    fork(join(__dirname, 'support', 'export-child.cjs'), [join(root, 'dist'), format, file, String(rows)], {
      execArgv: [`--max-old-space-size=${heap}`],
    });
  const finished = async (child: ReturnType<typeof begin>): Promise<Said> => {
    let last: Said | undefined;
    child.on('message', (said: Said) => (last = said));
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
    return last!;
  };

  it.each(exportFormats)('goes on after kill -9 at any part, with equal bytes: %s', async (format) => {
    const rows = 40_000;
    const [whole, killed] = [join(folder, `whole.${format}`), join(folder, `killed.${format}`)];
    expect((await finished(begin(format, whole, rows))).resumed).toBe(0);
    let reached = 0;
    for (const after of [1, 2, 1]) {
      const child = begin(format, killed, rows);
      for (let part = 0; part < after; part++) [{ rows: reached }] = (await once(child, 'message')) as [Said];
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    expect(existsSync(killed)).toBe(false);
    const { rows: all, resumed } = await finished(begin(format, killed, rows));
    expect(all).toBe(rows);
    expect(resumed).toBeGreaterThanOrEqual(reached);
    expect(readFileSync(killed).equals(readFileSync(whole))).toBe(true);
    for (const end of ['.part', '.part.json']) expect(existsSync(`${killed}${end}`)).toBe(false);
  });

  it.each(exportFormats)('takes no more memory for more rows: %s', async (format) => {
    const rows = repetitions(150_000, 1_000_000);
    const { most } = await finished(begin(format, join(folder, `large.${format}`), rows, 64));
    expect(most! / MIB).toBeLessThan(48);
  });
});
