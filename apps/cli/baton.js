#!/usr/bin/env node
// Starts the compiled command line; in a clone it compiles first when a source file is newer than the last build.
const { execFileSync } = require('node:child_process');
const { existsSync, readdirSync, statSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..', '..');
const stamp = join(root, 'dist', '.built');

const newest = (folder) =>
  readdirSync(folder, { withFileTypes: true }).reduce((latest, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return Math.max(latest, newest(path));
    return entry.name.endsWith('.ts') ? Math.max(latest, statSync(path).mtimeMs) : latest;
  }, 0);

const isClone = existsSync(join(root, 'nest-cli.json'));
if (isClone) {
  const settings = statSync(join(root, '.swcrc')).mtimeMs;
  const sources = Math.max(settings, ...['apps', 'libs', 'bench'].map((name) => newest(join(root, name))));
  if (!existsSync(stamp) || statSync(stamp).mtimeMs < sources) {
    // Its messages go to standard error: standard output belongs to the answer.
    execFileSync(process.execPath, [require.resolve('@nestjs/cli/bin/nest.js'), 'build', 'api'], {
      cwd: root,
      stdio: ['ignore', 2, 2],
    });
    const write = join(root, 'dist', 'apps', 'cli', 'write-declared.js');
    execFileSync(process.execPath, [write], { stdio: ['ignore', 2, 2] });
    writeFileSync(stamp, '');
  }
}
if (process.argv[2] !== '--built') require(join(root, 'dist', 'apps', 'cli', 'main.js'));
