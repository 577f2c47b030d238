const { rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

/** Closes a run with one plain line that any build server can read. */
module.exports = class ClosingLine {
  onRunComplete(_contexts, results) {
    // A suite that could not even start is a failure of its own.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    process.stderr.write('\n');
    // What suites of this run shared (support/demo.ts).
    rmSync(join(tmpdir(), `baton-demo-${process.pid}`), { recursive: true, force: true });
    if (results.testResults.some(({ testFilePath }) => testFilePath.endsWith('.int.spec.ts'))) {
      const proven = ['EVENTSTORE_URL', 'MONGODB_URL'].filter((name) => process.env[name]);
      process.stdout.write(`\nreal stores proven: ${proven.join(' and ') || 'none'}\n`);
    }
    process.stdout.write(
      `\n${results.numPassedTests} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}\n`,
    );
  }
};
