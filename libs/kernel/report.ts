import type { Role } from './command';
import type { Field, Fields, ObjectFields } from './fields';

/**
 * A question with arguments that is answered from read models: its GraphQL query, with checked arguments and typed
 * answer, follows from the declaration.
 */
export interface Report {
  /** The name of the query. */
  readonly name: string;
  readonly description: string;
  /** The roles that may ask. */
  readonly allow: readonly Role[];
  /**
   * `period`: it reads as many documents as a period has, and is answered in a process of its own; `log`: so too, and it
   * has no answer without the log.
   */
  readonly heavy?: 'period' | 'log';
  /** It must not miss what is deferred: that is appended to the log and followed before it is asked. */
  readonly flushes?: true;
  /** False: it cannot be asked as of a past point. */
  readonly asOf?: false;
  readonly arguments: Fields;
  /** The answer; `page` of an object makes it a connection. An id with `entity` is answered by its node. */
  readonly answer: Field;
  readonly page?: true;
  /** How the answer is exported, where the rows of interest are lists within lists: one row each. */
  readonly table?: { readonly columns: Fields; readonly rows: (answer: never) => readonly object[] };
  /** Given the arguments and what the platform has; see `report` of the platform. */
  readonly ask: (question: never, context: never) => unknown;
}

/** A question whose answer is sent anew as the log grows: its GraphQL subscription follows from the declaration. */
export interface Subscription {
  /** The name of the subscription. */
  readonly name: string;
  readonly description: string;
  /** The roles that may listen. */
  readonly allow: readonly Role[];
  /** Beside `after`, the position of the last answer that was received. */
  readonly arguments: Fields;
  readonly answer: ObjectFields;
  /** Given the arguments and what the platform has; see `subscription` of the platform. */
  readonly follow: (question: never, context: never) => AsyncIterable<unknown>;
}
