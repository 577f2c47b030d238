import { rowIdOf, type AnyEvent, type EventMeta, type Instant, type Projection, type StoredEvent } from '..';

let counter = 0;

/**
 * An event as the log would return it; each call returns one with a later position. Tests give only the fields that
 * they need.
 */
export const recorded = <E extends AnyEvent>(
  event: E,
  { occurredAt = '2024-01-01T00:00:00.000Z', meta, ...rest }: EventOverrides = {},
): StoredEvent<E> => {
  const place = counter++;
  return {
    ...event,
    id: `event-${place}`,
    occurredAt,
    position: String(place).padStart(12, '0'),
    stream: 'any-1',
    revision: place,
    recordedAt: occurredAt,
    meta: {
      actor: 'tester',
      origin: 'person',
      occurredAt,
      commandId: `command-${place}`,
      commandHash: '',
      schema: 1,
      mode: 'live',
      $correlationId: `command-${place}`,
      $causationId: `command-${place}`,
      ...meta,
    },
    ...rest,
  };
};
type EventOverrides = Partial<Omit<StoredEvent, 'type' | 'data' | 'meta' | 'occurredAt'>> & {
  readonly occurredAt?: Instant;
  readonly meta?: Partial<EventMeta>;
};

/**
 * The documents, or the rows of a history, that a projection folds from events, by id; other event types are skipped, and
 * so is what changes nothing.
 * @throws Error for an index or a fold of the log: use `replay`
 */
export const foldAll = <D>(projection: Projection<D>, events: readonly StoredEvent[]): Map<string, D> => {
  if (projection.listSizes || projection.ofLog) throw new Error(`${projection.name} has rows: fold it by replay.`);
  const documents = new Map<string, D>();
  const states = new Map<string, object>();
  for (const event of events) {
    if (projection.types && !projection.types.includes(event.type)) continue;
    for (const key of projection.history ? projection.keys(event) : []) {
      const { initial, step } = projection.history!;
      const { state, put = [], drop = [] } = step(states.get(key) ?? initial(key), event, key);
      states.set(key, state);
      for (const { id, row } of put) documents.set(rowIdOf(key, id), row as D);
      for (const id of drop) documents.delete(rowIdOf(key, id));
    }
    for (const key of projection.history ? [] : projection.keys(event)) {
      const before = documents.get(key) ?? projection.initial(key);
      const after = projection.fold(before, event, key);
      if (after !== before) documents.set(key, after);
    }
  }
  return documents;
};

/** The filter for the rows behind a report row, by the key of that row. */
export const rowFilterFor = <K extends string>(key: K | null | undefined): K | { readonly none: true } | undefined =>
  key === null ? { none: true } : key;
