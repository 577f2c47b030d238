import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DecisionContext, handle, Journal, ToMessage } from '@baton/kernel';
import { messageDecider } from './message.decider';

@CommandHandler(ToMessage)
export class MessageHandler implements ICommandHandler<ToMessage> {
  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
  ) {}
  execute({ id, command }: ToMessage) {
    return handle(this.journal, messageDecider, id, command, this.context);
  }
}
