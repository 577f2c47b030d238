import { spawnSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import { parse } from 'yaml';
import { readConfig, settings } from '@baton/platform/config';

const root = join(__dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const yaml = (path: string) => parse(read(path), { merge: true });

type Entry = Readonly<Record<string, unknown>>;
const lock = (): { packages: Record<string, Entry> } => JSON.parse(read('package-lock.json'));
const manifest = JSON.parse(read('package.json')) as {
  readonly license: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly overrides: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
};

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'baton-repository-'))));
afterEach(() => rmSync(folder, { recursive: true }));

describe('the linter', () => {
  const linter = new ESLint({ cwd: root });
  /** The lines of a spec at a path that the linter reports. */
  const faults = async (path: string, ...lines: readonly string[]): Promise<readonly number[]> => {
    const [result] = await linter.lintText(lines.join('\n'), { filePath: join(root, path) });
    return result!.messages.filter(({ ruleId }) => ruleId === 'no-restricted-syntax').map(({ line }) => line);
  };
  const refused = [
    `import { setTimeout as delay } from 'node:timers/promises';`,
    `import { setTimeout } from 'timers';`,
    `const began = performance.now();`,
    `const cpu = process.cpuUsage();`,
    `const took = Date.now() - began;`,
    `const left = deadline - Date.now();`,
    `await new Promise((resolve) => setTimeout(resolve, 50));`,
    `globalThis.setTimeout(stop, 50);`,
    `it('is fast', work, 1_000);`,
    `it.each([1])('is fast %s', work, LIMIT);`,
    `beforeAll(work, 60_000);`,
    `jest.setTimeout(60_000);`,
    `fc.assert(property, { interruptAfterTimeLimit: 1_000 });`,
  ];
  const taken = [
    `const daysAgo = Date.now() - 3 * 86_400_000;`,
    `jest.advanceTimersByTime(1_000);`,
    `clearTimeout(timer);`,
    `it('does', work);`,
    `await eventually(() => count > 2);`,
  ];
  it.each(['test/x.e2e-spec.ts', 'libs/leads/x.spec.ts', 'libs/kernel/testing/x.contract.ts'])(
    'refuses time measurement in %s',
    async (path) => expect(await faults(path, ...refused, ...taken)).toEqual(refused.map((_, index) => index + 1)),
  );
});

describe('installed packages', () => {
  const { dependencies, devDependencies, overrides } = manifest;

  /** An override of a package's dependency may point to a dependency of ours: `$name`. */
  const overridden = Object.entries(overrides).flatMap(([name, version]): [string, string | undefined][] =>
    typeof version === 'string'
      ? [[name, version]]
      : Object.entries(version).map(([asked, meant]) => [
          `${asked} for ${name}`,
          meant.startsWith('$') ? dependencies[meant.slice(1)] : meant,
        ]),
  );
  const asked: [string, string | undefined][] = Object.entries({ ...dependencies, ...devDependencies });
  it.each([...asked, ...overridden])('pins %s exactly', (_, version) =>
    expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/),
  );
  it('match the lock file', () => expect(lock().packages['']).toMatchObject({ dependencies, devDependencies }));

  it('come only from the registry', () => {
    const { packages } = lock();
    // A funding entry may have an address; nothing is fetched from it.
    const addressed = Object.entries(packages).filter(([, { funding: _, ...entry }]) =>
      /"resolved"|:\/\//.test(JSON.stringify(entry)),
    );
    expect(addressed.map(([path]) => path)).toEqual([]);
    expect(read('.npmrc')).not.toMatch(/registry\s*=|:\/\/|_auth/);
  });
  it('run no scripts', () => expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m));

  const complete = (file: string) => spawnSync('node', [join(root, '.ci/complete-lockfile.mjs'), file]);
  it('install on every platform', () => {
    const file = join(folder, 'lock.json');
    copyFileSync(join(root, 'package-lock.json'), file);
    expect(complete(file).stdout.toString()).toBe('the lock file is complete\n');
  });
  it('are completed if the registry served only one platform', () => {
    const whole = lock();
    const file = join(folder, 'lock.json');
    const foreign = ([path]: [string, Entry]) => /@swc\/core-(darwin|win32|linux-s390x)/.test(path);
    const entries = Object.entries(whole.packages);
    const packages = Object.fromEntries(entries.filter((entry) => !foreign(entry)));
    expect(entries.length - Object.keys(packages).length).toBeGreaterThan(4);
    writeFileSync(file, JSON.stringify({ ...whole, packages }));
    expect(complete(file).status).toBe(0);
    const completed = JSON.parse(readFileSync(file, 'utf8')).packages as Record<string, Entry>;
    expect(Object.keys(completed)).toEqual(Object.keys(whole.packages));
    for (const [path, { version, os, cpu, optional, dev }] of entries.filter(foreign))
      expect(completed[path]).toMatchObject({ version, os, cpu, optional, dev });
  });
  it('are not completed by guessing', () => {
    const file = join(folder, 'lock.json');
    writeFileSync(file, JSON.stringify({ packages: { '': { optionalDependencies: { surprise: '1.0.0' } } } }));
    expect(complete(file).stderr.toString()).toContain('surprise does not name its platform');
  });
});

