import { projection, type Instant } from '@baton/kernel';
import type { ImportEvent } from './import.events';

/** The latest run of a mapping. */
export interface ImportDocument {
  /** The name of the mapping. */
  readonly importId: string;
  readonly run: number;
  readonly startedAt: Instant;
  /** Null while the run is in progress, or was stopped and can be continued. */
  readonly finishedAt: Instant | null;
  /** The results of the run; null until it has finished. */
  readonly rows: number | null;
  readonly accepted: number | null;
  readonly repeated: number | null;
  readonly rejected: number | null;
  readonly events: number | null;
}

const noResult = { finishedAt: null, rows: null, accepted: null, repeated: null, rejected: null, events: null };

export const imports = projection<ImportDocument, ImportEvent>({
  name: 'imports',
  version: 1,
  columns: { importId: 'text', finishedAt: 'text' },
  keys: ({ data }) => [data.importId],
  initial: (importId) => ({ importId, run: 0, startedAt: '', ...noResult }),
  on: {
    ImportStarted: (doc, { data: { run }, occurredAt }) => ({ ...doc, ...noResult, run, startedAt: occurredAt }),
    ImportFinished: (doc, { data: { importId: _, ...result }, occurredAt }) => ({
      ...doc,
      ...result,
      finishedAt: occurredAt,
    }),
  },
});

/** The filter for imports in progress, including stopped ones. */
export const openImports = { finishedAt: { eq: null } } as const;
