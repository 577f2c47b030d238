import { projectionOfAll, type EventMeta, type EventSchema, type Instant, type Recorded } from '@baton/kernel';

/** An event as the case file of one subject keeps it. */
export interface CaseEntry {
  /** Whom it concerns, named as a stream: `lead-ada`, `opportunity-42`. */
  readonly subject: string;
  readonly position: string;
  readonly occurredAt: Instant;
  readonly recordedAt: Instant;
  readonly type: string;
  readonly eventId: string;
  readonly stream: string;
  readonly revision: number;
  /** As the log keeps it: personal fields stay sealed. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly meta: EventMeta;
}

/** The stream of what a field refers to; of a definition it is that of its kind: `mql@3` → `definition-mql`. */
const subjectOf = (kind: string, id: string): string =>
  `${kind}-${kind === 'definition' ? id.replace(/@\d+$/, '') : id}`;

/** Everybody whom an event concerns: its own stream, and what its schema says that it refers to. */
export const subjectsOf = (catalogue: ReadonlyMap<string, EventSchema>, { type, stream, data }: Recorded): string[] => {
  const subjects = new Set([stream]);
  for (const { field, kind } of catalogue.get(type)?.refs ?? [])
    for (const id of [(data as Record<string, unknown>)[field]].flat())
      if (typeof id === 'string') subjects.add(subjectOf(kind, id));
  return [...subjects];
};

/**
 * One document per subject and event. A new context needs no code here: its event schemas say whom its events concern.
 * @param catalogue of all contexts
 */
export const caseFile = (catalogue: ReadonlyMap<string, EventSchema>) =>
  projectionOfAll<CaseEntry>({
    name: 'case-file',
    version: 2,
    columns: { subject: 'text', position: 'text', occurredAt: 'text', type: 'text' },
    keys: (event) => subjectsOf(catalogue, event).map((subject) => `${subject}/${event.position}`),
    // The fold replaces it whole: no two events share a document.
    initial: () => ({}) as CaseEntry,
    on: (_, { id, type, stream, revision, position, occurredAt, recordedAt, data, meta }, key) => ({
      subject: key.slice(0, -position.length - 1),
      position,
      occurredAt,
      recordedAt,
      type,
      eventId: id,
      stream,
      revision,
      data,
      meta,
    }),
  });

/** To read the case file with: queries need no catalogue. */
export const caseEntries = caseFile(new Map());
