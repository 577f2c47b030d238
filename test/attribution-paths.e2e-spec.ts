import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { baton, batonJson, batonProcess, temporaryFolder } from './support/baton';

const folder = temporaryFolder();

describe('baton attribution paths', () => {
  it('credits a path table, and refuses an invalid one with its line', async () => {
    writeFileSync(join(folder, 'paths.csv'), 'path,conversions,nulls\na > b,3,1\na > c,1,1\n');
    expect(await batonJson(folder, 'attribution', 'paths', 'paths.csv', '--model', 'linear', '--no-nulls')).toEqual({
      model: 'linear',
      rows: [
        { key: 'a', conversions: 2, value: 0 },
        { key: 'b', conversions: 1.5, value: 0 },
        { key: 'c', conversions: 0.5, value: 0 },
      ],
    });
    writeFileSync(join(folder, 'bad.csv'), 'path,conversions\na > b,-3\n');
    const { status, stderr, stdout } = await baton(folder, 'attribution', 'paths', 'bad.csv');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('paths/negative-count (line 2, conversions)');
  });

  it('solves 10^5 states of order 3 in 192 MiB', async () => {
    let state = 1;
    const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const lines = ['path,conversions,nulls'];
    const triples = new Set<string>();
    for (let row = 0; row < 25_000; row++) {
      const path: string[] = [];
      while (path.length < 9) {
        const channel = `c${Math.floor(random() * 55)}`;
        if (channel !== path.at(-1)) path.push(channel);
      }
      for (let at = 2; at < path.length; at++) triples.add(path.slice(at - 2, at + 1).join());
      lines.push(`${path.join(' > ')},${row % 4 === 0 ? 1 : 0},${row % 4 === 0 ? 0 : 1}`);
    }
    expect(triples.size).toBeGreaterThan(100_000);
    writeFileSync(join(folder, 'many.csv'), lines.join('\n'));
    const before = process.env['NODE_OPTIONS'];
    process.env['NODE_OPTIONS'] = '--max-old-space-size=192';
    try {
      const { status, stdout, stderr } = batonProcess(
        folder,
        ...['attribution', 'paths', 'many.csv', '--model', 'markov', '--order', '3', '--json'],
      );
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const { base, rows } = JSON.parse(stdout) as { base: number; rows: { conversions: number }[] };
      expect(base).toBeCloseTo(0.25, 9);
      expect(rows.reduce((sum, { conversions }) => sum + conversions, 0)).toBeCloseTo(6250, 6);
    } finally {
      if (before === undefined) delete process.env['NODE_OPTIONS'];
      else process.env['NODE_OPTIONS'] = before;
    }
  });
});
