// No test may lean on the clock of the machine it runs on: here it stands 5 hours 45 minutes before UTC.
process.env.TZ ??= 'Asia/Kathmandu';

const swcrc = JSON.parse(require('node:fs').readFileSync('.swcrc', 'utf8'));
delete swcrc.$schema;
delete swcrc.jsc.baseUrl;
delete swcrc.jsc.paths;
const transform = ['@swc/jest', { ...swcrc, swcrc: false }];
const base = {
  testEnvironment: '<rootDir>/test/support/one-realm.environment.js',
  runtime: require.resolve('./test/support/shared-packages.runtime.js'),
  rootDir: '.',
  setupFiles: ['<rootDir>/test/support/property-seed.ts'],
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/test'],
  transform: { '^.+\\.ts$': transform },
  // Lazy imports name the compiled file, as Node wants it.
  moduleNameMapper: {
    '^@baton/(.*)$': '<rootDir>/libs/$1',
    '^(\\.{1,2}/(?:.*/)?(?:(?:eventstore|mongodb)-[a-z-]+|api/serve|session|verify-report|[a-z-]+\\.command|[a-z-]+-views))\\.js$':
      '$1',
  },
};
module.exports = {
  reporters: ['default', '<rootDir>/test/support/closing-line.reporter.js'],
  testSequencer: '<rootDir>/test/support/e2e-first.sequencer.js',
  maxWorkers: 3, // by default one core is left idle, and most suites wait: for child processes, for deadlines
  testTimeout: process.env.TEST_LONG ? 7_200_000 : 300_000, // ends what hangs; no test measures time
  projects: [
    { ...base, displayName: 'unit', testMatch: ['**/*.spec.ts'], testPathIgnorePatterns: ['\\.int\\.spec\\.ts$'] },
    { ...base, displayName: 'e2e', testMatch: ['**/*.e2e-spec.ts'] },
    { ...base, displayName: 'int', testMatch: ['**/*.int.spec.ts'] },
  ],
};
