import {
  checkCommand,
  DecisionContext,
  handle,
  Journal,
  refuse,
  type Outcome,
  type CommandRunner,
} from '@baton/kernel';
import { isCaptured } from '@baton/leads';
import { supportRequestDecider } from './support-request.decider';
import { supportRequestCommands, ToSupport } from './support-request.events';

export class SupportRequestHandler implements CommandRunner<ToSupport> {
  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
  ) {}

  async execute({ id, command }: ToSupport): Promise<Outcome> {
    const invalid = checkCommand(supportRequestCommands, command, this.context.clock);
    if (invalid) return invalid;
    // Deals are never deleted, so a deal found here still exists when the command is decided.
    if (command.type === 'RequestSupport') {
      const { opportunityId, leadId } = command.data;
      if ((await this.journal.read(`opportunity-${opportunityId}`)).length === 0)
        return refuse('opportunity/unknown', 'There is no deal with this id; open it first.', 'opportunityId');
      // Encrypting `need` would create a key for a person who was never captured.
      if (!(await isCaptured(this.journal, leadId)))
        return refuse('lead/unknown', 'There is no lead with this id; capture it first.', 'leadId');
    }
    return handle(this.journal, supportRequestDecider, id, command, this.context);
  }
}
