const { rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

/** As `onServer` in stores.ts chooses it. */
const server = (name, variable) => {
  if (process.env[variable]) return `a real ${name}`;
  return process.env.REQUIRE_STORES === '1' ? `no ${name}` : `a fake ${name}`;
};

/** Closes a run with one plain line that any build server can read; it ends with the stores that were proven, if any. */
module.exports = class ClosingLine {
  onRunComplete(_contexts, results) {
    // A suite that could not even start is a failure of its own.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    process.stderr.write('\n');
    // What suites of this run shared (support/demo.ts).
    rmSync(join(tmpdir(), `baton-demo-${process.pid}`), { recursive: true, force: true });
    const counts = `${results.numPassedTests} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`;
    const proven = results.testResults.some(({ testFilePath }) => testFilePath.endsWith('.int.spec.ts'))
      ? `; proven on ${server('EventStoreDB', 'EVENTSTORE_URL')} and ${server('MongoDB', 'MONGODB_URL')}`
      : '';
    process.stdout.write(`\n${counts}${proven}\n`);
  }
};
