import type { AnyCommand, Commands, To, ToAggregate } from './command';
import type { Outcome } from './handle';
import type { Decider } from './decider';
import type { AnyEvent } from './event';
import type { Projection } from './projection';

/**
 * An aggregate type as the platform sees it. The command handler, the GraphQL mutations, the commands an import may
 * send, the events and the clock are derived from it.
 */
export interface Aggregate {
  /** The class of its commands on the CommandBus, such as `ToLead`. */
  readonly to: ToAggregate;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly decider: Decider<any, any, any>;
  /** The commands that callers and imports can send. */
  readonly commands: Commands;
  /** A handler of its own, for commands that need more than a decision on one stream. */
  readonly handler: MakeCommandRunner | undefined;
  /**
   * The read model whose `dueAt` column holds the next instant at which time alone changes the aggregate; the clock
   * then sends `AdvanceClock`. If an import can create such streams, the read model also has the column of `withMode`.
   */
  readonly due: Projection | undefined;
}

/** Runs the commands of an aggregate. */
export interface CommandRunner<T = To> {
  execute(to: T): Promise<Outcome>;
}
/** A service by its class. */
export type GetService = <S>(service: abstract new (...services: never[]) => S) => S;
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type MakeCommandRunner = (get: GetService) => CommandRunner<any>;

interface AggregateOptions<C extends AnyCommand> {
  readonly handler?: Aggregate['handler'];
  readonly due?: 'AdvanceClock' extends C['type'] ? Projection : never;
}

/** Registers an aggregate. */
export const aggregate = <S, C extends AnyCommand, E extends AnyEvent>(
  to: new (id: string, command: C) => To<C>,
  decider: Decider<S, C, E>,
  { handler, due }: AggregateOptions<C> = {},
): Aggregate => ({ to, decider, commands: decider.commands, handler, due });

/**
 * Registers an aggregate whose handler adds data to a command before it is decided: `commands` are those that callers
 * send, `decider` decides the extended ones.
 */
export const aggregateWithHandler = <S, D extends AnyCommand, E extends AnyEvent>(
  to: ToAggregate,
  commands: Commands,
  decider: Decider<S, D, E>,
  handler: NonNullable<Aggregate['handler']>,
): Aggregate => ({ to, decider, commands, handler, due: undefined });
