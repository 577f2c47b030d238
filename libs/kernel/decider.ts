import type { AnyCommand, Commands } from './command';
import { Refused } from './errors';
import type { AnyEvent, Events, DatedEvent } from './event';
import type { Json } from './schema';
import type { Instant } from './time';

/** A version of a definition that was in force at some instant. */
export interface Definition<B = Json> {
  readonly kind: string;
  readonly version: number;
  /** `mql@3`, or `external:<source>` for a past decision of another system. */
  readonly ref: string;
  readonly body: B;
}

/**
 * What a decision may know besides the state: the time, and the definitions in force at that time.
 * @template D the body of each kind of definition: of a kind that is not among them nothing compiles
 */
export interface Context<D = unknown> {
  readonly now: Instant;
  /** The version in force now; or, by its number, the very version under which something began. */
  readonly definition: <K extends keyof D & string>(kind: K, version?: number) => Definition<D[K]> | undefined;
  readonly mode: 'live' | 'backfill';
  /** The id that the nth event of this decision (from 0) will have, so that one event can name another. */
  readonly idOf: (index: number) => string;
}

/** An event that a decider wants recorded; without `occurredAt` it happened `now`. */
export type NewEvent<E extends AnyEvent> = E & { readonly occurredAt?: Instant };

// Whoever runs a decider has definitions of all kinds.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyContext = Context<any>;

export interface Decider<S, C extends AnyCommand, E extends AnyEvent> {
  readonly commands: Commands;
  readonly events: Events;
  /** Kinds of definitions that this aggregate's decisions look at. */
  readonly uses: readonly string[];
  readonly initialState: () => S;
  readonly decide: (state: S, command: C, context: AnyContext) => readonly NewEvent<E>[] | Refused;
  readonly evolve: (state: S, event: DatedEvent<E>) => S;
  /** The earliest instant at which time alone changes this state. */
  readonly due: (state: S) => Instant | undefined;
  /** What time alone causes at that instant (`context.now`). */
  readonly elapse: (state: S, context: AnyContext) => readonly NewEvent<E>[];
}

/** A decider of which only the events matter. */
export interface AnyDecider<E extends AnyEvent = AnyEvent> {
  readonly commands: Commands;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly evolve: (state: any, event: DatedEvent<E>) => unknown;
}

/** @returns the stream of an aggregate, `lead-<id>` */
export const streamOf = ({ commands }: Pick<AnyDecider, 'commands'>, id: string): string =>
  `${commands.aggregate}-${id}`;

/**
 * Declares an aggregate. `decide` and `evolve` are maps keyed by type, so that a missing case does not compile; an
 * unknown stored type throws.
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

/** The version of a kind in force at an instant, or by its number. */
export type DefinitionLookup = (kind: string, at: Instant | number) => Definition | undefined;

/** When a command is decided, under which definitions, and the ids of the events that it causes. */
export interface DecisionInputs {
  readonly now: Instant;
  readonly mode: 'live' | 'backfill';
  readonly definitionAt: DefinitionLookup;
  /** The id of the command's nth event, from 0. */
  readonly idOf: (index: number) => string;
}

/**
 * What a command causes, after what time alone has caused: whatever fell due by `now` is decided first, each at its own
 * instant.
 * @throws Error where a decider asks for a kind of definition that it does not declare in `uses`
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
      // One that was not declared is not read either, and would be taken for a kind that nobody agreed on.
      if (!decider.uses.includes(kind))
        throw new Error(`${decider.commands.aggregate}: declare the kind ${kind} in uses`);
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
      throw new Error(`${decider.commands.aggregate}: nothing passes at the due instant ${due}`);
    facts.push(...elapsed);
    for (const [index, fact] of elapsed.entries())
      state = decider.evolve(state, { ...fact, id: context.idOf(index) } as NewEvent<E> & DatedEvent<E>);
  }
  const decided = decider.decide(state, command, at(now, facts.length));
  return decided instanceof Refused ? decided : [...facts, ...decided];
};
