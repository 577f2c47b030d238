import { Accepted, DecisionContext, handle, Journal, type Outcome, type CommandRunner } from '@baton/kernel';
import { definitionDecider } from './definition.decider';
import { ToDefinition } from './definition.events';
import { LogDefinitions } from './log-definitions';

export class DefinitionHandler implements CommandRunner<ToDefinition> {
  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
    private readonly definitions: LogDefinitions,
  ) {}

  async execute({ id, command }: ToDefinition): Promise<Outcome> {
    const outcome = await handle(this.journal, definitionDecider, id, command, this.context);
    if (outcome instanceof Accepted) this.definitions.noteOwnWrite(id, outcome.revision);
    return outcome;
  }
}
