import { field, readModel, type DocumentOf } from '@baton/kernel';
import type { ImportEvent } from './import.events';

const counted = { nullable: true, filter: true, sort: true } as const;
const UNTIL = 'Null until the run has finished.';
const fields = {
  importId: field.id('The name of the mapping.', { filter: true, sort: true }),
  run: field.integer('The number of the run, from 1.', { filter: true, sort: true }),
  startedAt: field.instant('When the run started.', { filter: true, sort: true }),
  finishedAt: field.instant(
    'When all rows were processed. Null while the run is in progress, or was stopped and can be continued.',
    counted,
  ),
  rows: field.integer(`Number of rows in the file. ${UNTIL}`, counted),
  accepted: field.integer(`Number of rows that wrote events. ${UNTIL}`, counted),
  repeated: field.integer(`Number of rows without new events. ${UNTIL}`, counted),
  rejected: field.integer(`Number of refused rows. ${UNTIL}`, counted),
  events: field.integer(`Number of events written. ${UNTIL}`, counted),
} as const;
/** The latest run of a mapping. */
export type ImportDocument = DocumentOf<typeof fields>;

const nothingYet = { finishedAt: null, rows: null, accepted: null, repeated: null, rejected: null, events: null };

export const imports = readModel<ImportDocument, ImportEvent>({
  name: 'imports',
  version: 2,
  node: 'Import',
  description: 'An import mapping with its latest run.',
  key: 'importId',
  fields,
  lists: {
    imports: {
      description: 'The import mappings with the results of their latest runs.',
      orderBy: 'importId',
    },
  },
  allow: ['marketing', 'sales', 'revops', 'analyst', 'auditor'],
  questions: [{ where: ['finishedAt'], orderBy: '-startedAt' }],
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
