import {
  checkCommand,
  DecisionContext,
  handle,
  Journal,
  KeyStore,
  refuse,
  Refused,
  type CommandMeta,
  type CommandRunner,
  type Outcome,
} from '@baton/kernel';
import { isCaptured, releaseIdentities } from '@baton/leads';
import { holdRefusal, personDecider } from './person.decider';
import { leadsOfPerson, personOf } from './person.reader';
import { personCommands, ToPrivacy, type PersonCommand } from './person.events';

type EraseLead = Extract<PersonCommand, { type: 'EraseLead' }>;
type CompleteErasure = Extract<PersonCommand, { type: 'CompleteErasure' }>;

/** Commands that would begin the record of somebody who is not there. */
const needsLead: ReadonlySet<PersonCommand['type']> = new Set(['PlaceLegalHold', 'GiveConsent', 'WithdrawConsent']);
const unknownLead = () => refuse('lead/unknown', 'No lead has this leadId; name a captured lead.', 'leadId');

/**
 * Runs the commands about the rights of a person. An erasure is decided first (`ErasureRequested`), then carried out, then
 * recorded (`PersonErased`). What a crash leaves undone the policy `complete-erasures` does: every step can be repeated.
 */
export class PersonHandler implements CommandRunner<ToPrivacy> {
  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
    private readonly keys: KeyStore,
  ) {}

  async execute({ id, command }: ToPrivacy): Promise<Outcome> {
    const invalid = checkCommand(personCommands, command, this.context.clock);
    if (invalid) return invalid;
    if (command.type === 'EraseLead') return this.erase(command);
    if (command.type === 'CompleteErasure') return this.complete(command);
    if (needsLead.has(command.type) && !(await isCaptured(this.journal, id))) return unknownLead();
    return this.decide(command);
  }

  /** @returns the outcome on the lead itself, once the keys of all leads of the person are destroyed */
  private async erase(command: EraseLead): Promise<Outcome> {
    const { data, meta } = command;
    const person = await leadsOfPerson(this.journal, data.leadId);
    if (!person) return unknownLead();
    const others = person.leadIds.slice(1);
    for (const other of others) {
      const refusal = holdRefusal(await personOf(this.journal, other), other);
      if (refusal) return refusal;
    }
    const outcome = await this.decide(command);
    if (outcome instanceof Refused) return outcome;
    for (const leadId of others) {
      const requested = await this.decide({
        type: 'RequestErasure',
        data: { ...data, leadId },
        meta: partOf(meta, 'request'),
      });
      if (requested instanceof Refused) return requested;
    }
    for (const leadId of person.leadIds) {
      const completed = await this.complete({
        type: 'CompleteErasure',
        data: { leadId },
        meta: partOf(meta, 'complete'),
      });
      if (completed instanceof Refused) return completed;
    }
    return outcome;
  }

  /** Addresses are released first, because they cannot be read without the key. */
  private async complete(command: CompleteErasure): Promise<Outcome> {
    const { leadId } = command.data;
    if ((await personOf(this.journal, leadId)).erasure === 'requested') {
      const [{ journal, keys, context }, { meta }] = [this, command];
      if ((await keys.find([leadId])).get(leadId) !== null)
        await releaseIdentities(journal, keys, leadId, { meta, now: context.clock.now() });
      await keys.destroy(leadId);
    }
    return this.decide(command);
  }

  private decide(command: PersonCommand): Promise<Outcome> {
    return handle(this.journal, personDecider, command.data.leadId, command, this.context);
  }
}

/** Of the commands that an erasure consists of: their ids differ from the one that was sent. */
const partOf = ({ expectedRevision: _, ...meta }: CommandMeta, part: string): CommandMeta => ({
  ...meta,
  commandId: `${meta.commandId}:${part}`,
});
