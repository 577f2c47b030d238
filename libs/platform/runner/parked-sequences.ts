import { codeOf, type Commit, type Documents, type ParkedSequence, type RawEvent } from '@baton/kernel';

/** What a follower saves through. */
export interface ParkedSequenceStores {
  readonly documents: Documents;
  /** Called for each sequence that begins to wait, once that is saved. */
  readonly onParked?: ((parked: ParkedSequence) => void) | undefined;
}

/** The sequences of one follower that wait for a decision, by name, and what of them is not saved yet. */
export class ParkedSequences extends Map<string, ParkedSequence> {
  private stored: ReadonlyMap<string, ParkedSequence> = new Map();

  constructor(private readonly follower: string) {
    super();
  }

  async load(documents: Documents): Promise<void> {
    for (const parked of await documents.parked(this.follower)) this.set(parked.sequence, parked);
    this.stored = new Map(this);
  }

  /** @param failed what could not be done with the event; the error's own text may hold personal data */
  park(
    sequence: string,
    { position, id: eventId, type }: Pick<RawEvent, 'position' | 'id' | 'type'>,
    error: unknown,
    failed: 'folded' | 'reacted to',
  ): void {
    const message = `${type} could not be ${failed}.`;
    this.set(sequence, { follower: this.follower, sequence, position, eventId, code: codeOf(error), message });
  }

  /** Saves them together with what else the follower saves. */
  async commit(
    { documents, onParked }: ParkedSequenceStores,
    progress: Pick<Commit, 'writes' | 'checkpoint' | 'fence'>,
  ): Promise<void> {
    const parked = [...this.values()].filter((one) => this.stored.get(one.sequence) !== one);
    const unparked = [...this.stored.keys()].filter((sequence) => !this.has(sequence));
    await documents.commit({ ...progress, follower: this.follower, parked, unparked });
    for (const one of parked) onParked?.(one);
    this.stored = new Map(this);
  }
}
