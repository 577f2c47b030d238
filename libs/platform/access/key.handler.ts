import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DecisionContext, handle, Journal, To } from '@baton/kernel';
import { keyDecider } from './key.decider';
import type { KeyCommand } from './key.events';

export class ToKey extends To<KeyCommand> {}

@CommandHandler(ToKey)
export class KeyHandler implements ICommandHandler<ToKey> {
  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
  ) {}
  execute({ id, command }: ToKey) {
    return handle(this.journal, keyDecider, id, command, this.context);
  }
}
