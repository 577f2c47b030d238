import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DecisionContext, handle, Journal } from '@baton/kernel';
import { mergesDecider } from './merges.decider';
import { ToMerges } from './merges.events';

@CommandHandler(ToMerges)
export class MergesHandler implements ICommandHandler<ToMerges> {
  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
  ) {}
  execute({ id, command }: ToMerges) {
    return handle(this.journal, mergesDecider, id, command, this.context);
  }
}
