import {
  checkCommand,
  DecisionContext,
  EventLog,
  handle,
  Journal,
  Refused,
  type Instant,
  type Outcome,
  type Position,
  type CommandRunner,
} from '@baton/kernel';
import { ReadModels } from '@baton/platform/documents';
import { HeavyWork } from '@baton/platform/heavy-work';
import { periodFigures, frozenHash } from '../../read/periods/periods.query';
import { periodDecider } from './period.decider';
import {
  freezeCommands,
  ToPeriod,
  type FreezeCommand,
  type FrozenFacts,
  type PeriodCommand,
  type PeriodEvent,
} from './period.events';

interface Question {
  readonly data: FreezeCommand['data'];
  readonly position: Position;
  readonly now: Instant;
}

export class PeriodHandler implements CommandRunner<ToPeriod> {
  private readonly freezable: (question: Question, caller: string) => Promise<FrozenFacts>;

  constructor(
    private readonly journal: Journal,
    private readonly context: DecisionContext,
    private readonly log: EventLog,
    models: ReadModels,
    work: HeavyWork,
  ) {
    this.freezable = work.register('freezable period', ({ data, position, now }) =>
      periodFigures(models, context.definitions, data, position, now),
    );
  }

  /** Computes the figures as of the end of the log, then decides. */
  async execute({ id, command }: ToPeriod): Promise<Outcome> {
    const invalid = checkCommand(freezeCommands, command, this.context.clock);
    if (invalid) return invalid;
    try {
      const frozen = await this.frozen(id);
      if (frozen) return await this.decide(id, command, repeatedOutcome(frozen, command.data));
      const [position, now] = [await this.log.tip(), this.context.clock.now()];
      const facts = await this.freezable({ data: command.data, position, now }, command.meta.actor);
      const outcome = await this.decide(id, command, facts);
      // The period was frozen meanwhile, perhaps by this very command: the earlier result stays.
      const first = outcome instanceof Refused ? await this.frozen(id) : undefined;
      return first ? await this.decide(id, command, repeatedOutcome(first, command.data)) : outcome;
    } catch (error) {
      if (error instanceof Refused) return error; // an unknown model, zone, window …
      throw error;
    }
  }

  private async frozen(id: string): Promise<PeriodEvent['data'] | undefined> {
    const [event] = (await this.journal.read(`period-${id}`)) as unknown as readonly PeriodEvent[];
    return event?.data;
  }

  private decide(id: string, { meta }: ToPeriod['command'], facts: FrozenFacts): Promise<Outcome> {
    const data = { ...facts, hash: frozenHash(facts) };
    return handle(this.journal, periodDecider, id, { type: 'FreezePeriod', data, meta } as PeriodCommand, this.context);
  }
}

/** A repeated query: open settings are those of the frozen period, because today's figures differ. */
const repeatedOutcome = (
  { hash: _, name: __, currency: ___, ...frozen }: PeriodEvent['data'],
  question: ToPeriod['command']['data'],
): FrozenFacts => ({ ...frozen, ...question });
