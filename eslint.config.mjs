import js from '@eslint/js';
import globals from 'globals';
import tseslint from 'typescript-eslint';

const leftOut = {
  selector:
    'CallExpression > MemberExpression.callee[object.name=/^(describe|it|test)$/][property.name=/^(only|skip|todo)$/], CallExpression[callee.name=/^(fit|fdescribe|ftest|xit|xdescribe|xtest)$/]',
  message: 'A test that is left out proves nothing: run it or delete it.',
};
const environment = {
  selector:
    "MemberExpression[object.name='process'][property.name='env'], VariableDeclarator[init.name='process'] Property[key.name='env']",
  message: 'Only libs/platform/config.ts reads the environment; take the setting from there.',
};

const noTime = 'A test must not depend on how fast the machine is';
const measures = {
  selector: [
    "MemberExpression[property.name='now'][object.name=/^(performance|machineTimers)$/]",
    "MemberExpression[object.name='process'][property.name=/^(hrtime|cpuUsage|uptime)$/]",
    "BinaryExpression[operator='-'][left.callee.object.name='Date'][right.type='Identifier']",
    "BinaryExpression[operator='-'][left.type='Identifier'][right.callee.object.name='Date']",
  ].join(', '),
  message: `${noTime}: check order, counts or elapsed fake time (stopTime, FixedClock); speed belongs in bench/.`,
};
const sleeps = {
  selector: [
    "CallExpression[callee.name='setTimeout']",
    "CallExpression[callee.property.name='setTimeout'][callee.object.name!='jest']",
    'ImportDeclaration[source.value=/^(node:)?timers(\\u002fpromises)?$/]',
  ].join(', '),
  message: `${noTime}: wait for a condition with eventually().`,
};
const limits = {
  selector: [
    'CallExpression[callee.name=/^(it|test)$/][arguments.length>2]',
    "CallExpression[callee.callee.property.name='each'][callee.callee.object.name=/^(it|test)$/][arguments.length>2]",
    'CallExpression[callee.name=/^(before|after)(All|Each)$/][arguments.length>1]',
    "CallExpression[callee.object.name='jest'][callee.property.name='setTimeout']",
    'Property[key.name=/^(skipAll|interrupt)AfterTimeLimit$/]',
  ].join(', '),
  message: `${noTime}: testTimeout in jest.config.js ends whatever hangs, for all tests alike.`,
};
const time = [measures, sleeps, limits];
/** Where real time is what a test needs; nothing is asserted about it. */
const needTime = [
  'libs/kernel/testing/eventually.ts', // asks again after a pause
  'test/support/proxy.ts', // delays a link
  'test/support/{eventstore,mongodb}-server.ts', // answer late when told to
  'test/support/crash.ts', // kills a process at a random moment
  'test/crash-server.e2e-spec.ts', // so does this; its callers come again after a pause
  'test/import-beside.e2e-spec.ts', // a clock ticks in every turn of the event loop while a history comes in
];

// Rules that need types are left to the compiler: the linter stays fast enough to run on every save.
export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', '.baton/', 'examples/front-end/gql/'] },
  js.configs.recommended,
  tseslint.configs.recommended,
  {
    languageOptions: { globals: { ...globals.node } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'no-restricted-syntax': ['error', leftOut, environment],
    },
  },
  {
    files: ['libs/platform/config.ts', 'bench/**', 'examples/**', '.ci/**', 'jest.config.js'],
    rules: { 'no-restricted-syntax': ['error', leftOut] },
  },
  { files: ['**/*.spec.ts'], rules: { 'no-restricted-syntax': ['error', leftOut, environment, ...time] } },
  { files: ['test/**'], rules: { 'no-restricted-syntax': ['error', leftOut, ...time] } },
  // Here, once each, a suite without its server or its data is left out visibly, and fails where it is required.
  { files: ['libs/kernel/testing/**', 'test/support/**'], rules: { 'no-restricted-syntax': ['error', ...time] } },
  { files: needTime, rules: { 'no-restricted-syntax': ['error', leftOut, limits] } },
  { files: ['**/*.{js,cjs}'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  { files: ['**/*.{spec,e2e-spec,contract}.ts', 'libs/kernel/testing/**'], languageOptions: { globals: globals.jest } },
);
