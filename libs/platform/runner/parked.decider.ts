import { decider } from '@baton/kernel';
import { followerCommands, followerEvents, type FollowerCommand, type FollowerEvent } from './parked.events';

/** Whoever may decide about a sequence may decide again: what comes of it depends on what waits at that place. */
export const followerDecider = decider<object, FollowerCommand, FollowerEvent>({
  commands: followerCommands,
  events: followerEvents,
  initialState: () => ({}),
  decide: {
    RetryParked: (_, { data }) => [{ type: 'ParkedRetried', data }],
    DiscardParked: (_, { data }) => [{ type: 'ParkedDiscarded', data }],
  },
  evolve: {
    ParkedRetried: (state) => state,
    ParkedDiscarded: (state) => state,
  },
});
