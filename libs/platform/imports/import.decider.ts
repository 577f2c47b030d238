import { decider, refuse, type Journal } from '@baton/kernel';
import { importCommands, importEvents, type ImportCommand, type ImportEvent } from './import.events';

interface ImportRuns {
  /** The number of the latest run; 0 before the first. */
  readonly run: number;
  readonly file: string;
  readonly finished: boolean;
}

/**
 * The runs of one mapping. A file equal to that of the latest run continues that run, whether it was stopped or has
 * finished; any other file starts a new run, even if it was imported before, because its rows state present values.
 */
export const importDecider = decider<ImportRuns, ImportCommand, ImportEvent>({
  commands: importCommands,
  events: importEvents,
  initialState: () => ({ run: 0, file: '', finished: false }),
  decide: {
    StartImport: (state, { data: { importId, file } }) =>
      state.file === file ? [] : [{ type: 'ImportStarted', data: { importId, run: state.run + 1, file } }],
    FinishImport: (state, { data }) => {
      if (data.run === state.run) return state.finished ? [] : [{ type: 'ImportFinished', data }];
      return refuse('import/overtaken', `run must be ${state.run}, the latest run of this import.`, 'run', {
        run: state.run,
      });
    },
  },
  evolve: {
    ImportStarted: (_, { data: { run, file } }) => ({ run, file, finished: false }),
    ImportFinished: (state) => ({ ...state, finished: true }),
  },
});

/** @returns the number of the latest run of a mapping; 0 if it was never imported */
export const latestRun = async (journal: Journal, importId: string): Promise<number> =>
  (await journal.read(`${importCommands.aggregate}-${importId}`)).reduce(
    (state, event) => importDecider.evolve(state, event as never),
    importDecider.initialState(),
  ).run;
