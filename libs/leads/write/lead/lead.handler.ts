import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DecisionContext, handle, Journal, KeyStore, type Outcome } from '@baton/kernel';
import { claimAndHandle } from '../identity/identity';
import { mergeAndHandle } from '../merges/merging';
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
    if (command.type === 'MergeLead') return mergeAndHandle(this.journal, this.context, id, command);
    return handle(this.journal, lead, id, command, this.context);
  }
}
