import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DecisionContext, handle, Journal } from '@baton/kernel';
import { journeyDecider } from './journey.decider';
import { ToJourney } from './journey.events';

@CommandHandler(ToJourney)
export class JourneyHandler implements ICommandHandler<ToJourney> {
  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
  ) {}
  execute({ id, command }: ToJourney) {
    return handle(this.journal, journeyDecider, id, command, this.context);
  }
}
