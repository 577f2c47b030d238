const swcrc = JSON.parse(require('node:fs').readFileSync('.swcrc', 'utf8'));
delete swcrc.$schema;
delete swcrc.jsc.baseUrl;
delete swcrc.jsc.paths;
const transform = ['@swc/jest', { ...swcrc, swcrc: false }];
// What is looked up in the sandbox of a test is slow to find: these are handed to every module.
const globals =
  'Array ArrayBuffer BigInt Boolean Error Float64Array Int32Array JSON Map Math Number Object Promise RegExp Set Symbol Uint8Array Uint32Array WeakMap';
const base = {
  sandboxInjectedGlobals: globals.split(' '),
  testEnvironment: 'node',
  rootDir: '.',
  setupFiles: ['<rootDir>/test/support/property-seed.ts'],
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/test'],
  transform: { '^.+\\.ts$': transform, '^.+\\.m?js$': transform },
  // uuid and jose ship ES modules only.
  transformIgnorePatterns: ['node_modules/(?!(uuid|jose)/)'],
  // Lazy imports name the compiled file, as Node wants it.
  moduleNameMapper: {
    '^@baton/(.*)$': '<rootDir>/libs/$1',
    '^(\\.{1,2}/.*/(?:eventstore|mongodb)-[a-z-]+)\\.js$': '$1',
  },
};
module.exports = {
  reporters: ['default', '<rootDir>/test/support/closing-line.reporter.js'],
  maxWorkers: 3, // by default one core is left idle, and most suites wait: for child processes, for deadlines
  testTimeout: process.env.TEST_LONG ? 7_200_000 : 600_000, // ends what hangs; no test measures time
  projects: [
    { ...base, displayName: 'unit', testMatch: ['**/*.spec.ts'], testPathIgnorePatterns: ['\\.int\\.spec\\.ts$'] },
    { ...base, displayName: 'e2e', testMatch: ['**/*.e2e-spec.ts'] },
    { ...base, displayName: 'int', testMatch: ['**/*.int.spec.ts'] },
  ],
};
