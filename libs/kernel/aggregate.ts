import type { AnyCommand, Commands, To, ToAggregate } from './command';
import type { Decider } from './decider';
import type { AnyEvent } from './event';
import type { Projection } from './projection';

/**
 * One kind of thing that commands are sent to. Its handler, its mutations, what an import may send to it, its events and
 * its clock follow from this.
 */
export interface Aggregate {
  /** What the CommandBus carries, `ToLead`. */
  readonly to: ToAggregate;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly decider: Decider<any, any, any>;
  /** What callers and imports send. */
  readonly commands: Commands;
  /** The command handler, where a command takes more than to decide on one stream. */
  readonly handler: (abstract new (...services: never[]) => object) | undefined;
  /**
   * The read model whose `dueAt` column says when time alone changes one of them: the clock sends it `AdvanceClock` then.
   * Where a history can bring such streams, it also has the column of `withMode`.
   */
  readonly due: Projection | undefined;
}

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

/** Registers an aggregate whose handler adds to what is asked before it is decided: `commands` are what is asked. */
export const aggregateWithHandler = <S, D extends AnyCommand, E extends AnyEvent>(
  to: ToAggregate,
  commands: Commands,
  decider: Decider<S, D, E>,
  handler: NonNullable<Aggregate['handler']>,
): Aggregate => ({ to, decider, commands, handler, due: undefined });
