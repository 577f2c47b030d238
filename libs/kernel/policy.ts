import type { AnyCommand, To, ToAggregate } from './command';
import { streamOf, type AnyDecider } from './decider';
import type { AnyEvent, StoredEvent } from './event';
import type { Instant } from './time';

/**
 * Reads the events of an aggregate up to the position of the event that triggered the policy.
 * @param types only events of these types: what takes part in a long stream is found without going through it
 */
export type Look = <E extends AnyEvent, T extends E['type'] = E['type']>(
  aggregate: AnyDecider<E>,
  id: string,
  types?: readonly T[],
) => Promise<readonly StoredEvent<Extract<E, { type: T }>>[]>;

/**
 * Makes a `Look` from a function that reads the events of a stream, up to where the policy may see them.
 * @param read may leave out events of other types than those asked for
 */
export const lookThrough = (
  read: (stream: string, types?: readonly string[]) => Promise<readonly StoredEvent[]>,
): Look => {
  const look = async (aggregate: AnyDecider<AnyEvent>, id: string, types?: readonly string[]) => {
    const events = await read(streamOf(aggregate, id), types);
    return types ? events.filter(({ type }) => types.includes(type)) : events;
  };
  // Safe: the stream of an aggregate contains only events of its decider.
  return look as unknown as Look;
};

declare const checked: unique symbol;
/** A command that follows from an event, made by `send`. The runner adds its id, actor, mode and cause. */
export interface Reaction {
  /** Only `send` makes it, from a command that the aggregate knows: an object literal does not compile. */
  readonly [checked]: true;
  readonly to: ToAggregate;
  readonly id: string;
  readonly type: string;
  readonly data: object;
  /** The latest instant of the facts that it follows from, if there are several; otherwise that of the event. */
  readonly occurredAt?: Instant;
  /**
   * Coalesces reactions with the same key within a page: only those of the last event are sent, and their data lists
   * the `reasons` of all.
   */
  readonly once?: {
    readonly key: string;
    readonly reasons: readonly string[];
    /** What the data of an earlier reaction and this one say together; without it, this one says all of it. */
    readonly after?: (earlier: object) => object;
  };
}

type BodyOf<C extends AnyCommand> = C extends AnyCommand ? Pick<C, 'type' | 'data'> : never;

/**
 * For policies: a command to an aggregate. A type or data that the aggregate does not know does not compile.
 * @param to the aggregate's bus class, `ToLead`
 * @param id of the aggregate
 */
export const send = <C extends AnyCommand>(
  to: new (id: string, command: C) => To<C>,
  id: string,
  { type, data }: BodyOf<C>,
  more: Pick<Reaction, 'occurredAt' | 'once'> = {},
): Reaction => ({ to, id, type, data: data as object, ...more }) as unknown as Reaction;

/** Reacts to events with commands. It does not write and has no clock. Rebuilds do not run policies. */
export interface Policy {
  readonly name: string;
  /** Part of the command ids: a new version reacts to all events again. */
  readonly version: number;
  /** Where a policy without a checkpoint begins: at the end or the start of the log. */
  readonly from: 'start' | 'now';
  readonly types: readonly string[];
  /** Refusal codes that the policy expects as answers; any other refusal parks the event, as an error does. */
  readonly answers: readonly string[];
  readonly react: (event: StoredEvent, look: Look) => Promise<readonly Reaction[]>;
}

/** Declares a policy; the keys of `on` are its subscription. */
export const policy = <E extends AnyEvent>(shape: {
  readonly name: string;
  readonly version: number;
  readonly from: 'start' | 'now';
  readonly answers?: readonly string[];
  readonly on: {
    readonly [T in E['type']]?: (
      event: StoredEvent<Extract<E, { type: T }>>,
      look: Look,
    ) => readonly Reaction[] | Promise<readonly Reaction[]>;
  };
}): Policy => {
  const on = shape.on as unknown as Record<
    string,
    (event: StoredEvent, look: Look) => readonly Reaction[] | Promise<readonly Reaction[]>
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
