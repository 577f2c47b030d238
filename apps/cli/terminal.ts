import { AsyncLocalStorage } from 'node:async_hooks';
import { readConfig, type Config } from '@baton/platform/config';

/** The terminal of a command line: standard output, standard error and the exit code. */
export interface Terminal {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Used instead of the environment variables of the process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  exitCode: number;
}

const current = new AsyncLocalStorage<Terminal>();
const ofProcess: Terminal = { stdout: process.stdout, stderr: process.stderr, exitCode: 0 };

/** The terminal of the running command line: that of the process, unless another was given. */
export const terminal = (): Terminal => current.getStore() ?? ofProcess;

/** The settings of the running command line. @throws Refused `config/invalid` */
export const configOfTerminal = (): Config => readConfig(terminal().environment);

/** Runs work that prints to the given terminal. */
export const onTerminal = <T>(own: Terminal, work: () => Promise<T>): Promise<T> => current.run(own, work);
