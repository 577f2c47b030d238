import {
  checkCommand,
  DecisionContext,
  handle,
  Journal,
  keyNameOf,
  KeyStore,
  refuse,
  type CommandRunner,
  type Instant,
  type Outcome,
  type Refused,
  type StoredEvent,
} from '@baton/kernel';
import { entriesOf, entryAt } from './entries.model';
import { personDecider } from './person.decider';
import { personCommands, ToPerson, type PersonEvent } from './person.events';

/** Runs the commands about our own people: the managers of each form no cycle. */
export class PersonHandler implements CommandRunner<ToPerson> {
  /** Commands that set managers run one after the other, so that two cannot make a cycle together. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
    private readonly keys: KeyStore,
  ) {}

  async execute({ id, command }: ToPerson): Promise<Outcome> {
    const invalid = checkCommand(personCommands, command, this.context.clock);
    if (invalid) return invalid;
    const decide = () => handle(this.journal, personDecider, id, command, this.context);
    if (command.type === 'EraseDirectoryEntry') {
      // Before the event, which says that it is done; a repetition destroys nothing more.
      if ((await this.journal.read(`person-${id}`)).length > 0) await this.keys.destroy(keyNameOf('person', id));
      return decide();
    }
    const { manager } = command.data;
    if (manager === undefined) return decide();
    const at = command.meta.occurredAt ?? this.context.clock.now();
    const next = this.turn.then(async () => (await this.cycleRefusal(id, manager, at)) ?? decide());
    this.turn = next.catch(() => undefined);
    return next;
  }

  private async cycleRefusal(personId: string, manager: string, at: Instant): Promise<Refused | undefined> {
    const chain = [personId];
    for (let above: string | undefined = manager; above !== undefined;) {
      const isCycle: boolean = above === personId;
      if (isCycle || chain.includes(above))
        return isCycle
          ? refuse(
              'directory/manager-cycle',
              `${[...chain, above].join(' reports to ')}: nobody can report to themselves. Change one of these entries.`,
              'manager',
              { chain: [...chain, above] },
            )
          : undefined;
      chain.push(above);
      const history = (await this.journal.read(`person-${above}`)) as readonly StoredEvent<PersonEvent>[];
      above = entryAt(entriesOf(history), at)?.manager;
    }
    return undefined;
  }
}
