import type { AnyCommand, Commands } from './command';
import { Refused } from './errors';
import type { AnyEvent, Events, DatedEvent } from './event';
import type { Json } from './schema';
import type { Instant } from './time';

/** A version of a definition that is or was in force. */
export interface Definition<B = Json> {
  readonly kind: string;
  readonly version: number;
  /** `mql@3`, or `external:<source>` for a past decision of another system. */
  readonly ref: string;
  readonly body: B;
}

/**
 * What a decision can use besides the state: the time, and the definitions in force at that time.
 * @template D the body of each definition kind; other kinds do not compile
 */
export interface Context<D = unknown> {
  readonly now: Instant;
  /** The version in force now, or the version with a number, for work that began under an earlier one. */
  readonly definition: <K extends keyof D & string>(kind: K, version?: number) => Definition<D[K]> | undefined;
  readonly mode: 'live' | 'backfill';
  /** The id of the nth event of this decision (from 0), so that one event can refer to another. */
  readonly idOf: (index: number) => string;
}

/** An event that a decider produces. Without `occurredAt` it happened at `now`. */
export type NewEvent<E extends AnyEvent> = E & { readonly occurredAt?: Instant };

// The engine supplies definitions of all kinds.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyContext = Context<any>;

export interface Decider<S, C extends AnyCommand, E extends AnyEvent> {
  readonly commands: Commands;
  readonly events: Events;
  /** The definition kinds that its decisions read. */
  readonly uses: readonly string[];
  readonly initialState: () => S;
  readonly decide: (state: S, command: C, context: AnyContext) => readonly NewEvent<E>[] | Refused;
  readonly evolve: (state: S, event: DatedEvent<E>) => S;
  /** The earliest instant at which time alone changes this state. */
  readonly due: (state: S) => Instant | undefined;
  /** What time alone causes at that instant (`context.now`). */
  readonly elapse: (state: S, context: AnyContext) => readonly NewEvent<E>[];
}

/** A decider of which only the events are used. */
export interface AnyDecider<E extends AnyEvent = AnyEvent> {
  readonly commands: Commands;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly evolve: (state: any, event: DatedEvent<E>) => unknown;
}

/** @returns the stream of an aggregate, `lead-<id>` */
export const streamOf = ({ commands }: Pick<AnyDecider, 'commands'>, id: string): string =>
  `${commands.aggregate}-${id}`;

/**
 * Declares an aggregate. `decide` and `evolve` are maps by type, so that a missing case does not compile; an unknown
 * stored type throws.
 */
export const decider = <S, C extends AnyCommand, E extends AnyEvent, D = unknown>(shape: {
  readonly commands: Commands;
  readonly events: Events;
  readonly uses?: readonly (keyof D & string)[];
  readonly initialState: () => S;
  readonly decide: {
    readonly [T in C['type']]: (
      state: S,
      command: Extract<C, { type: T }>,
      context: Context<D>,
    ) => readonly NewEvent<E>[] | Refused;
  };
  readonly evolve: { readonly [T in E['type']]: (state: S, event: DatedEvent<Extract<E, { type: T }>>) => S };
  readonly due?: (state: S) => Instant | undefined;
  readonly elapse?: (state: S, context: Context<D>) => readonly NewEvent<E>[];
}): Decider<S, C, E> => {
  const decide = shape.decide as unknown as Record<
    string,
    (s: S, c: C, context: AnyContext) => readonly NewEvent<E>[] | Refused
  >;
  const evolve = shape.evolve as unknown as Record<string, (s: S, e: DatedEvent<E>) => S>;
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
    elapse: shape.elapse ?? (() => []),
  };
};

/** Finds the version of a kind that was in force at an instant, or the version with a number. */
export type DefinitionLookup = (kind: string, at: Instant | number) => Definition | undefined;

/** The inputs of a decision besides state and command. */
export interface DecisionInputs {
  readonly now: Instant;
  readonly mode: 'live' | 'backfill';
  readonly definitionAt: DefinitionLookup;
  /** The id of the command's nth event, from 0. */
  readonly idOf: (index: number) => string;
}

/**
 * Decides a command. Everything that fell due by `now` is decided first, each at its own due instant.
 * @throws Error if the decider asks for a definition kind that it does not declare in `uses`
 */
export const decideAt = <S, C extends AnyCommand, E extends AnyEvent>(
  decider: Decider<S, C, E>,
  start: S,
  command: C,
  { now, mode, definitionAt, idOf }: DecisionInputs,
): readonly NewEvent<E>[] | Refused => {
  const at = (instant: Instant, before: number): AnyContext => ({
    now: instant,
    mode,
    definition: (kind, version) => {
      // Kinds outside `uses` are not loaded, and would look like kinds without a definition.
      if (!decider.uses.includes(kind))
        throw new Error(`${decider.commands.aggregate}: declare the definition kind ${kind} in uses`);
      return definitionAt(kind, version ?? instant);
    },
    idOf: (index) => idOf(before + index),
  });
  const facts: NewEvent<E>[] = [];
  let state = start;
  for (let due = decider.due(state); due !== undefined && due <= now; due = decider.due(state)) {
    const context = at(due, facts.length);
    const elapsed = decider.elapse(state, context).map((fact) => ({ ...fact, occurredAt: due! }));
    if (elapsed.length === 0)
      throw new Error(`${decider.commands.aggregate}: elapse returned no event at the due instant ${due}`);
    facts.push(...elapsed);
    for (const [index, fact] of elapsed.entries())
      state = decider.evolve(state, { ...fact, id: context.idOf(index) } as NewEvent<E> & DatedEvent<E>);
  }
  const decided = decider.decide(state, command, at(now, facts.length));
  return decided instanceof Refused ? decided : [...facts, ...decided];
};
