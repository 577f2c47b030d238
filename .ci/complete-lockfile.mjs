// Completes package-lock.json with the optional packages of other platforms, which `npm install` leaves out when the
// registry it talks to does not serve them; `npm ci` then refuses the lock elsewhere. Run it after every `npm install`;
// another lock file may be named as the argument.
import { readFileSync, writeFileSync } from 'node:fs';

const systems = ['darwin', 'win32', 'linux', 'freebsd', 'android', 'openharmony'];
const processors = ['x64', 'arm64', 'ia32', 'arm', 'ppc64', 's390x', 'riscv64', 'loong64'];

/**
 * The platform that a binary package is for, by its name: `@swc/core-linux-arm64-musl`.
 * @returns `{ os, cpu, libc? }` as npm writes them
 * @throws Error for a name that says none: such a package cannot be completed by name alone
 */
const platformOf = (name) => {
  const words = name.split('/').at(-1).split('-');
  const os = systems.find((system) => words.includes(system));
  const cpu = processors.find((processor) => words.includes(processor));
  if (!os || !cpu) throw new Error(`${name} does not name its platform: add it to the lock by npm install`);
  // Packages for 32-bit ARM name their C library in the ABI (gnueabihf) and declare none.
  const libc = words.includes('musl') ? 'musl' : words.includes('gnu') ? 'glibc' : undefined;
  return { os: [os], cpu: [cpu], ...(libc && os === 'linux' && { libc: [libc] }) };
};

/** The lock's entry that a package at `from` sees under `name`, looking outwards as Node does. */
const seen = (packages, from, name) => {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    const found = packages[`${folder && `${folder}/`}node_modules/${name}`];
    if (found || !folder) return found;
  }
};

/**
 * @param lock the parsed lock file (version 3); it is changed in place
 * @returns the paths of the entries added
 */
const complete = (lock) => {
  const added = [];
  for (const [path, parent] of Object.entries(lock.packages))
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      if (seen(lock.packages, path, name)) continue;
      if (!/^\d+\.\d+\.\d+/.test(version))
        throw new Error(`${path} wants ${name} ${version}, which is no exact version`);
      lock.packages[`node_modules/${name}`] = {
        version,
        ...(parent.dev && { dev: true }),
        optional: true,
        ...platformOf(name),
      };
      added.push(`node_modules/${name}`);
    }
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
  if (added.length > 0) lock.packages = Object.fromEntries(sorted);
  return added;
};

const file = process.argv[2] ?? new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const added = complete(lock);
if (added.length > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(added.length > 0 ? `added ${added.length}:\n${added.join('\n')}` : 'the lock file is complete');
