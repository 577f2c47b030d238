import type { ToAggregate } from './command';
import type { AnyEvent, Recorded } from './event';
import type { Projection } from './projection';
import type { Instant } from './time';

/** Reads a stream up to the position of the event that triggered the policy: what was known then. */
export type Look = (stream: string) => Promise<readonly Recorded[]>;

/** A command that follows from an event. Its id, actor, mode and cause are the runner's to fill in. */
export interface Reaction {
  readonly to: ToAggregate;
  readonly id: string;
  readonly type: string;
  readonly data: object;
  /** The latest instant of the facts that it follows from, where the event is not the only one; else the event's. */
  readonly occurredAt?: Instant;
  /**
   * Of the events in one page whose reactions have the same key only those of the last event are sent; their data then
   * names the `reasons` of all.
   */
  readonly once?: { readonly key: string; readonly reasons: readonly string[] };
}

/** What happens next: events in, commands out. No writes, no clock. Rebuilds do not run policies. */
export interface Policy {
  readonly name: string;
  /** Part of the command ids: a new version decides anew. */
  readonly version: number;
  /** Where a policy that is new to a log begins. */
  readonly from: 'start' | 'now';
  readonly types: readonly string[];
  /** Codes of refusals that are an answer to this policy; any other one parks the event, as a fault does. */
  readonly answers: readonly string[];
  readonly react: (event: Recorded, look: Look) => Promise<readonly Reaction[]>;
}

/** Declares a policy; the keys of `on` are its subscription. */
export const policy = <E extends AnyEvent>(shape: {
  readonly name: string;
  readonly version: number;
  readonly from: 'start' | 'now';
  readonly answers?: readonly string[];
  readonly on: {
    readonly [T in E['type']]?: (
      event: Recorded<Extract<E, { type: T }>>,
      look: Look,
    ) => readonly Reaction[] | Promise<readonly Reaction[]>;
  };
}): Policy => {
  const on = shape.on as unknown as Record<
    string,
    (event: Recorded, look: Look) => readonly Reaction[] | Promise<readonly Reaction[]>
  >;
  return {
    name: shape.name,
    version: shape.version,
    from: shape.from,
    types: Object.keys(on),
    answers: shape.answers ?? [],
    react: async (event, look) => on[event.type]!(event, look),
  };
};

/**
 * A read model whose `dueAt` column says when time alone changes a stream; the clock sends that stream `type`. Where a
 * history can bring such streams, it also has the column of `withMode`.
 */
export interface DueList {
  readonly projection: Projection;
  readonly to: ToAggregate;
  readonly type: string;
}
