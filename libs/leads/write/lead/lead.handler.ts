import { DecisionContext, handle, Journal, KeyStore, Refused, type Outcome, type CommandRunner } from '@baton/kernel';
import { claimAndHandle } from '../identity/identity';
import { mergeAndHandle } from '../merges/merging';
import { leadDecider } from './lead.decider';
import { ToLead, type LeadCommand } from './lead.events';
import { moves } from './moves.rules';

export class LeadHandler implements CommandRunner<ToLead> {
  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
    private readonly keys: KeyStore,
  ) {}

  /** Decisions of people about a merged lead are sent to its survivor. */
  async execute({ id, command }: ToLead): Promise<Outcome> {
    const visited = new Set<string>();
    for (let leadId = id, sent = command; ;) {
      visited.add(leadId);
      const outcome = await this.decide(leadId, sent);
      const survivorId = outcome instanceof Refused && outcome.code === 'lead/merged' && outcome.details['survivorId'];
      // A command with a revision was based on this lead, not on the survivor.
      const goesToSurvivor = sent.type in moves && sent.meta.expectedRevision === undefined;
      if (typeof survivorId !== 'string' || !goesToSurvivor || visited.has(survivorId)) return outcome;
      sent = { ...sent, data: { ...sent.data, leadId: survivorId } } as LeadCommand;
      leadId = survivorId;
    }
  }

  private decide(id: string, command: LeadCommand): Promise<Outcome> {
    if (command.type === 'CaptureLead' || command.type === 'UpdateLead')
      return claimAndHandle(this.journal, this.keys, this.context, id, command);
    if (command.type === 'MergeLead') return mergeAndHandle(this.journal, this.context, id, command);
    return handle(this.journal, leadDecider, id, command, this.context);
  }
}
