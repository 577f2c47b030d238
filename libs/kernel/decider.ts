import type { AnyCommand, Commands } from './command';
import type { Refused } from './errors';
import type { AnyEvent, Events, Happened } from './event';
import type { Json } from './schema';
import type { Instant } from './time';

/** A version of a definition that was in force at some instant. */
export interface Definition {
  readonly kind: string;
  readonly version: number;
  /** `mql@3`, or `external:<source>` for a past decision of another system. */
  readonly ref: string;
  readonly body: Json;
}

/** What a decision may know besides the state: the time, and the definitions in force at that time. */
export interface Context {
  readonly now: Instant;
  /** The version in force now; or, by its number, the very version under which something began. */
  readonly definition: (kind: string, version?: number) => Definition | undefined;
  readonly mode: 'live' | 'backfill';
  /** The id that the nth event of this decision (from 0) will have, so that one event can name another. */
  readonly idOf: (index: number) => string;
}

/** An event that a decider wants recorded; without `occurredAt` it happened `now`. */
export type Fact<E extends AnyEvent> = E & { readonly occurredAt?: Instant };

export interface Decider<S, C extends AnyCommand, E extends AnyEvent> {
  readonly commands: Commands;
  readonly events: Events;
  /** Kinds of definitions that this aggregate's decisions look at. */
  readonly uses: readonly string[];
  readonly initialState: () => S;
  readonly decide: (state: S, command: C, context: Context) => readonly Fact<E>[] | Refused;
  readonly evolve: (state: S, event: Happened<E>) => S;
  /** The earliest instant at which time alone changes this state. */
  readonly due: (state: S) => Instant | undefined;
  /** What time alone causes at that instant (`context.now`). */
  readonly pass: (state: S, context: Context) => readonly Fact<E>[];
}

/** A decider of which only the events matter. */
export interface AnyDecider<E extends AnyEvent = AnyEvent> {
  readonly commands: Commands;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly evolve: (state: any, event: Happened<E>) => unknown;
}

/** @returns the stream of an aggregate, `lead-<id>` */
export const streamOf = ({ commands }: Pick<AnyDecider, 'commands'>, id: string): string =>
  `${commands.aggregate}-${id}`;

/**
 * Declares an aggregate. `decide` and `evolve` are maps keyed by type, so that a missing case does not compile; an
 * unknown stored type throws.
 */
export const decider = <S, C extends AnyCommand, E extends AnyEvent>(shape: {
  readonly commands: Commands;
  readonly events: Events;
  readonly uses?: readonly string[];
  readonly initialState: () => S;
  readonly decide: {
    readonly [T in C['type']]: (
      state: S,
      command: Extract<C, { type: T }>,
      context: Context,
    ) => readonly Fact<E>[] | Refused;
  };
  readonly evolve: { readonly [T in E['type']]: (state: S, event: Happened<Extract<E, { type: T }>>) => S };
  readonly due?: (state: S) => Instant | undefined;
  readonly pass?: (state: S, context: Context) => readonly Fact<E>[];
}): Decider<S, C, E> => {
  const decide = shape.decide as unknown as Record<
    string,
    (s: S, c: C, context: Context) => readonly Fact<E>[] | Refused
  >;
  const evolve = shape.evolve as unknown as Record<string, (s: S, e: Happened<E>) => S>;
  return {
    commands: shape.commands,
    events: shape.events,
    uses: shape.uses ?? [],
    initialState: shape.initialState,
    decide: (state, command, context) => decide[command.type]!(state, command, context),
    evolve: (state, event) => {
      const step = evolve[event.type];
      if (!step) throw new Error(`${shape.commands.aggregate}: no evolve for ${event.type}`);
      return step(state, event);
    },
    due: shape.due ?? (() => undefined),
    pass: shape.pass ?? (() => []),
  };
};
