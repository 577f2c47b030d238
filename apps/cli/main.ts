import { runCommandLine } from './command-line';

const UNFINISHED = 3;
/** How long the process waits for handles that a command has left open by mistake. */
const LEAVING_MS = 5_000;

// The exit code if the event loop runs empty before the command has ended: not a success.
process.exitCode = UNFINISHED;
process.once('beforeExit', (code) => {
  if (code === UNFINISHED)
    process.stderr.write('cli/unfinished: The command stopped before it had ended; run it again.\n');
});

/** The reader has closed the pipe, as `head` does: not an error. */
const endQuietly = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
};
process.stdout.on('error', endQuietly);

void runCommandLine(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
  setTimeout(() => process.exit(), LEAVING_MS).unref();
});
