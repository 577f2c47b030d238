import { codeOf, type Commit, type Documents, type ParkedSequence, type RawEvent } from '@baton/kernel';

/** Where a follower saves its parked sequences. */
export interface ParkedSequenceStores {
  readonly documents: Documents;
  /** Called once for each newly parked sequence, after it is saved. */
  readonly onParked?: ((parked: ParkedSequence) => void) | undefined;
}

/** The parked sequences of one follower by name, and which of them are not saved yet. */
export class ParkedSequences extends Map<string, ParkedSequence> {
  private stored: ReadonlyMap<string, ParkedSequence> = new Map();

  constructor(private readonly follower: string) {
    super();
  }

  async load(documents: Documents): Promise<void> {
    for (const parked of await documents.parked(this.follower)) this.set(parked.sequence, parked);
    this.stored = new Map(this);
  }

  /** @param failed becomes the message, because the text of the error may contain personal data */
  park(
    sequence: string,
    { position, id: eventId, type }: Pick<RawEvent, 'position' | 'id' | 'type'>,
    error: unknown,
    failed: 'folded' | 'reacted to',
  ): void {
    const message = `${type} could not be ${failed}.`;
    this.set(sequence, { follower: this.follower, sequence, position, eventId, code: codeOf(error), message });
  }

  /** Saves the changes in one commit with the follower's documents and checkpoint. */
  async commit(
    { documents, onParked }: ParkedSequenceStores,
    progress: Pick<Commit, 'writes' | 'checkpoint' | 'fence' | 'forgets'>,
  ): Promise<void> {
    const parked = [...this.values()].filter((one) => this.stored.get(one.sequence) !== one);
    const unparked = [...this.stored.keys()].filter((sequence) => !this.has(sequence));
    await documents.commit({ ...progress, follower: this.follower, parked, unparked });
    for (const one of parked) onParked?.(one);
    this.stored = new Map(this);
  }
}
