import { commands, events, ref, text, type CommandOf, type EventOf } from '@baton/kernel';

const followerId = ref('follower', 'The read model with its version, or the policy, such as `deals-v1`.');
const sequence = text('The parked document, or `stream:` and a stream; for policies the stream.', { min: 1 });
const eventId = text('The event that could not be handled.', { min: 1 });

/** Decisions of people about parked sequences. Followers apply them at their position in the log. */
export const followerEvents = events({
  ParkedRetried: {
    version: 1,
    description: 'A person asked to retry a parked sequence, from the failed event on.',
    sentence: '{followerId} is to retry {sequence} from event {eventId} on',
    followerId,
    sequence,
    eventId,
  },
  ParkedDiscarded: {
    version: 1,
    description: 'A person decided to skip the failed event for this follower and to handle the rest of its sequence.',
    sentence: '{followerId} is to skip event {eventId} of {sequence}',
    followerId,
    sequence,
    eventId,
  },
});
export type FollowerEvent = EventOf<typeof followerEvents>;

export const followerCommands = commands('follower', {
  RetryParked: { description: 'Retry a parked sequence.', followerId, sequence, eventId },
  DiscardParked: {
    description: 'Skip the failed event and handle the rest of its sequence.',
    followerId,
    sequence,
    eventId,
  },
});
export type FollowerCommand = CommandOf<typeof followerCommands>;
