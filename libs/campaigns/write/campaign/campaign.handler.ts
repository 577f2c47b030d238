import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DecisionContext, handle, Journal } from '@baton/kernel';
import { campaignDecider } from './campaign.decider';
import { ToCampaign } from './campaign.events';

@CommandHandler(ToCampaign)
export class CampaignHandler implements ICommandHandler<ToCampaign> {
  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
  ) {}
  execute({ id, command }: ToCampaign) {
    return handle(this.journal, campaignDecider, id, command, this.context);
  }
}
