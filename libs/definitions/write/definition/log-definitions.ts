import { DefinitionSource, type Definition, type Happened, type Instant, type Journal } from '@baton/kernel';
import { definition, type DefinitionState } from './definition.decider';
import type { DefinitionEvent } from './definition.events';
import { inForceAt } from './versions.rules';

interface Known {
  state: DefinitionState;
  revision: number;
  /** The read that is under way, and the one that waits for its turn. */
  running: Promise<void>;
  next: Promise<void> | undefined;
}

/**
 * Definitions as their own streams tell them. Each question reads on from where the last one stopped, up to the tip;
 * questions that come in while a read is under way share the next one.
 */
export class LogDefinitions extends DefinitionSource {
  private readonly kinds = new Map<string, Known>();

  constructor(private readonly journal: Journal) {
    super();
  }

  async at(kinds: readonly string[]): Promise<(kind: string, at: Instant | number) => Definition | undefined> {
    const states = new Map<string, DefinitionState>();
    await Promise.all(kinds.map(async (kind) => void states.set(kind, await this.stateOf(kind))));
    return (kind, at) => {
      const versions = states.get(kind)?.versions ?? [];
      const version = typeof at === 'number' ? versions.find(({ number }) => number === at) : inForceAt(versions, at);
      return version && { kind, version: version.number, ref: `${kind}@${version.number}`, body: version.body };
    };
  }

  private async stateOf(kind: string): Promise<DefinitionState> {
    const known: Known = this.kinds.get(kind) ?? {
      state: definition.initialState(),
      revision: -1,
      running: Promise.resolve(),
      next: undefined,
    };
    this.kinds.set(kind, known);
    // A read that began before this question may miss what was agreed in between: only a later one answers it.
    known.next ??= known.running.then(() => {
      known.next = undefined;
      const reading = this.readOn(kind, known);
      known.running = reading.catch(() => undefined);
      return reading;
    });
    await known.next;
    return known.state;
  }

  private async readOn(kind: string, known: Known): Promise<void> {
    for (const event of await this.journal.read(`definition-${kind}`, known.revision + 1)) {
      known.state = definition.evolve(known.state, event as unknown as Happened<DefinitionEvent>);
      known.revision = event.revision;
    }
  }
}