describe('the licence', () => {
  it('is Apache-2.0, in full', () => {
    expect(manifest.license).toBe('Apache-2.0');
    expect(read('LICENSE')).toMatch(/Apache License\s+Version 2\.0[^]+END OF TERMS AND CONDITIONS/);
  });
});

describe('the script of a build server', () => {
  /** Runs a copy of `.ci/run` with an npm that prints and returns what the test sets. */
  const run = (test: string, { data = false, exec = 'true' } = {}) => {
    const checkout = join(folder, 'checkout');
    for (const path of ['.ci', 'bin']) mkdirSync(join(checkout, path), { recursive: true });
    if (data) mkdirSync(join(folder, 'shared/data'), { recursive: true });
    copyFileSync(join(root, '.ci/run'), join(checkout, '.ci/run'));
    writeFileSync(join(checkout, 'x.spec.ts'), "import { dataFile } from './support/data';");
    writeFileSync(join(checkout, 'y.spec.ts'), '');
    spawnSync('git', ['init', '--quiet'], { cwd: checkout });
    spawnSync('git', ['add', 'x.spec.ts', 'y.spec.ts'], { cwd: checkout });
    const npm = join(checkout, 'bin/npm');
    const answers = `if [ "$1" = test ]; then ${test}; fi\nif [ "$1" = exec ]; then ${exec}; fi\n`;
    writeFileSync(npm, `#!/usr/bin/env bash\necho "npm $*\${REQUIRE_DATA:+ with data}"\n${answers}`);
    chmodSync(npm, 0o755);
    const { DATA_DIR: _, REQUIRE_DATA: __, ...others } = process.env;
    const env = { ...others, PATH: `${join(checkout, 'bin')}:${process.env['PATH']}` };
    const { status, stdout } = spawnSync(join(checkout, '.ci/run'), { env });
    return { status, lines: stdout.toString().trimEnd().split('\n') };
  };

  it('installs cleanly and tests', () => {
    const { status, lines } = run('echo "3 passed, 0 failed, 1 skipped; proven on a fake"; echo a late word');
    expect(lines.slice(0, 2)).toEqual(['npm ci', 'npm test']);
    expect(lines.slice(-2)).toEqual(['a late word', '3 passed, 0 failed, 1 skipped']);
    expect(status).toBe(0);
  });
  it('fails with its tests', () => {
    const { status, lines } = run('echo "2 passed, 1 failed"; exit 7');
    expect(lines.at(-1)).toBe('2 passed, 1 failed');
    expect(status).toBe(7);
  });
  it('requires the data if present, and then declares the suites that read it once more without it', () => {
    const { status, lines } = run('echo "3 passed, 0 failed"', {
      data: true,
      exec: 'ls; ls ..; echo "1 passed, 0 failed, 1 skipped"',
    });
    expect(lines.slice(0, 4)).toEqual([
      'npm ci',
      'npm test with data',
      '3 passed, 0 failed',
      'npm exec -- jest --ci --selectProjects unit e2e --testNamePattern needs its data -- x.spec.ts',
    ]);
    expect(lines).toEqual(expect.arrayContaining(['x.spec.ts', 'y.spec.ts']));
    expect(lines).not.toContain('shared');
    expect([status, lines.at(-1)]).toEqual([0, '3 passed, 0 failed']);
  });
  it('fails if a suite needs the data that a newcomer does not have', () => {
    const { status, lines } = run('echo "3 passed, 0 failed"', {
      data: true,
      exec: 'echo "0 passed, 1 failed"; exit 1',
    });
    expect([status, lines.at(-1)]).toEqual([1, '0 passed, 1 failed']);
  });
  it.each(['exit 2', 'exit 0'])('fails when no test was run (%s)', (end) => {
    const { status, lines } = run(end);
    expect(lines.at(-1)).toBe('0 passed, 1 failed');
    expect(status).not.toBe(0);
  });
  it('can be started', () => accessSync(join(root, '.ci/run'), constants.X_OK));
});

