import { AsyncLocalStorage } from 'node:async_hooks';
import { readConfig, type Config } from '@baton/platform/config';

/** What a command line speaks to: where its answer and its faults go, and what it ends with. */
export interface Terminal {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Instead of the variables of the process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  exitCode: number;
}

const current = new AsyncLocalStorage<Terminal>();
const ofProcess: Terminal = { stdout: process.stdout, stderr: process.stderr, exitCode: 0 };

/** The terminal of the command line that is running: that of the process, unless it was started on another. */
export const terminal = (): Terminal => current.getStore() ?? ofProcess;

/** The settings of the command line that is running. @throws Refused `config/invalid` */
export const configOfTerminal = (): Config => readConfig(terminal().environment);

/** Runs work that prints to a terminal of its own. */
export const onTerminal = <T>(own: Terminal, work: () => Promise<T>): Promise<T> => current.run(own, work);
