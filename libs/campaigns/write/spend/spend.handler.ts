import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DecisionContext, handle, Journal } from '@baton/kernel';
import { spendDecider } from './spend.decider';
import { ToSpend } from './spend.events';

@CommandHandler(ToSpend)
export class SpendHandler implements ICommandHandler<ToSpend> {
  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
  ) {}
  execute({ id, command }: ToSpend) {
    return handle(this.journal, spendDecider, id, command, this.context);
  }
}
