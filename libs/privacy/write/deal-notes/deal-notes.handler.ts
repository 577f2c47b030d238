import { DecisionContext, handle, Journal, keyNameOf, KeyStore, type CommandRunner, type Outcome } from '@baton/kernel';
import { dealNotesDecider } from './deal-notes.decider';
import { ToDealNotes } from './deal-notes.events';

/** Destroys the key before that is recorded; both can be repeated. */
export class DealNotesHandler implements CommandRunner<ToDealNotes> {
  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
    private readonly keys: KeyStore,
  ) {}

  async execute({ id, command }: ToDealNotes): Promise<Outcome> {
    await this.keys.destroy(keyNameOf('opportunity', id));
    return handle(this.journal, dealNotesDecider, id, command, this.context);
  }
}
