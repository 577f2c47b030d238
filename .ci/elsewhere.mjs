// The suites again where a machine may differ: in a time zone west of Greenwich, and on the oldest and the newest
// release of Node 20, whose lists of currencies differ. Ends with the exit code of the first run that failed.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const AMOUNTS = ['libs/kernel', 'libs/insights', 'libs/opportunities', 'apps/cli/import'];
const RELEASES = ['20.19.0', '20.20.0'];

const run = (node, variables, ...suites) => {
  console.log(`\n${[...Object.entries(variables).map(([name, value]) => `${name}=${value}`), node].join(' ')}`);
  const args = [
    'node_modules/jest/bin/jest.js',
    '--ci',
    '--selectProjects',
    'unit',
    ...(suites.length ? ['--', ...suites] : []),
  ];
  const { status } = spawnSync(node, args, { stdio: 'inherit', env: { ...process.env, ...variables } });
  if (status !== 0) process.exit(status ?? 1);
};

run(process.execPath, { TZ: 'America/New_York' });
const folder = mkdtempSync(join(tmpdir(), 'node-'));
try {
  for (const release of RELEASES) {
    const name = `node-${process.platform}-${process.arch}`;
    execFileSync('npm', ['install', '--prefix', folder, '--no-save', `${name}@${release}`], { stdio: 'inherit' });
    run(join(folder, 'node_modules', name, 'bin', 'node'), {}, ...AMOUNTS);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