interface Service {
  readonly stop_grace_period?: string;
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly options?: string;
  readonly image?: string;
}
interface Job {
  readonly env?: Readonly<Record<string, string>>;
  readonly services?: Readonly<Record<string, Service>>;
  readonly steps: readonly { readonly run?: string; readonly env?: Readonly<Record<string, string>> }[];
}

describe('the containers and the workflow', () => {
  const compose = yaml('docker-compose.yml').services as Record<string, Service>;
  const jobs = Object.values(yaml('.github/workflows/ci.yml').jobs as Record<string, Job>);
  const steps = jobs.flatMap((job) => job.steps);

  /** A default value, or a required one. */
  const given = (value: string): string =>
    value.replace(/\$\{[A-Z_]+:([-?])([^}]*)\}/, (_, kind, text) => (kind === '-' ? text : 'given'));

  it('have a health check for every service', () => {
    expect(Object.keys(compose).sort()).toEqual(['api', 'eventstore', 'mongodb', 'worker']);
    for (const service of Object.values(compose)) expect(service.healthcheck?.test.length).toBeGreaterThan(1);
    const services = jobs.flatMap((job) => Object.values(job.services ?? {}));
    expect(services).toHaveLength(2);
    for (const { options } of services) expect(options).toContain('--health-cmd');
  });
  it('use the same stores', () => {
    const images = jobs.flatMap((job) => Object.values(job.services ?? {}).map(({ image }) => image));
    expect(images).toEqual([given(compose['eventstore']!.image!), compose['mongodb']!.image]);
    expect(read('.env.example')).toContain(`\nBATON_EVENTSTORE_IMAGE=${images[0]}\n`);
  });
  it('run scripts that exist', () => {
    const named = steps.flatMap(({ run = '' }) =>
      [...run.matchAll(/npm run (?:-s )?([\w:]+)/g)].map(([, name]) => name),
    );
    expect(named).toEqual(['check', 'test:int']);
    for (const name of named) expect(manifest.scripts).toHaveProperty([name!]);
  });
  it('need a master key, and say so', () =>
    expect(compose['api']!.environment!['BATON_MASTER_KEY']).toMatch(/^\$\{BATON_MASTER_KEY:\?.+\}$/));
  it('explain the available settings', () => {
    const asked = [...read('docker-compose.yml').matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name!);
    const explained = [...read('.env.example').matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name!);
    expect([...new Set(asked)].sort()).toEqual(explained.sort());
  });
  it('get more time to stop than they need', () => {
    for (const name of ['api', 'worker'])
      expect(parseInt(compose[name]!.stop_grace_period!)).toBeGreaterThan(readConfig({}).shutdownSeconds);
  });
  it('see the files to import, as documented in the README', () => {
    expect(compose['worker']!.volumes!.map(given)).toEqual(['./import:/import']);
    expect(read('README.md')).toContain('docker compose exec --workdir /import worker');
  });
  it('pass the log server none of our settings under the name of its own', () => {
    const ours = settings.map(({ name }) => name);
    expect(ours.filter((name) => !name.startsWith('BATON_'))).toEqual([]);
  });
  it('do not run as root', () => expect(read('Dockerfile')).toMatch(/^USER node$/m));

  it('set only what Baton reads, to valid values', () => {
    const known: readonly string[] = settings.map(({ name }) => name);
    for (const name of ['api', 'worker']) {
      const environment = Object.entries(compose[name]!.environment!);
      expect(environment.map(([key]) => key).filter((key) => !known.includes(key))).toEqual([]);
      const config = readConfig(Object.fromEntries(environment.map(([key, value]) => [key, given(value)])));
      expect(config).toMatchObject({ project: name === 'worker', port: 3000, masterKey: 'given' });
    }
    const image = [...read('Dockerfile').matchAll(/\b((?:BATON|EVENTSTORE|MONGODB)_\w+)=/g)].map(([, name]) => name!);
    const tests = [...jobs, ...steps].flatMap(({ env = {} }) => Object.keys(env));
    expect([...image, ...tests].filter((name) => !known.includes(name))).toEqual([
      'REQUIRE_STORES',
      ...['EVENTSTORE_URL', 'MONGODB_URL'], // of the tests alone
    ]);
  });
});
