import { runCommandLine } from './command-line';

const UNFINISHED = 3;
/** What a command has left open by mistake does not keep the process for longer. */
const LEAVING_MS = 5_000;

// Stays where the event loop runs dry before the command has ended: that is no success.
process.exitCode = UNFINISHED;
process.once('beforeExit', (code) => {
  if (code === UNFINISHED)
    process.stderr.write('cli/unfinished: The command stopped before it had ended; run it again.\n');
});

/** Whoever reads the answer has enough of it, as `head` has: that is no fault. */
const endQuietly = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
};
process.stdout.on('error', endQuietly);

void runCommandLine(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
  setTimeout(() => process.exit(), LEAVING_MS).unref();
});
