import { Injectable } from '@nestjs/common';
import type { ICommandHandler } from '@nestjs/cqrs';
import { checkCommand, DecisionContext, handle, Journal, refuse, type Outcome } from '@baton/kernel';
import { isCaptured } from '@baton/leads';
import { supportRequestDecider } from './support-request.decider';
import { supportRequestCommands, ToSupport } from './support-request.events';

@Injectable()
export class SupportRequestHandler implements ICommandHandler<ToSupport> {
  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
  ) {}

  async execute({ id, command }: ToSupport): Promise<Outcome> {
    const invalid = checkCommand(supportRequestCommands, command, this.context.clock);
    if (invalid) return invalid;
    // Deals are never forgotten, so a deal that was there is there for the decision.
    if (command.type === 'RequestSupport') {
      const { opportunityId, leadId } = command.data;
      if ((await this.journal.read(`opportunity-${opportunityId}`)).length === 0)
        return refuse('opportunity/unknown', 'Open the deal first.', 'opportunityId');
      // A person's key is never made for somebody who was not captured.
      if (!(await isCaptured(this.journal, leadId)))
        return refuse('lead/unknown', 'The lead was never captured.', 'leadId');
    }
    return handle(this.journal, supportRequestDecider, id, command, this.context);
  }
}
