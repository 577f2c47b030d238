import type { INestApplication } from '@nestjs/common';
import { BatonError } from '@baton/kernel';
import type { Config } from './config';

/** How a failure is told to whoever sits at a terminal or reads the log of a container. */
export interface ExitReport {
  /** `code (place): what is wrong and what to do`; of a fault of ours its stack. */
  readonly message: string;
  /** 1 for what is to be put right outside, 2 for a fault of ours. */
  readonly exitCode: 1 | 2;
}

/** What a process says that ends by an error, and its exit code. */
export const exitReportOf = (error: unknown): ExitReport =>
  error instanceof BatonError
    ? { message: `${error.code}${error.path && ` (${error.path})`}: ${error.message}`, exitCode: 1 }
    : { message: `internal/fault: ${error instanceof Error ? error.stack : String(error)}`, exitCode: 2 };

/** Runs what starts a process. Where that fails the process ends: what is half open would keep it for ever. */
export const startOrExit = (start: () => Promise<unknown>): void => {
  start().catch((error: unknown) => {
    const { message, exitCode } = exitReportOf(error);
    process.stderr.write(`${message}\n`);
    process.exit(exitCode);
  });
};

/**
 * Makes an application ready and lets it listen; where that fails, it is closed.
 * @param begin   before its modules are initialised; @param prepare after that, before it listens
 * @throws BatonError `start/…` for an address that cannot be had; what the initialisation and `prepare` throw
 */
export const listenOrClose = async (
  app: INestApplication,
  { port, host }: Pick<Config, 'port' | 'host'>,
  {
    begin,
    prepare,
    ...more
  }: { readonly begin?: () => Promise<void>; readonly prepare: () => Promise<unknown>; readonly backlog?: number },
): Promise<void> => {
  try {
    await begin?.();
    await app.init();
    await prepare();
    await app.listen({ port, host, ...more } as never).catch((error: unknown) => {
      throw addressFault(error, port, host);
    });
  } catch (error) {
    await app.close().catch(() => undefined); // why it could not start is what counts
    throw error;
  }
};

/** What the system's answer to `listen` means; other errors as they are. */
export const addressFault = (error: unknown, port: number, host: string): unknown => {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new BatonError(
        'start/port-taken',
        `Port ${port} of ${host} is in use; stop the process that listens there, or set BATON_PORT.`,
      );
    case 'EACCES':
      return new BatonError(
        'start/port-not-allowed',
        `Port ${port} is not allowed for this user; set BATON_PORT above 1023.`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EINVAL':
      return new BatonError('start/no-such-address', `${host} is not an address of this machine; set BATON_HOST.`);
    default:
      return error;
  }
};
