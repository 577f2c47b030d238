import { decider } from '@baton/kernel';
import { followerCommands, followerEvents, type FollowerCommand, type FollowerEvent } from './parked.events';

/** Always records the decision: the follower decides by its parked sequences whether it has an effect. */
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
