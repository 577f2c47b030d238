import { decider, refuse } from '@baton/kernel';
import { headCommands, headEvents, type HeadCommand, type HeadEvent } from './head.events';

/** The newest head. */
interface Heads {
  readonly size: number;
  readonly root: string;
  readonly places: string;
}

/** Heads only grow: none is recorded that an earlier one contradicts. */
export const headDecider = decider<Heads, HeadCommand, HeadEvent>({
  commands: headCommands,
  events: headEvents,
  initialState: () => ({ size: 0, root: '', places: '' }),
  decide: {
    RecordLogHead: (state, { data }) => {
      if (data.size < state.size)
        return refuse('proof/older-head', `A head of ${state.size} events was signed already.`, 'size');
      if (data.size > state.size || state.root === '') return [{ type: 'LogHeadSigned', data }];
      if (data.root === state.root && data.places === state.places) return [];
      return refuse('proof/conflicting-head', `Another root of ${state.size} events was signed already.`, 'root');
    },
  },
  evolve: {
    LogHeadSigned: (_, { data: { size, root, places } }) => ({ size, root, places }),
  },
});
