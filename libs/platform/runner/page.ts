import {
  isSealed,
  UnknownType,
  type Journal,
  type Page,
  type Projection,
  type StoredEvent,
  type Sealed,
  type RawEvent,
} from '@baton/kernel';
import { hashOf, type EventHash } from './digest';

/** A page of the log that several followers share: each event is decoded at most once. */
export class DecodedPage {
  readonly events: readonly RawEvent[];
  readonly position: string;
  readonly atTip: boolean;
  private readonly decoded: (StoredEvent | Error | undefined)[];
  private readonly hashes: (EventHash | undefined)[];

  constructor(
    page: Page,
    private readonly journal: Journal,
  ) {
    this.events = page.events;
    this.position = page.position;
    this.atTip = page.atTip;
    this.decoded = new Array<StoredEvent | Error | undefined>(page.events.length);
    this.hashes = new Array<EventHash | undefined>(page.events.length);
  }

  /** The hash of an event's content, computed once for all followers. */
  hashAt(index: number): EventHash {
    return (this.hashes[index] ??= hashOf(this.events[index]!));
  }

  /** The event with its data upcast and validated, or the error if it cannot be read. */
  decodedAt(index: number): StoredEvent | Error {
    let event = this.decoded[index];
    if (event === undefined) {
      try {
        event = this.journal.decode(this.events[index]!);
      } catch (error) {
        event = error as Error;
      }
      this.decoded[index] = event;
    }
    return event;
  }

  /**
   * The events as a projection folds them: sealed fields that it searches get their search tokens. A field that cannot
   * be opened gives an error in place of the event, except if its key does not exist (the person was erased, or the
   * keys are lost): then the event is folded without tokens.
   * @throws errors of the key store
   */
  async viewFor({
    search,
    types,
  }: Pick<Projection, 'search' | 'types'>): Promise<(index: number) => StoredEvent | Error> {
    const fields = Object.keys(search);
    if (fields.length === 0) return (index) => this.decodedAt(index);
    const found: { index: number; field: string; sealed: Sealed }[] = [];
    const wanted = types && new Set(types);
    for (let index = 0; index < this.events.length; index++) {
      if (wanted && !wanted.has(this.events[index]!.type)) continue;
      const event = this.decodedAt(index);
      if (event instanceof Error) continue;
      for (const field of fields) {
        const value = (event.data as Record<string, unknown>)[field];
        if (isSealed(value)) found.push({ index, field, sealed: value });
      }
    }
    const values = await this.journal.open(found.map(({ sealed }) => sealed));
    const view = new Map<number, StoredEvent | Error>();
    for (const field of fields) {
      const terms = found.flatMap((one, n) =>
        one.field === field && typeof values[n] === 'string' ? [{ n, terms: search[field]!(values[n]) }] : [],
      );
      const tokens = await this.tokensOf(
        field,
        terms.flatMap((one) => one.terms),
      );
      for (const { n, terms: own } of terms) {
        const { index, sealed } = found[n]!;
        const event = (view.get(index) ?? this.decodedAt(index)) as StoredEvent;
        const value = { ...sealed, tokens: own.map((term) => tokens.get(term)!) };
        view.set(index, { ...event, data: { ...event.data, [field]: value } });
      }
    }
    found.forEach(({ index }, n) => {
      const value = values[n];
      if (value instanceof UnknownType && value.code !== 'event/no-key') view.set(index, value);
    });
    return (index) => view.get(index) ?? this.decodedAt(index);
  }

  private async tokensOf(field: string, terms: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const wanted = [...new Set(terms)];
    if (wanted.length === 0) return new Map();
    const made = await this.journal.tokens(field, wanted);
    return new Map(wanted.map((term, n) => [term, made[n]![0]!]));
  }
}
