import {
  checkCommand,
  DecisionContext,
  handle,
  Journal,
  refuse,
  type Outcome,
  type StoredEvent,
  type CommandRunner,
} from '@baton/kernel';
import { isCaptured } from '../identity/identity';
import type { LeadEvent } from '../lead/lead.events';
import { touchesOf } from '../lead/lead.model';
import { feedbackDecider } from './feedback.decider';
import { feedbackCommands, ToFeedback } from './feedback.events';

export class FeedbackHandler implements CommandRunner<ToFeedback> {
  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
  ) {}

  async execute({ id, command }: ToFeedback): Promise<Outcome> {
    if (command.type === 'GiveFeedback') {
      const invalid = checkCommand(feedbackCommands, command, this.context.clock);
      if (invalid) return invalid;
      const { leadId, touchId } = command.data;
      // Checked first, because encrypting the note would create a key for a person who was never captured.
      if (leadId !== undefined && !(await isCaptured(this.journal, leadId)))
        return refuse('lead/unknown', 'No lead has this leadId; name a captured lead.', 'leadId');
      if (leadId !== undefined && touchId !== undefined && !(await this.isTouch(leadId, touchId)))
        return refuse(
          'feedback/unknown-touch',
          'The lead has no touch with this touchId; use the id of the event that recorded the touch.',
          'touchId',
        );
    }
    return handle(this.journal, feedbackDecider, id, command, this.context);
  }

  private async isTouch(leadId: string, touchId: string): Promise<boolean> {
    const stream = (await this.journal.read(`lead-${leadId}`)) as readonly StoredEvent<LeadEvent>[];
    return stream.some((event) => touchesOf(event).some(({ id }) => id === touchId));
  }
}
