import { commands, events, integer, ref, text, To, type CommandOf, type EventOf } from '@baton/kernel';

const importId = ref('import', 'The name of the mapping.');
const run = integer('The number of the run, from 1.', { min: 1 });
const count = (description: string) => integer(description, { min: 0 });
const result = {
  rows: count('Number of rows in the file.'),
  accepted: count('Number of rows that wrote events.'),
  repeated: count('Number of rows without new events.'),
  rejected: count('Number of refused rows.'),
  events: count('Number of events written.'),
};

export const importEvents = events({
  ImportStarted: {
    version: 1,
    description: 'The import of a new file started.',
    sentence: 'Run {run} of the import {importId} started',
    importId,
    run,
    file: text('A keyed hash of the file and the mapping.', { min: 1 }),
  },
  ImportFinished: {
    version: 1,
    description: 'All rows of the file were processed.',
    sentence: 'Run {run} of the import {importId} finished: {rows} rows, {rejected} rejected, {events} events',
    importId,
    run,
    ...result,
  },
});
export type ImportEvent = EventOf<typeof importEvents>;

export const importCommands = commands('import', {
  StartImport: { description: 'Start the import of a file, or continue it.', importId, file: text('', { min: 1 }) },
  FinishImport: { description: 'Finish the import: all rows of the file were processed.', importId, run, ...result },
});
export type ImportCommand = CommandOf<typeof importCommands>;
export class ToImport extends To<ImportCommand> {}
