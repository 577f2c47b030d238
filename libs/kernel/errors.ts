/**
 * The four kinds of failure. Each has a stable `code` (`context/reason`), a message that says what is wrong and what to
 * do, and the `path` of the field at fault where there is one. Only the edge maps them to HTTP and GraphQL.
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

/** A rule does not allow it. Nothing was written; the same command is refused again until the state changes. */
export class Refused extends BatonError {}

/** The requested thing does not exist. */
export class NotFound extends BatonError {}

/** Another writer was first (the stream is past the expected revision), a lease was lost, or a store is unavailable. */
export class Conflict extends BatonError {}

/** A stored event has a type or version that this build does not know. Such an event is parked, never skipped. */
export class UnknownType extends BatonError {}

/** Refuses a command inside a decider: `return refuse('lead/not-handed-off', 'Hand the lead off first.')`. */
export const refuse = (
  code: string,
  message: string = code,
  path = '',
  details: Readonly<Record<string, unknown>> = {},
): Refused => new Refused(code, message, path, details);

/** The stable code of any thrown value; `internal/fault` for errors that are not of Baton. */
export const codeOf = (error: unknown): string => (error instanceof BatonError ? error.code : 'internal/fault');

const transient: ReadonlySet<string> = new Set([
  ...['log/unavailable', 'documents/unavailable', 'keys/unavailable'], // no answer, a full disk, a locked file
  'log/clock-jumped', // until the clock is corrected
  ...['log/busy-stream', 'documents/lease-lost'], // another writer came first
]);

/**
 * True if the failure comes from the state of a store and will pass. The request is not at fault and can be sent again.
 */
export const isTransient = (error: unknown): boolean => transient.has(codeOf(error));
