import type { Type } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DecisionContext, handle, Journal, type Aggregate, type Outcome, type To } from '@baton/kernel';

/** The handler of an aggregate: its own one where it has one, else one that decides. */
const handlerOf = ({ to, decider, handler }: Aggregate): Type<object> => {
  if (handler) return handler as Type<object>;
  @CommandHandler(to)
  class Handler implements ICommandHandler<To> {
    constructor(
      private readonly journal: Journal,
      private readonly context: DecisionContext,
    ) {}
    execute({ id, command }: To): Promise<Outcome> {
      return handle(this.journal, decider, id, command, this.context);
    }
  }
  Object.defineProperty(Handler, 'name', { value: `${to.name.slice(2)}Handler` });
  return Handler;
};

/** One handler for each aggregate. */
export const commandHandlers = (aggregates: readonly Aggregate[]): Type<object>[] => aggregates.map(handlerOf);
