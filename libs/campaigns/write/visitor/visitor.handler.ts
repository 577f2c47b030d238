import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DecisionContext, handle, Journal } from '@baton/kernel';
import { visitorDecider } from './visitor.decider';
import { ToVisitor } from './visitor.events';

@CommandHandler(ToVisitor)
export class VisitorHandler implements ICommandHandler<ToVisitor> {
  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
  ) {}
  execute({ id, command }: ToVisitor) {
    return handle(this.journal, visitorDecider, id, command, this.context);
  }
}
