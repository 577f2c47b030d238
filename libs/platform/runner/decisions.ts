import type { EventLog, RawEvent } from '@baton/kernel';
import { followerEvents, type FollowerEvent } from './parked.events';

export const decisionTypes = [...followerEvents.schemas.keys()];

/** A person's decision about one parked sequence of a follower, at its position in the log. */
export interface ParkingDecision {
  readonly sequence: string;
  readonly eventId: string;
  readonly discards: boolean;
  readonly position: string;
}

/** The decision in an event, if it is one about this follower. */
export const parkingDecisionOf = (event: RawEvent, followerId: string): ParkingDecision | undefined => {
  if (event.stream !== `follower-${followerId}` || !decisionTypes.includes(event.type)) return undefined;
  const { sequence, eventId } = event.data as FollowerEvent['data'];
  return { sequence, eventId, discards: event.type === 'ParkedDiscarded', position: event.position };
};

/**
 * `sequence eventId` of each event that was discarded for a follower, optionally only of decisions up to a position.
 */
export const discardedBy = async (
  log: Pick<EventLog, 'read'>,
  followerId: string,
  upTo?: string,
): Promise<ReadonlySet<string>> => {
  const decisions = (await log.read(`follower-${followerId}`)).map((event) => parkingDecisionOf(event, followerId));
  return new Set(
    decisions.flatMap((one) =>
      one?.discards && (upTo === undefined || one.position <= upTo) ? [`${one.sequence} ${one.eventId}`] : [],
    ),
  );
};

/** A page split after each decision, so that the decision is applied before the events that follow it are handled. */
export function* pageParts(
  events: readonly RawEvent[],
  after: string,
  followerId: string,
): Iterable<{ readonly start: number; readonly end: number; readonly decision: ParkingDecision | undefined }> {
  let start = 0;
  for (let index = 0; index < events.length; index++) {
    const decision = events[index]!.position > after ? parkingDecisionOf(events[index]!, followerId) : undefined;
    if (!decision) continue;
    yield { start, end: index + 1, decision };
    start = index + 1;
  }
  if (start < events.length || start === 0) yield { start, end: events.length, decision: undefined };
}
