import { commands, events, ref, text, type CommandOf, type EventOf } from '@baton/kernel';

const followerId = ref('follower', 'The read model and its version, or the policy, `deals-v1`.');
const sequence = text('The document that waits, or `stream:` and a stream; for policies the stream.', { min: 1 });
const eventId = text('The event that could not be handled.', { min: 1 });

/** What people decided about sequences that wait. Followers obey these events where they stand in the log. */
export const followerEvents = events({
  ParkedRetried: {
    version: 1,
    description: 'A sequence that waits is to be handled again, from the event at fault on.',
    sentence: '{followerId} is to handle {sequence} again from event {eventId} on',
    followerId,
    sequence,
    eventId,
  },
  ParkedDiscarded: {
    version: 1,
    description: 'The event at fault is left out for this follower, and the rest of its sequence handled.',
    sentence: '{followerId} leaves event {eventId} of {sequence} out',
    followerId,
    sequence,
    eventId,
  },
});
export type FollowerEvent = EventOf<typeof followerEvents>;

export const followerCommands = commands('follower', {
  RetryParked: { description: 'Handle a sequence that waits again.', followerId, sequence, eventId },
  DiscardParked: {
    description: 'Leave an event out and handle the rest of its sequence.',
    followerId,
    sequence,
    eventId,
  },
});
export type FollowerCommand = CommandOf<typeof followerCommands>;
