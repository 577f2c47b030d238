import {
  checkCommand,
  DecisionContext,
  handle,
  Journal,
  refuse,
  type CommandRunner,
  type Outcome,
  type StoredEvent,
} from '@baton/kernel';
import { isCaptured } from '@baton/leads';
import type { OpportunityEvent } from '../opportunity/opportunity.events';
import { roleOf, rolesAfter } from '../opportunity/roles.rules';
import { noteDecider } from './note.decider';
import { noteCommands, ToNote } from './note.events';

export class NoteHandler implements CommandRunner<ToNote> {
  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
  ) {}

  async execute({ id, command }: ToNote): Promise<Outcome> {
    const invalid = checkCommand(noteCommands, command, this.context.clock);
    if (invalid) return invalid;
    const { leadId, opportunityId } = command.data;
    // Checked first, because encrypting the note would create a key for somebody who is not there.
    if (leadId !== undefined && !(await isCaptured(this.journal, leadId)))
      return refuse('lead/unknown', 'There is no lead with this id; capture it first.', 'leadId');
    if (opportunityId !== undefined) {
      const deal = (await this.journal.read(
        `opportunity-${opportunityId}`,
      )) as readonly StoredEvent<OpportunityEvent>[];
      if (deal.length === 0)
        return refuse('opportunity/unknown', 'There is no deal with this id; open it first.', 'opportunityId');
      if (leadId !== undefined && !roleOf(rolesAfter(deal), leadId))
        return refuse(
          'note/not-on-deal',
          'This person never had a role in the deal; name one who has, or leave leadId out.',
          'leadId',
        );
    }
    return handle(this.journal, noteDecider, id, command, this.context);
  }
}
