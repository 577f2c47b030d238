import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DecisionContext, handle, Journal, KeyStore, refuse, type Outcome } from '@baton/kernel';
import { claimAndHandle, isCaptured } from '../identity/identity';
import { lead } from './lead.decider';
import { ToLead } from './lead.events';

@CommandHandler(ToLead)
export class LeadHandler implements ICommandHandler<ToLead> {
  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
    private readonly keys: KeyStore,
  ) {}

  async execute({ id, command }: ToLead): Promise<Outcome> {
    if (command.type === 'CaptureLead' || command.type === 'ChangeLeadProfile')
      return claimAndHandle(this.journal, this.keys, this.context, id, command);
    // A merge with nobody would never be followed; whether that lead is merged already, its own stream decides.
    if (command.type === 'MergeLead' && !(await isCaptured(this.journal, command.data.mergedLeadId)))
      return refuse('lead/unknown', 'The other lead was never captured.', 'mergedLeadId');
    return handle(this.journal, lead, id, command, this.context);
  }
}
