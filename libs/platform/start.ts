import type { INestApplication } from '@nestjs/common';
import { BatonError } from '@baton/kernel';
import type { Config } from './config';

/** The report of a failed process. */
export interface ExitReport {
  /** `code (place): what is wrong and what to do`; for a fault of Baton its stack. */
  readonly message: string;
  /** 1 if the user can correct it, 2 for a fault of Baton. */
  readonly exitCode: 1 | 2;
}

/** The message and exit code of a process that ends with an error. */
export const exitReportOf = (error: unknown): ExitReport =>
  error instanceof BatonError
    ? { message: `${error.code}${error.path && ` (${error.path})`}: ${error.message}`, exitCode: 1 }
    : { message: `internal/fault: ${error instanceof Error ? error.stack : String(error)}`, exitCode: 2 };

/** Runs `start`. If it fails, reports why and exits, because half-open resources would keep the process running. */
export const startOrExit = (start: () => Promise<unknown>): void => {
  start().catch((error: unknown) => {
    const { message, exitCode } = exitReportOf(error);
    process.stderr.write(`${message}\n`);
    process.exit(exitCode);
  });
};

/**
 * Initialises an application and lets it listen. Closes it if that fails.
 * @param begin runs before the modules are initialised
 * @param prepare runs after that, before it listens
 * @throws BatonError `start/…` if the address cannot be used; errors of `begin`, the modules and `prepare`
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
    await app.close().catch(() => undefined); // the first error counts
    throw error;
  }
};

/** Turns an error of `listen` into a BatonError; returns others as they are. */
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
