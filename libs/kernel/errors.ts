/**
 * The four ways in which a request can fail. Each carries a stable `code` (`context/reason`), a message that says what
 * to do, and where it helps the `path` of the fault. HTTP and GraphQL answers are mapped from these at the edge only.
 */
export class BatonError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly path: string = '',
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = new.target.name;
  }
}

/** A rule says no. Nothing was written; sending the same command again gives the same answer until the state changes. */
export class Refused extends BatonError {}

/** What was asked for does not exist. */
export class NotFound extends BatonError {}

/** Somebody else wrote first (a stream has passed the expected revision), or a lease was lost. */
export class Conflict extends BatonError {}

/** A stored event whose type or version this build does not know: never skipped, always parked. */
export class UnknownType extends BatonError {}

/** Says no from inside a decider: `return refuse('lead/not-handed-off', 'Hand the lead off first.')`. */
export const refuse = (
  code: string,
  message: string = code,
  path = '',
  details: Readonly<Record<string, unknown>> = {},
): Refused => new Refused(code, message, path, details);

/** The stable code of any thrown value; what Baton did not throw itself is `internal/fault`. */
export const codeOf = (error: unknown): string => (error instanceof BatonError ? error.code : 'internal/fault');

const transient: ReadonlySet<string> = new Set([
  ...['log/unavailable', 'documents/unavailable', 'keys/unavailable'], // a server is away, a disk full, a file held
  'log/clock-jumped', // until the clock is set right
  ...['log/busy-stream', 'documents/lease-lost'], // others were faster
]);

/** Is it the state of a store that stood in the way, which passes? What was sent is not to blame, and may be sent again. */
export const isTransient = (error: unknown): boolean => transient.has(codeOf(error));
