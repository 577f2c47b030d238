import js from '@eslint/js';
import globals from 'globals';
import tseslint from 'typescript-eslint';

const leftOut = {
  selector:
    'CallExpression > MemberExpression.callee[object.name=/^(describe|it|test)$/][property.name=/^(only|skip|todo)$/], CallExpression[callee.name=/^(fit|fdescribe|ftest|xit|xdescribe|xtest)$/]',
  message: 'A test that is left out proves nothing: run it or delete it.',
};
const measured = [
  {
    selector:
      "MemberExpression[object.name='performance'][property.name='now'], MemberExpression[property.name='cpuUsage']",
    message: 'No test measures time: wait for a condition (`eventually`), stop the clock, or write a row of bench/.',
  },
  {
    selector:
      "CallExpression[callee.name=/^(it|test|beforeAll|beforeEach|afterAll|afterEach)$/] > Literal[raw=/^\\d/], CallExpression[callee.callee.property.name='each'] > Literal[raw=/^\\d/], MemberExpression[object.name='jest'][property.name='setTimeout']",
    message: 'A limit of its own fails on a busy machine; that of jest.config.js ends what hangs.',
  },
];
const environment = {
  selector:
    "MemberExpression[object.name='process'][property.name='env'], VariableDeclarator[init.name='process'] Property[key.name='env']",
  message: 'Only libs/platform/config.ts reads the environment; take the setting from there.',
};

// Rules that need types are left to the compiler: the linter stays fast enough to run on every save.
export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', '.baton/'] },
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
    files: ['libs/platform/config.ts', 'libs/kernel/testing/**', 'test/**', 'bench/**', '.ci/**', 'jest.config.js'],
    rules: { 'no-restricted-syntax': ['error', leftOut] },
  },
  // Here, once each, a suite without its server or its data is left out visibly, and fails where it is required.
  { files: ['libs/kernel/testing/**', 'test/support/**'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['**/*.{spec,e2e-spec,contract}.ts'],
    rules: { 'no-restricted-syntax': ['error', leftOut, ...measured] },
  },
  { files: ['**/*.js'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  { files: ['**/*.{spec,e2e-spec,contract}.ts', 'libs/kernel/testing/**'], languageOptions: { globals: globals.jest } },
);
