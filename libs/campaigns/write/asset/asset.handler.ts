import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DecisionContext, handle, Journal } from '@baton/kernel';
import { assetDecider } from './asset.decider';
import { ToAsset } from './asset.events';

@CommandHandler(ToAsset)
export class AssetHandler implements ICommandHandler<ToAsset> {
  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
  ) {}
  execute({ id, command }: ToAsset) {
    return handle(this.journal, assetDecider, id, command, this.context);
  }
}
