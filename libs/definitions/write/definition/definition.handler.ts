import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DecisionContext, handle, Journal } from '@baton/kernel';
import { definition } from './definition.decider';
import { ToDefinition } from './definition.events';

@CommandHandler(ToDefinition)
export class DefinitionHandler implements ICommandHandler<ToDefinition> {
  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
  ) {}
  execute({ id, command }: ToDefinition) {
    return handle(this.journal, definition, id, command, this.context);
  }
}
