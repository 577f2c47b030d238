import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DecisionContext, Journal, handle } from '@baton/kernel';
import { opportunityDecider } from './opportunity.decider';
import { ToOpportunity } from './opportunity.events';

@CommandHandler(ToOpportunity)
export class OpportunityHandler implements ICommandHandler<ToOpportunity> {
  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
  ) {}
  execute({ id, command }: ToOpportunity) {
    return handle(this.journal, opportunityDecider, id, command, this.context);
  }
}
