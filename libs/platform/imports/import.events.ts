import { commands, events, integer, ref, text, To, type CommandOf, type EventOf } from '@baton/kernel';

const importId = ref('import', 'The name of the mapping.');
const run = integer('The number of the run, from 1.', { min: 1 });
const count = (description: string) => integer(description, { min: 0 });
const result = {
  rows: count('Rows of the file.'),
  accepted: count('Rows that brought something new.'),
  repeated: count('Rows that brought nothing new.'),
  rejected: count('Rows that were refused.'),
  events: count('Events that were written.'),
};

export const importEvents = events({
  ImportStarted: {
    version: 1,
    description: 'A file began to be imported that is not the one of the run before.',
    sentence: 'Run {run} of the import {importId} began',
    importId,
    run,
    file: text('A keyed hash of the file and the mapping.', { min: 1 }),
  },
  ImportFinished: {
    version: 1,
    description: 'All rows of the file were handled.',
    sentence: 'Run {run} of the import {importId} ended: {rows} rows, {rejected} rejected, {events} events',
    importId,
    run,
    ...result,
  },
});
export type ImportEvent = EventOf<typeof importEvents>;

export const importCommands = commands('import', {
  StartImport: { description: 'Begin to import a file, or go on with it.', importId, file: text('', { min: 1 }) },
  FinishImport: { description: 'All rows of the file are handled.', importId, run, ...result },
});
export type ImportCommand = CommandOf<typeof importCommands>;
export class ToImport extends To<ImportCommand> {}
