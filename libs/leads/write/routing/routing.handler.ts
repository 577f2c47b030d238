import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DecisionContext, handle, Journal } from '@baton/kernel';
import { routingDecider } from './routing.decider';
import { ToRouting } from './routing.events';

@CommandHandler(ToRouting)
export class RoutingHandler implements ICommandHandler<ToRouting> {
  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
  ) {}
  execute({ id, command }: ToRouting) {
    return handle(this.journal, routingDecider, id, command, this.context);
  }
}
