import { Inject, type Type } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DecisionContext, handle, Journal, type Aggregate, type Outcome, type To } from '@baton/kernel';
import { CommandWatch } from './telemetry';

type Handler = ICommandHandler<To, Outcome>;

/** The handler of an aggregate without its own one: runs its decider. */
const defaultHandlerOf = ({ decider }: Aggregate): Type<Handler> => {
  class DefaultHandler implements Handler {
    @Inject(Journal) private readonly journal!: Journal;
    @Inject(DecisionContext) private readonly context!: DecisionContext;
    execute({ id, command }: To): Promise<Outcome> {
      return handle(this.journal, decider, id, command, this.context);
    }
  }
  return DefaultHandler;
};

const handlerOf = (aggregate: Aggregate): Type<Handler> => {
  const { to, handler } = aggregate;
  @CommandHandler(to)
  class WatchedHandler extends ((handler as Type<Handler> | undefined) ?? defaultHandlerOf(aggregate)) {
    @Inject(CommandWatch) private readonly watch!: CommandWatch;
    override execute(command: To): Promise<Outcome> {
      return this.watch.watch(command, () => super.execute(command));
    }
  }
  Object.defineProperty(WatchedHandler, 'name', { value: `${to.name.slice(2)}Handler` });
  return WatchedHandler;
};

/**
 * Creates a handler for each aggregate, from its own one if it has one. Each command is counted, traced and logged.
 * @throws Error if an aggregate is listed twice: Nest would only warn and use the last one
 */
export const commandHandlers = (aggregates: readonly Aggregate[]): Type<object>[] => {
  const repeated = aggregates.find(({ to }, index) => aggregates.findIndex((one) => one.to === to) !== index);
  if (repeated) throw new Error(`${repeated.to.name} is registered twice: list its aggregate in one module only`);
  return aggregates.map(handlerOf);
};
