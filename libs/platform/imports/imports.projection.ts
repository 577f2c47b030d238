import { projection, type Instant } from '@baton/kernel';
import type { ImportEvent } from './import.events';

/** The latest run of a mapping. */
export interface ImportDocument {
  /** The name of the mapping. */
  readonly importId: string;
  readonly run: number;
  readonly startedAt: Instant;
  /** Null: it is running, or was stopped and waits to be started again. */
  readonly finishedAt: Instant | null;
  /** Of the finished run; null before. */
  readonly rows: number | null;
  readonly accepted: number | null;
  readonly repeated: number | null;
  readonly rejected: number | null;
  readonly events: number | null;
}

const nothingYet = { finishedAt: null, rows: null, accepted: null, repeated: null, rejected: null, events: null };

export const imports = projection<ImportDocument, ImportEvent>({
  name: 'imports',
  version: 1,
  columns: { importId: 'text', finishedAt: 'text' },
  keys: ({ data }) => [data.importId],
  initial: (importId) => ({ importId, run: 0, startedAt: '', ...nothingYet }),
  on: {
    ImportStarted: (doc, { data: { run }, occurredAt }) => ({ ...doc, ...nothingYet, run, startedAt: occurredAt }),
    ImportFinished: (doc, { data: { importId: _, ...result }, occurredAt }) => ({
      ...doc,
      ...result,
      finishedAt: occurredAt,
    }),
  },
});

/** Runs that are running, or were stopped and wait to be started again. */
export const openImports = { finishedAt: { eq: null } } as const;
