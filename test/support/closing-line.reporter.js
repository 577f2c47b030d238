/** Closes a run with one plain line that any build server can read. */
module.exports = class ClosingLine {
  onRunComplete(_contexts, results) {
    // A suite that could not even start is a failure of its own.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    process.stderr.write('\n');
    process.stdout.write(
      `\n${results.numPassedTests} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}\n`,
    );
  }
};
